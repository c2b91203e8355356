import t from 'tap'
import { SourceError } from '../../../lib/errors.js'
import { BrokenBody } from '../../../lib/io/fetch/range-body.js'
import { httpFailure, httpSubject } from '../../../lib/io/sources/http-diagnostics.js'
import { StatusError } from '../../../lib/io/sources/http-errors.js'
import { HttpSource } from '../../../lib/io/sources/http-source.js'
import { fixed, listen } from '../../support/diagnostics.js'
import { type Fault, head, httpSource, SECRET, status } from '../../support/http-origin.js'
import { collect } from '../../support/random-access-suite.js'

t.test('names a GET by the URL without its query, and a failure by its code', async t => {
  t.match(httpSubject('http://host/a', 5), { protocol: 'http', source: 'http://host/a', byteOffset: 5 })
  for (const [error, statusCode, errorCode] of [
    [new StatusError(503, undefined), 503, undefined],
    [new BrokenBody('IncompleteBody', SECRET), undefined, 'IncompleteBody'],
    [Object.assign(new Error(SECRET), { code: 'ECONNRESET' }), undefined, 'ECONNRESET'],
    [
      new SourceError('AVIO_ERR_SOURCE_READ', SECRET, { source: 'x', statusCode: 200 }),
      200,
      'AVIO_ERR_SOURCE_READ',
    ],
  ] as const) {
    t.same(httpFailure(error), { statusCode, requestId: undefined, errorCode })
  }
})

/** Two bytes, and the connection closes. */
const broken: Fault = (response, range) => {
  head(response, range, 10)
  response.write('01', () => response.destroy())
}

t.test('tells each GET and each retry, and nothing of the query, the user or the headers', async t => {
  const heard = listen(t)
  const origin = await httpSource(t, Buffer.from('0123456789'), status(503), broken)
  const url = origin.url.replace('http://', `http://user:${SECRET}@`)
  const headers = { cookie: SECRET, 'x-token': SECRET }
  const bytes = await collect(new HttpSource({ url, headers, maxAttempts: 4 }).read(0, 10))
  t.equal(String(bytes), '0123456789')
  const source = origin.url.slice(0, origin.url.indexOf('?'))
  const get = { protocol: 'http', operation: 'GET', source }
  t.same(fixed(heard.request), [
    { ...get, byteOffset: 0, attempt: 1, outcome: 'failed', statusCode: 503, bytesSent: 0, bytesReceived: 0 },
    {
      ...get,
      byteOffset: 0,
      attempt: 2,
      outcome: 'failed',
      statusCode: 206,
      errorCode: 'ECONNRESET',
      bytesSent: 0,
      bytesReceived: 2,
    },
    { ...get, byteOffset: 2, attempt: 3, outcome: 'ok', statusCode: 206, bytesSent: 0, bytesReceived: 8 },
  ])
  t.same(fixed(heard.retry), [
    { ...get, byteOffset: 0, attempt: 1, maxAttempts: 4, statusCode: 503 },
    { ...get, byteOffset: 2, attempt: 2, maxAttempts: 4, errorCode: 'ECONNRESET' },
  ])
  t.notMatch(JSON.stringify(heard), new RegExp(SECRET))
})

t.test('tells a read that is given up as aborted', async t => {
  const { request } = listen(t)
  const origin = await httpSource(t, Buffer.from('0123456789'), () => abort.abort())
  const abort = new AbortController()
  await t.rejects(collect(new HttpSource({ url: origin.url }).read(0, 10, abort.signal)), {
    name: 'AbortError',
  })
  t.match(request, [{ outcome: 'aborted', statusCode: undefined, errorCode: undefined }])
})
