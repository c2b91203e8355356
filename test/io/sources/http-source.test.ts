import { once } from 'node:events'
import https from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import t from 'tap'
import type { SourceError } from '../../../lib/errors.js'
import { HttpSource } from '../../../lib/io/sources/http-source.js'
import type { HttpSourceOptions } from '../../../lib/io/sources/http-options.js'
import { KiB, MiB } from '../../../lib/options.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import {
  closed,
  type Fault,
  head,
  type HttpOrigin,
  httpSource,
  SECRET,
  status,
} from '../../support/http-origin.js'
import { presign } from '../../support/presign.js'
import { collect, randomAccessSuite } from '../../support/random-access-suite.js'

const RANGE = 'AVIO_ERR_SOURCE_RANGE'

randomAccessSuite(
  t,
  'an HTTP server',
  async (t, bytes) => new HttpSource({ url: (await httpSource(t, bytes)).url }),
  RANGE,
)

randomAccessSuite(
  t,
  'a presigned URL, by parts',
  async (t, bytes) => {
    const s3 = await LocalS3.start({ buckets: ['bucket'] })
    t.teardown(() => s3.close())
    await s3.put('bucket', 'k', bytes)
    return new HttpSource({ url: presign(s3, 'bucket', 'k'), partSize: 100 * KiB })
  },
  RANGE,
)

const bytes = Buffer.from('0123456789abcdefghij')

function object({ url }: HttpOrigin, more: Partial<HttpSourceOptions> = {}): HttpSource {
  return new HttpSource({ url, maxAttempts: 3, ...more })
}

/** The error of a read from 2 to 12, which must not contain the secret. */
async function failure(source: HttpOrigin, more: Partial<HttpSourceOptions> = {}): Promise<SourceError> {
  try {
    await collect(object(source, more).read(2, 12))
  } catch (error) {
    const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
    if (shown.includes(SECRET)) throw new Error(`The error contains the secret: ${shown}`, { cause: error })
    return error as SourceError
  }
  throw new Error('The read did not fail')
}

/** Sends `after` bytes, and then calls `end`. */
function breaks(after: number, end: (response: Parameters<Fault>[0]) => void): Fault {
  return (response, range) => {
    head(response, range, bytes.length)
    response.write(bytes.subarray(range.start, range.start + after), () => setImmediate(() => end(response)))
  }
}

t.test('requests the size once, with the first byte, or learns it from a read', async t => {
  const source = await httpSource(t, bytes)
  const one = object(source)
  t.equal(await one.size(), 20)
  t.equal(await one.size(), 20)
  t.same(source.log, ['GET bytes=0-0'])
  const other = object(source)
  t.equal(String(await collect(other.read(3, 8))), '34567')
  t.equal(await other.size(), 20)
  t.same(source.log, ['GET bytes=0-0', 'GET bytes=3-7'])
})

t.test('sends one request up to partSize, several above it, and none for an empty range', async t => {
  const source = await httpSource(t, bytes)
  const one = object(source, { partSize: 8 })
  await collect(one.read(7, 7))
  t.same(source.log, [])
  await collect(one.read(2, 10))
  t.same(await collect(one.read(0, 20)), bytes)
  t.same(source.log, ['GET bytes=2-9', 'GET bytes=0-7', 'GET bytes=8-15', 'GET bytes=16-19'])
})

t.test('requests at most two parts ahead of a slow reader', async t => {
  const size = 32 * MiB
  const source = await httpSource(t, Buffer.alloc(size))
  let taken = 0
  for await (const chunk of object(source, { partSize: MiB }).read(0, size)) {
    taken += chunk.length
    await new Promise<void>(resolve => setImmediate(resolve))
    if (source.log.length * MiB - taken > 2 * MiB) t.fail(`${source.log.length} parts at byte ${taken}`)
  }
  t.equal(taken, size)
})

t.test('resumes a read at the byte where it broke', async t => {
  const source = await httpSource(
    t,
    bytes,
    breaks(3, response => response.socket!.resetAndDestroy()),
    breaks(2, response => response.socket!.end()),
    breaks(1, () => undefined),
  )
  const one = object(source, { maxAttempts: 4, stallTimeout: 3000 })
  t.equal(String(await collect(one.read(2, 12))), '23456789ab')
  // On a reset, the system may drop bytes sent before it.
  const [first, ...rest] = source.log
  t.equal(first, 'GET bytes=2-11')
  const starts = rest.map(line => Number(/=(\d+)-11$/.exec(line)?.[1]))
  t.equal(starts.length, 3)
  t.ok(starts[0] === 2 || starts[0] === 5, `after the reset: ${starts[0]}`)
  t.same(starts.slice(1), [starts[0]! + 2, starts[0]! + 3])
})

t.test('resumes a short body at its end', async t => {
  const source = await httpSource(
    t,
    bytes,
    breaks(4, response => response.socket!.end()),
  )
  t.equal(String(await collect(object(source).read(2, 12))), '23456789ab')
  t.same(source.log, ['GET bytes=2-11', 'GET bytes=6-11'])
})

t.test('retries temporary refusals', async t => {
  const source = await httpSource(t, bytes, status(503), status(429), status(500), status(408))
  t.equal(String(await collect(object(source, { maxAttempts: 5 }).read(2, 12))), '23456789ab')
  t.same(
    source.log,
    Array.from({ length: 5 }, () => 'GET bytes=2-11'),
  )
})

t.test('reports attempts, position and reason after the last attempt', async t => {
  const refusing = await httpSource(t, bytes, status(503), status(503), status(503))
  t.match(await failure(refusing), {
    name: 'SourceError',
    code: 'AVIO_ERR_SOURCE_READ',
    source: refusing.url.replace(/\?.*/, ''),
    byteOffset: 2,
    attempts: 3,
    statusCode: 503,
    cause: { statusCode: 503 },
    message: /after 3 of 3 attempts: The server answered 503/,
  })
  t.equal(refusing.log.length, 3)
  const short = breaks(2, response => response.socket!.end())
  const breaking = await httpSource(t, bytes, short, short, short)
  t.match(await failure(breaking), {
    code: 'AVIO_ERR_SOURCE_READ',
    byteOffset: 8,
    attempts: 3,
    cause: { code: 'ECONNRESET' },
  })
  t.same(breaking.log, ['GET bytes=2-11', 'GET bytes=4-11', 'GET bytes=6-11'])
  const silent = await httpSource(
    t,
    bytes,
    () => undefined,
    breaks(1, () => undefined),
  )
  t.match(await failure(silent, { maxAttempts: 2, stallTimeout: 50 }), {
    code: 'AVIO_ERR_SOURCE_READ',
    byteOffset: 3,
    attempts: 2,
    message: /no data received for 50 ms/,
  })
})

t.test('delivers all bytes before a missing one', async t => {
  const source = await httpSource(t, bytes, undefined, status(404))
  let delivered = ''
  const reading = async () => {
    for await (const chunk of object(source, { partSize: 5 }).read(0, 20)) delivered += chunk.toString()
  }
  await t.rejects(reading(), { code: 'AVIO_ERR_SOURCE_NOT_FOUND', byteOffset: 5 })
  t.equal(delivered, '01234')
})

t.test('fails at once for permanent errors', async t => {
  for (const [statusCode, code, message] of [
    [404, 'NOT_FOUND', /Check the URL/],
    [410, 'NOT_FOUND', /Check the URL/],
    [401, 'DENIED', /presigned URL may have expired/],
    [403, 'DENIED', /presigned URL may have expired/],
    [400, 'READ', /answered 400/],
    [451, 'READ', /answered 451/],
    [501, 'READ', /answered 501/],
    [416, 'RANGE', /answered 416/],
  ] as const) {
    const source = await httpSource(t, bytes, status(statusCode))
    const error = { code: `AVIO_ERR_SOURCE_${code}`, statusCode, byteOffset: 2, attempts: 1, message }
    t.match(await failure(source), error)
    t.same(source.log, ['GET bytes=2-11'])
  }
})

t.test('detects a server without range support, and discards its body', async t => {
  let gone: Promise<void> | undefined
  const source = await httpSource(t, bytes, (response, _range, request) => {
    gone = closed(request)
    response.writeHead(200, { 'content-length': 2 ** 40 })
    response.write('0123')
  })
  t.match(await failure(source), { code: 'AVIO_ERR_SOURCE_NO_RANGES', statusCode: 200 })
  await gone
  t.same(source.log, ['GET bytes=2-11'])
})

t.test('fails if the version changes, between reads and during one', async t => {
  const source = await httpSource(t, bytes)
  const one = object(source)
  t.equal(String(await collect(one.read(0, 2))), '01')
  source.validators = { etag: '"two"' }
  await t.rejects(collect(one.read(2, 4)), {
    code: 'AVIO_ERR_SOURCE_CHANGED',
    byteOffset: 2,
    message: /its ETag was "one" and is now "two"/,
  })
  t.equal(String(await collect(object(source).read(2, 4))), '23', 'a new source accepts the new version')

  const breaking = await httpSource(t, bytes)
  const breakAndChange = breaks(3, response => {
    breaking.validators = { etag: '"two"' }
    response.socket!.end()
  })
  breaking.faults = [breakAndChange]
  t.match(await failure(breaking), { code: 'AVIO_ERR_SOURCE_CHANGED', byteOffset: 5 })
  t.same(breaking.log, ['GET bytes=2-11', 'GET bytes=5-11'])

  const cut = await httpSource(t, bytes)
  const other = object(cut)
  await other.size()
  cut.bytes = bytes.subarray(0, 5)
  await t.rejects(collect(other.read(0, 3)), {
    code: 'AVIO_ERR_SOURCE_CHANGED',
    message: /had 20 bytes and now has 5/,
  })
  await t.rejects(collect(other.read(9, 12)), { code: 'AVIO_ERR_SOURCE_CHANGED' })
})

t.test('fails at once for a response that does not match the request', async t => {
  const answers: [Fault, RegExp][] = [
    [
      (response, range) => {
        head(response, { start: 0, end: range.end - range.start }, 20)
        response.end(bytes.subarray(0, 10))
      },
      /sent bytes 0–9, but 2–11 were requested/,
    ],
    [
      (response, range) => {
        head(response, range, 20, { 'content-length': undefined })
        response.write(bytes.subarray(2))
        response.end()
      },
      /sent more than bytes 2–11/,
    ],
    [
      (response, range) => {
        head(response, range, 20, { 'content-length': '11' })
        response.end(bytes.subarray(2, 13))
      },
      /announced 11 bytes for a range of 10/,
    ],
  ]
  for (const [fault, message] of answers) {
    const source = await httpSource(t, bytes, fault)
    t.match(await failure(source), { code: 'AVIO_ERR_SOURCE_READ', message })
    t.same(source.log, ['GET bytes=2-11'])
  }
})

t.test('follows redirects anew for every request, because targets may expire', async t => {
  const goal = await httpSource(t, bytes)
  const to: Fault = response => response.writeHead(307, { location: goal.url }).end()
  const source = await httpSource(t, bytes, to, to)
  const one = object(source)
  t.equal(await one.size(), 20)
  t.equal(String(await collect(one.read(2, 4))), '23')
  t.same(source.log, ['GET bytes=0-0', 'GET bytes=2-3'])
  t.same(goal.log, source.log)
})

t.test('handles an empty source, however its server reports it', async t => {
  const nothing: Fault = response => response.writeHead(200, { 'content-length': 0 }).end()
  const refusal = status(416)
  for (const [faults, log] of [
    [[], ['GET bytes=0-0']],
    [[nothing], ['GET bytes=0-0']],
    [
      [refusal, nothing],
      ['GET bytes=0-0', 'GET whole'],
    ],
  ] as const) {
    const source = await httpSource(t, Buffer.alloc(0), ...faults)
    const one = object(source)
    t.equal(await one.size(), 0)
    t.same(source.log, log)
    await t.rejects(collect(one.read(0, 1)), { code: RANGE })
    t.same(source.log, log, 'no further request was sent')
  }
})

t.test('retries refused connections', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const one = new HttpSource({ url: `http://jo:${SECRET}@127.0.0.1:${port}/?${SECRET}`, maxAttempts: 2 })
  const error = await one.size().catch((error: unknown) => error)
  t.match(error, { code: 'AVIO_ERR_SOURCE_READ', attempts: 2, cause: { code: 'ECONNREFUSED' } })
  t.notMatch(inspect(error, { depth: 9 }), SECRET)
})

t.test('aborts during a wait and during a response', async t => {
  const source = await httpSource(t, bytes, status(503, { 'retry-after': '20' }))
  const waiting = new AbortController()
  const size = object(source).size(waiting.signal)
  while (source.log.length === 0) await new Promise<void>(resolve => setImmediate(resolve))
  waiting.abort()
  await t.rejects(size, { name: 'AbortError' })

  let gone: Promise<void> | undefined
  const middle = new AbortController()
  source.faults = [
    (response, range, request) => {
      gone = closed(request)
      breaks(1, () => middle.abort())(response, range, request)
    },
  ]
  await t.rejects(collect(object(source).read(2, 12, middle.signal)), { name: 'AbortError' })
  await gone
})

t.test('closes its connections when a loop is left early', async t => {
  const source = await httpSource(t, bytes)
  const gone: Promise<void>[] = []
  const stays: Fault = (response, range, request) => {
    gone.push(closed(request))
    breaks(1, () => undefined)(response, range, request)
  }
  source.faults = [undefined, stays, stays]
  for await (const chunk of object(source, { partSize: 5 }).read(0, 20)) {
    if (String(chunk) === '5') break
  }
  await Promise.all(gone)
  t.same(source.log.slice(0, 2), ['GET bytes=0-4', 'GET bytes=5-9'])
  t.ok(gone.length >= 1)
})

t.test('requires a valid certificate for https:', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'], publicRead: true, tls: true })
  t.teardown(() => s3.close())
  await s3.put('bucket', 'k', bytes)
  const one = () => new HttpSource({ url: `${s3.endpoint}/bucket/k?${SECRET}`, maxAttempts: 3 })
  const error = await one()
    .size()
    .catch((error: unknown) => error)
  t.match(error, {
    code: 'AVIO_ERR_SOURCE_READ',
    attempts: 1,
    cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  })
  t.notMatch(inspect(error, { depth: 9 }), SECRET)
  const { options } = https.globalAgent
  options.ca = s3.certificate
  t.teardown(() => delete options.ca)
  t.equal(String(await collect(one().read(2, 12))), '23456789ab')
})

t.test('validates options synchronously', async t => {
  t.throws(() => new HttpSource(undefined as never), { code: 'AVIO_ERR_OPTION' })
  t.throws(() => new HttpSource({ url: 'x' }), { code: 'AVIO_ERR_OPTION', option: 'url' })
})

t.test('continues a shorter 206 without using an attempt', async t => {
  const source = await httpSource(t, bytes)
  const short: Fault = (response, range) => {
    const end = Math.min(range.end, range.start + 3)
    head(response, { start: range.start, end }, bytes.length)
    response.end(bytes.subarray(range.start, end))
  }
  source.faults = [short, short, short]
  t.equal(String(await collect(object(source, { maxAttempts: 1 }).read(2, 12))), '23456789ab')
  t.same(source.log, ['GET bytes=2-11', 'GET bytes=5-11', 'GET bytes=8-11', 'GET bytes=11-11'])
})

t.test('accepts a range sent as 200 with Content-Range, and rejects one without', async t => {
  const source = await httpSource(t, bytes)
  const marked: Fault = (response, range) => {
    head(response, range, bytes.length)
    response.statusCode = 200
    response.end(bytes.subarray(range.start, range.end))
  }
  const bare: Fault = (response, range) =>
    response
      .writeHead(200, { 'content-length': range.end - range.start })
      .end(bytes.subarray(range.start, range.end))
  source.faults = [marked, bare]
  t.equal(String(await collect(object(source).read(2, 12))), '23456789ab')
  t.match(await failure(source), { code: 'AVIO_ERR_SOURCE_NO_RANGES' })
})

t.test('ignores a weakened or unquoted ETag', async t => {
  for (const etag of ['W/"one"', 'one']) {
    const source = await httpSource(t, bytes)
    const one = object(source)
    await collect(one.read(2, 12))
    source.validators = { etag }
    t.equal(String(await collect(one.read(2, 12))), '23456789ab', etag)
  }
})

t.test('reads the version with the given etag, or fails before its first byte', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  t.teardown(() => s3.close())
  await s3.put('bucket', 'k', bytes)
  const url = presign(s3, 'bucket', 'k')
  const planner = new HttpSource({ url })
  t.equal(planner.etag, undefined)
  await planner.size()
  const { etag } = planner
  t.equal(String(await collect(new HttpSource({ url, etag }).read(2, 12))), '23456789ab')
  await s3.put('bucket', 'k', Buffer.alloc(20))
  await t.rejects(new HttpSource({ url, etag }).size(), { code: 'AVIO_ERR_SOURCE_CHANGED', retryable: false })
  await t.rejects(collect(new HttpSource({ url, etag }).read(2, 12)), { code: 'AVIO_ERR_SOURCE_CHANGED' })
})
