import dns, { type LookupAddress } from 'node:dns'
import http from 'node:http'
import type { AgentOptions } from 'node:https'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { HttpPolicy } from '../../../lib/io/sources/http-allow.js'
import { httpGet } from '../../../lib/io/sources/http-get.js'
import { httpOptions } from '../../../lib/io/sources/http-options.js'
import { HttpSource } from '../../../lib/io/sources/http-source.js'
import type { HttpAllow } from '../../../lib/io/sources/http-allow.js'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { type Fault, httpSource, SECRET } from '../../support/http-origin.js'
import { collect } from '../../support/random-access-suite.js'

const bytes = Buffer.from('0123456789abcdefghij')
const LOOPBACK = ['127.0.0.0/8']
const REFUSED = 'AVIO_ERR_SOURCE_REFUSED'

/** Names every host as an address of this machine, or by turns as the given ones; gives the hosts that were asked for. */
function resolver(t: Test, ...addresses: string[]): string[] {
  const asked: string[] = []
  type Callback = (error: null, found: LookupAddress[]) => void
  t.intercept(dns, 'lookup', {
    value: (host: string, _: unknown, callback: Callback) => {
      asked.push(host)
      setImmediate(callback, null, [{ address: addresses.shift() ?? '127.0.0.1', family: 4 }])
    },
  })
  return asked
}

function redirect(location: string, statusCode = 302): Fault {
  return response => response.writeHead(statusCode, { location }).end('elsewhere')
}

/** What a read fails with; it must tell no secret. */
async function failure(url: string, allow: HttpAllow): Promise<unknown> {
  try {
    await collect(new HttpSource({ url, allow, maxAttempts: 3 }).read(2, 12))
  } catch (error) {
    const told = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
    if (told.includes(SECRET)) throw new Error(`A secret is told: ${told}`, { cause: error })
    return error
  }
  throw new Error('It has to fail')
}

t.test('reads from a host and an address that are allowed', async t => {
  const origin = await httpSource(t, bytes)
  resolver(t)
  const { port } = new URL(origin.url)
  for (const [host, entry] of [
    [`127.0.0.1:${port}`, `http://127.0.0.1:${port}`],
    [`media.example:${port}`, `http://media.example:${port}`],
    [`a.media.example:${port}`, `http://*.media.example:${port}`],
    [`any.example:${port}`, `http://*:${port}`],
  ] as const) {
    const url = origin.url.replace(`127.0.0.1:${port}`, host)
    const source = new HttpSource({ url, allow: { hosts: [entry], addresses: LOOPBACK } })
    t.equal(await source.size(), 20)
    t.equal(String(await collect(source.read(2, 12))), '23456789ab', entry)
  }
})

t.test('refuses a URL in the constructor, before any request', async t => {
  const asked = resolver(t)
  for (const [url, hosts, message] of [
    [
      `https://evil.example/x?${SECRET}`,
      ['good.example', '*.good.example'],
      'Cannot read https://evil.example/x: https://evil.example is not in allow.hosts. ' +
        'Add "evil.example" if it may be read.',
    ],
    [
      `http://good.example/x?${SECRET}`,
      ['good.example'],
      'Cannot read http://good.example/x: http://good.example is not in allow.hosts. ' +
        'Add "http://good.example" if it may be read.',
    ],
    [
      `https://good.example:8443/x?${SECRET}`,
      ['good.example'],
      'Cannot read https://good.example:8443/x: https://good.example:8443 is not in allow.hosts. ' +
        'Add "good.example:8443" if it may be read.',
    ],
    [
      `https://good.example@evil.example/x`,
      ['good.example'],
      'Cannot read https://evil.example/x: https://evil.example is not in allow.hosts. ' +
        'Add "evil.example" if it may be read.',
    ],
    [
      `https://jo:${SECRET}@good.example/x`,
      ['good.example'],
      'Cannot read https://good.example/x: its URL is one with a user or password, which allow rules out. ' +
        'Remove them, or use the option "headers".',
    ],
    [
      `https://${SECRET}@good.example/x`,
      ['*'],
      'Cannot read https://good.example/x: its URL is one with a user or password, which allow rules out. ' +
        'Remove them, or use the option "headers".',
    ],
    [
      'https://good.example/x',
      [],
      'Cannot read https://good.example/x: https://good.example is not in allow.hosts. ' +
        'Add "good.example" if it may be read.',
    ],
  ] as [string, string[], string][]) {
    t.throws(
      () => new HttpSource({ url, allow: { hosts } }),
      {
        code: REFUSED,
        retryable: false,
        message,
        source: message.slice('Cannot read '.length).split(': ')[0]!,
      },
      url,
    )
    t.match(await failure(url, { hosts }), { code: REFUSED, message })
  }
  t.same(asked, [])
})

t.test('refuses addresses that are not public, by name or by number, without a retry', async t => {
  const origin = await httpSource(t, bytes)
  const { port } = new URL(origin.url)
  const asked = resolver(t, '127.0.0.1', '169.254.169.254')
  for (const [host, message] of [
    [
      'rebound.example',
      'rebound.example resolves to 127.0.0.1, which is not a public address (loopback). Add "127.0.0.1"',
    ],
    [
      'rebound.example',
      'rebound.example resolves to 169.254.169.254, which is not a public address (link-local).',
    ],
    [
      '127.0.0.1',
      '127.0.0.1 is not a public address (loopback). Add "127.0.0.1" to allow.addresses if it may be read.',
    ],
    ['2130706433', '127.0.0.1 is not a public address (loopback).'],
    ['0x7f.0.0.1', '127.0.0.1 is not a public address (loopback).'],
    ['[::ffff:127.0.0.1]', '::ffff:7f00:1 is not a public address (loopback).'],
    ['[64:ff9b::127.0.0.1]', '64:ff9b::7f00:1 is not a public address (loopback).'],
  ] as const) {
    const error = await failure(`http://${host}:${port}/x?${SECRET}`, { hosts: [`http://*:${port}`] })
    t.match(error, { code: REFUSED, retryable: false, byteOffset: 2, attempts: 1 })
    t.match((error as Error).message, /^Cannot read http:\/\/[^ ?]+\/x: /)
    t.ok((error as Error).message.includes(message), `${(error as Error).message} has: ${message}`)
  }
  t.same(asked, ['rebound.example', 'rebound.example'])
  t.same(origin.log, [])
})

t.test('follows the redirects that allow opens, and refuses any other', async t => {
  const goal = await httpSource(t, bytes)
  const { port } = new URL(goal.url)
  const one = await httpSource(t, bytes)
  resolver(t)
  const here = new URL(one.url)
  here.hostname = 'start.example'
  const hosts = [
    `http://start.example:${here.port}`,
    `http://goal.example:${port}`,
    `http://10.0.0.1:${port}`,
  ]
  const allow = { hosts, addresses: LOOPBACK }
  one.faults = [
    redirect('/b'),
    redirect(`//start.example:${here.port}/c`, 301),
    redirect(`http://goal.example:${port}/d`),
  ]
  const read = new HttpSource({ url: here, allow }).read(2, 12)
  t.equal(String(await collect(read)), '23456789ab')
  t.same([one.log.length, goal.log.length], [3, 1])

  for (const [location, message] of [
    [
      goal.url,
      `it is redirected to http://127.0.0.1:${port}, which is not in allow.hosts. Add "http://127.0.0.1:${port}"`,
    ],
    [
      `http://evil.example:${port}/x?${SECRET}`,
      `it is redirected to http://evil.example:${port}, which is not in`,
    ],
    [
      `https://goal.example:${port}/?${SECRET}`,
      `it is redirected to https://goal.example:${port}, which is not in`,
    ],
    [
      `http://goal.example/?${SECRET}`,
      'it is redirected to http://goal.example, which is not in allow.hosts.',
    ],
    [
      `http://jo:${SECRET}@goal.example:${port}/`,
      'it is redirected to a URL with a user or password, which allow rules out.',
    ],
    [
      `//goal.example:${port}@evil.example/`,
      'it is redirected to http://evil.example, which is not in allow.hosts.',
    ],
    [
      `http://10.0.0.1:${port}/`,
      '10.0.0.1 is not a public address (private). Add "10.0.0.1" to allow.addresses',
    ],
    [
      `http://167772161:${port}/`,
      '10.0.0.1 is not a public address (private). Add "10.0.0.1" to allow.addresses',
    ],
    [
      'http://169.254.169.254/latest/',
      'it is redirected to http://169.254.169.254, which is not in allow.hosts.',
    ],
  ] as const) {
    for (const chain of [[], [redirect('/b'), redirect('/c', 307)]]) {
      goal.log.length = one.log.length = 0
      one.faults = [...chain, redirect(location)]
      const error = await failure(here.href, allow)
      t.match(error, { code: REFUSED, retryable: false }, location)
      const { message: told } = error as Error
      t.ok(told.startsWith(`Cannot read http://start.example:${here.port}/media/talk.mov: ${message}`), told)
      t.same([one.log.length, goal.log.length], [chain.length + 1, 0])
    }
  }
})

t.test(
  'checks every connection anew: a name that changes between two is refused (DNS rebinding)',
  async t => {
    const origin = await httpSource(t, bytes)
    origin.validators = { etag: '"one"', connection: 'close' }
    const url = new URL(origin.url)
    url.hostname = 'rebound.example'
    const allow = { hosts: [`http://*:${url.port}`], addresses: ['127.0.0.1'] }
    const asked = resolver(t, '127.0.0.1', '127.0.0.2', '127.0.0.1')
    const source = new HttpSource({ url, allow })
    t.equal(await source.size(), 20)
    await t.rejects(collect(source.read(2, 12)), {
      code: REFUSED,
      message: /resolves to 127\.0\.0\.2, which/,
    })
    t.equal(String(await collect(source.read(2, 12))), '23456789ab')
    t.equal(asked.length, 3, 'one lookup a connection')
    t.equal(origin.log.length, 2)
  },
)

t.test('uses no connection that was made without the check', async t => {
  const origin = await httpSource(t, bytes)
  const sockets = new Set<unknown>()
  const counted: Fault = (response, range, request) => {
    sockets.add(request.socket)
    response.writeHead(206, {
      'content-range': `bytes ${range.start}-${range.end - 1}/20`,
      'content-length': range.end - range.start,
      etag: '"one"',
    })
    response.end(bytes.subarray(range.start, range.end))
  }
  origin.faults = Array.from({ length: 9 }, () => counted)
  const { port } = new URL(origin.url)
  const hosts = [`http://127.0.0.1:${port}`]
  const plain = new HttpSource({ url: origin.url })
  await collect(plain.read(0, 5))
  await new Promise(setImmediate)
  await collect(plain.read(0, 5))
  await new Promise(setImmediate)
  t.equal(sockets.size, 1)
  t.match(await failure(origin.url, { hosts }), { code: REFUSED })
  const opened = new HttpSource({ url: origin.url, allow: { hosts, addresses: LOOPBACK } })
  await collect(opened.read(0, 5))
  await new Promise(setImmediate)
  await collect(opened.read(0, 5))
  t.equal(sockets.size, 2)
  http.globalAgent.destroy()
})

t.test('reads over https:, and requires a valid certificate', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'], publicRead: true, tls: true })
  t.teardown(() => s3.close())
  await s3.put('bucket', 'k', bytes)
  resolver(t)
  const { port } = new URL(s3.endpoint)
  const url = `https://localhost:${port}/bucket/k?${SECRET}`
  const allow = { hosts: [`localhost:${port}`], addresses: LOOPBACK }
  t.match(await failure(url, { hosts: allow.hosts }), { code: REFUSED })
  t.match(await failure(url, allow), { cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
  const target = httpOptions({ url, allow })
  const agent = target.policy!.agents.for('https:') as unknown as { options: AgentOptions }
  agent.options.ca = s3.certificate
  const into = new RangeBuffer({ start: 2, end: 8 })
  const { signal } = new AbortController()
  await httpGet({ target, range: into, into, signal, accept: () => undefined })
  t.equal(String(into.take()), '234567')
})

t.test('refuses an invalid option', async t => {
  for (const [option, allow] of [
    ['allow', null],
    ['allow', ['good.example']],
    ['allow', 'good.example'],
    ['allow.hosts', {}],
    ['allow.hosts', { hosts: 'good.example' }],
    ['allow.hosts', { hosts: null }],
    ['allow.hosts[0]', { hosts: ['good.example/path'] }],
    ['allow.addresses', { hosts: [], addresses: '10.0.0.1' }],
    ['allow.addresses[1]', { hosts: [], addresses: ['10.0.0.1', '10.0.0.0/33'] }],
    ['host', { hosts: [], host: 'good.example' }],
  ] as [string, never][]) {
    t.throws(() => new HttpSource({ url: 'https://good.example/', allow }), {
      code: 'AVIO_ERR_OPTION',
      option,
    })
  }
  t.equal(HttpPolicy.option({}), undefined)
  t.equal(HttpPolicy.option({ allow: undefined }), undefined)
})
