import t from 'tap'
import { ProxyToken } from '../../../lib/io/range-server/proxy-token.js'

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

t.test('accepts only the right name and token', async t => {
  const token = new ProxyToken()
  const { credentials } = token
  t.match(credentials, /^job:[\w-]{32}$/, 'it needs no escaping in a URL')
  t.ok(token.isIn(basic(credentials)))
  t.ok(token.isIn(` basic  ${basic(credentials).slice(6)} `))
  for (const wrong of [
    undefined,
    '',
    'Basic',
    'Basic ',
    credentials,
    `Bearer ${basic(credentials).slice(6)}`,
    basic(credentials.slice(0, -1)),
    basic(`${credentials}x`),
    basic(credentials.replace('job', 'JOB')),
    basic(`job:${'A'.repeat(32)}`),
    `${basic(credentials)}, ${basic(credentials)}`,
    `Basic ${'é'.repeat(20)}`,
  ]) {
    t.notOk(token.isIn(wrong), String(wrong))
  }
})

t.test('creates a different token each time', async t => {
  t.not(new ProxyToken().credentials, new ProxyToken().credentials)
  t.notOk(new ProxyToken().isIn(basic(new ProxyToken().credentials)))
})
