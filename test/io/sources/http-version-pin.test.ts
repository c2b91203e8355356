import t, { type Test } from 'tap'
import { StatusError } from '../../../lib/io/sources/http-errors.js'
import { type HttpHead, HttpVersionPin } from '../../../lib/io/sources/http-version-pin.js'

const asked = { start: 10, end: 20 }

function partial(headers: HttpHead['headers'] = {}, range = 'bytes 10-19/100'): HttpHead {
  return { statusCode: 206, headers: { 'content-range': range, ...headers } }
}

function refused(t: Test, pin: HttpVersionPin, answer: HttpHead, code: string, message?: RegExp) {
  const error = { name: 'SourceError', code: `AVIO_ERR_SOURCE_${code}`, source: 'http://x/', byteOffset: 10 }
  t.throws(() => pin.accept(answer, asked), message ? { ...error, message } : error)
}

t.test('takes the size from the first response, and requires the same later', async t => {
  const pin = new HttpVersionPin('http://x/')
  t.equal(pin.size, undefined)
  t.equal(pin.accept(partial(), asked), 20)
  t.equal(pin.size, 100)
  refused(t, pin, partial({}, 'bytes 10-19/101'), 'CHANGED', /had 100 bytes and now has 101/)
  refused(t, pin, { statusCode: 200, headers: { 'content-length': '0' } }, 'CHANGED')
  refused(t, pin, { statusCode: 200, headers: { 'content-length': '7' } }, 'CHANGED')
  refused(t, pin, { statusCode: 416, headers: { 'content-range': 'bytes */5' } }, 'CHANGED')
  refused(t, pin, { statusCode: 416, headers: {} }, 'CHANGED')
  refused(t, pin, { statusCode: 200, headers: {} }, 'NO_RANGES')
})

t.test('ends with the source', async t => {
  const pin = new HttpVersionPin('http://x/')
  t.equal(pin.accept(partial({}, 'bytes 10-14/15'), asked), 15)
})

t.test('identifies the version by ETag, otherwise by modification time', async t => {
  const [monday, tuesday] = ['Mon, 01 Jan 2024 00:00:00 GMT', 'Tue, 02 Jan 2024 00:00:00 GMT']
  const cases: [first: HttpHead['headers'], later: HttpHead['headers'], isSame: boolean][] = [
    [{ etag: '"a"' }, { etag: '"a"' }, true],
    [{ etag: '"a"' }, { etag: '"b"' }, false],
    [{ etag: '"a"' }, {}, false],
    [{ etag: '"a"', 'last-modified': monday }, { etag: '"a"', 'last-modified': tuesday }, true],
    [{ etag: 'W/"a"', 'last-modified': monday }, { etag: 'W/"a"', 'last-modified': monday }, true],
    [{ etag: 'W/"a"', 'last-modified': monday }, { etag: '"a"', 'last-modified': monday }, true],
    [{ etag: 'W/"a"', 'last-modified': monday }, { etag: 'W/"a"', 'last-modified': tuesday }, false],
    [{ 'last-modified': monday }, { 'last-modified': monday }, true],
    [{ 'last-modified': monday }, { 'last-modified': tuesday }, false],
    [{ 'last-modified': monday }, {}, false],
    [{}, {}, true],
  ]
  for (const [first, later, isSame] of cases) {
    const pin = new HttpVersionPin('http://x/')
    pin.accept(partial(first), asked)
    if (isSame) t.equal(pin.accept(partial(later), asked), 20, JSON.stringify([first, later]))
    else refused(t, pin, partial(later), 'CHANGED')
  }
})

t.test('rejects a response with other bytes than requested', async t => {
  for (const [range, message] of [
    ['bytes 0-9/100', /sent bytes 0–9, but 10–19/],
    ['bytes 10-20/100', /sent bytes 10–20/],
    ['bytes 10-19/*', /did not report the range/],
    ['bytes 19-10/100', /did not report the range/],
    ['items 10-19/100', /did not report the range/],
  ] as const) {
    refused(t, new HttpVersionPin('http://x/'), partial({}, range), 'READ', message)
  }
  refused(t, new HttpVersionPin('http://x/'), { statusCode: 206, headers: {} }, 'READ', /Content-Range: none/)
  refused(
    t,
    new HttpVersionPin('http://x/'),
    partial({ 'content-length': '11' }),
    'READ',
    /announced 11 bytes for a range of 10/,
  )
  const unpinned = new HttpVersionPin('http://x/')
  refused(t, unpinned, partial({ 'content-length': '9' }), 'READ')
  t.equal(unpinned.size, undefined, 'nothing is pinned')
})

t.test('accepts a shorter response', t => {
  t.equal(new HttpVersionPin('http://x/').accept(partial({}, 'bytes 10-18/100'), asked), 19)
  t.end()
})

t.test('treats a whole response as missing range support, unless it is empty', async t => {
  for (const headers of [{ 'content-length': '100' }, {}])
    refused(t, new HttpVersionPin('http://x/'), { statusCode: 200, headers }, 'NO_RANGES')
  const first = { start: 0, end: 1 }
  for (const answer of [
    { statusCode: 200, headers: { 'content-length': '0' } },
    { statusCode: 206, headers: { 'content-length': '0', 'content-range': 'bytes 0--1/0' } },
    { statusCode: 416, headers: { 'content-range': 'bytes */0' } },
  ]) {
    const pin = new HttpVersionPin('http://x/')
    t.equal(pin.accept(answer, first), 0)
    t.equal(pin.size, 0)
    t.equal(pin.accept(answer, first), 0)
  }
})

t.test('rejects a range past the end with the size, and an unjustified 416 as invalid', async t => {
  const answer = (size: number) => ({ statusCode: 416, headers: { 'content-range': `bytes */${size}` } })
  refused(t, new HttpVersionPin('http://x/'), answer(10), 'RANGE', /it has 10 bytes/)
  refused(
    t,
    new HttpVersionPin('http://x/'),
    answer(11),
    'READ',
    /refused bytes 10–19 as out of range, of 11/,
  )
})

t.test('leaves other statuses to the retry', async t => {
  for (const statusCode of [201, 204, 301, 304, 403, 404, 416, 500])
    t.throws(() => new HttpVersionPin('http://x/').accept({ statusCode, headers: {} }, asked), StatusError)
})

t.test('pins a requested ETag before the first response', async t => {
  for (const etag of ['"a"', 'W/"a"']) {
    const pin = new HttpVersionPin('http://x/', '"a"')
    t.equal(pin.accept(partial({ etag }), asked), 20)
    t.equal(pin.etag, etag)
  }
  for (const headers of [{ etag: '"b"' }, {}]) {
    const pin = new HttpVersionPin('http://x/', '"a"')
    t.throws(() => pin.accept(partial(headers), asked), {
      code: 'AVIO_ERR_SOURCE_CHANGED',
      retryable: false,
      message: /is no longer the version with the ETag "a".*Plan the job again/,
    })
    t.equal(pin.size, undefined, 'nothing is pinned')
  }
})
