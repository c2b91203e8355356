import { inspect } from 'node:util'
import t from 'tap'
import { type HttpSourceOptions, httpOptions } from '../../../lib/io/sources/http-options.js'
import { MiB } from '../../../lib/options.js'
import { SECRET } from '../../support/http-origin.js'

const url = `https://media.example.com/talk.mov?signature=${SECRET}`

t.test('has defaults', async t => {
  t.match(httpOptions({ url }), {
    stallTimeout: 30_000,
    minThroughput: 512,
    maxAttempts: 8,
    partSize: 8 * MiB,
    headers: {},
  })
  t.equal(httpOptions({ url, stallTimeout: Infinity }).stallTimeout, Infinity)
})

t.test('omits query, user and fragment from the URL in errors', async t => {
  const target = httpOptions({
    url: new URL(`http://jo:${SECRET}@127.0.0.1:81/a%20b/?x=${SECRET}#${SECRET}`),
  })
  t.equal(target.source, 'http://127.0.0.1:81/a%20b/')
  t.equal(target.url.href, `http://127.0.0.1:81/a%20b/?x=${SECRET}`, 'the request includes the query')
})

t.test('copies the URL', async t => {
  const mine = new URL(url)
  const target = httpOptions({ url: mine })
  mine.pathname = '/other'
  t.equal(target.url.pathname, '/talk.mov')
})

t.test('sends user and password as Basic authorization, unless the headers have their own', async t => {
  const address = 'https://jo:p%40ss@media.example.com/'
  t.same(httpOptions({ url: address }).headers, {
    authorization: `Basic ${Buffer.from('jo:p@ss').toString('base64')}`,
  })
  t.same(httpOptions({ url: address, headers: { Authorization: 'Bearer x' } }).headers, {
    authorization: 'Bearer x',
  })
})

t.test('rejects invalid options, without secrets in the error', async t => {
  for (const [option, wrong] of [
    ['url', { url: undefined }],
    ['url', { url: 5 }],
    ['url', { url: `media.example.com/?${SECRET}` }],
    ['url', { url: `ftp://jo:${SECRET}@example.com/` }],
    ['url', { url: new URL(`file:///x?${SECRET}`) }],
    ['url', { url: `http://%E0%A4%A:${SECRET}@example.com/` }],
    ['stallTimeout', { url, stallTimeout: 0 }],
    ['minThroughput', { url, minThroughput: -1 }],
    ['maxAttempts', { url, maxAttempts: 101 }],
    ['partSize', { url, partSize: 0 }],
    ['headers', { url, headers: ['x'] }],
    ['headers.Range', { url, headers: { Range: 'bytes=0-1' } }],
    ['headers.If-Match', { url, headers: { 'If-Match': '"x"' } }],
    ['headers.Accept-Encoding', { url, headers: { 'Accept-Encoding': 'gzip' } }],
    ['headers.x y', { url, headers: { 'x y': 'z' } }],
    ['headers.x', { url, headers: { x: `${SECRET}\r\ny: z` } }],
    ['partsize', { url, partsize: 5 }],
  ] as [string, HttpSourceOptions][]) {
    try {
      httpOptions(wrong)
      t.fail(`${option} was accepted`)
    } catch (error) {
      t.match(error, { code: 'AVIO_ERR_OPTION', option })
      t.notMatch(inspect(error), SECRET)
    }
  }
})
