import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { S3Error } from '../../lib/errors.js'
import { MiB } from '../../lib/options.js'
import { PartFiller } from '../../lib/s3/upload/part-filler.js'
import type { FaultRule, S3Operation } from '../../lib/testing/index.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { DATA, failureOf, source, write, writer } from '../support/uploads.js'

/** Two parts and a short third one. */
const bytes = DATA.subarray(0, 2 * PART + 1000)
const options = { maxAttempts: 2 }

/** The expected call log, with the calls in `twice` sent twice. */
function log(...twice: string[]) {
  const once = ['create', 'part 1', 'part 2', 'part 3', 'complete']
  return once.flatMap(call => (twice.includes(call) ? [call, call] : [call]))
}

/** Each request of an upload: its operation, its number among these, and its name in the log. */
const REQUESTS: [S3Operation, number, string][] = [
  ['CreateMultipartUpload', 1, 'create'],
  ['UploadPart', 1, 'part 1'],
  ['UploadPart', 2, 'part 2'],
  ['UploadPart', 3, 'part 3'],
]

const PASSING: FaultRule[] = [{ status: 500 }, { reset: true }, { reset: true, performed: true }]

for (const [operation, nth, call] of REQUESTS) {
  const faults = operation === 'UploadPart' ? [...PASSING, { resetRequest: 600 }] : PASSING
  t.test(`recovers from a temporary fault of ${call}`, async t => {
    for (const fault of faults) {
      // An upload whose Create response was lost stays: empty, and indistinguishable from another client's.
      const store = await UploadStore.open(t, { leaves: true })
      store.s3.fault({ operation, nth, ...fault })
      const sink = writer(store, options)
      await pipeline(source(bytes), sink)
      t.equal((await sink.result).bytes, bytes.length, JSON.stringify(fault))
      t.equal(Buffer.compare((await store.get('k'))!, bytes), 0)
      t.same(store.log, log(call))
      t.same(
        store.s3.uploads('uploads').filter(({ parts }) => parts.length > 0),
        [],
      )
      t.equal(await store.busySockets(), 0)
    }
  })

  t.test(`leaves nothing behind after a lasting fault of ${call}, and keeps the older object`, async t => {
    const done = log().slice(0, log().indexOf(call))
    const cleanUp = call === 'create' ? [] : ['abort', 'list']
    for (const [fault, tries, code] of [
      [{ status: 403 }, 1, 'AVIO_ERR_ACCESS_DENIED'],
      [{ status: 500 }, 2, 'AVIO_ERR_UPLOAD_FAILED'],
    ] as const) {
      const store = await UploadStore.open(t)
      await store.s3.put('uploads', 'k', 'older')
      store.s3.fault({ operation, nth, times: Infinity, ...fault })
      const sink = writer(store, options)
      const error = await failureOf(pipeline(source(bytes), sink))
      t.match(error, { code, operation, attempts: tries }, JSON.stringify(fault))
      t.equal(await failureOf(sink.result), error)
      t.same(store.log, [...done, ...Array<string>(tries).fill(call), ...cleanUp])
      t.equal(String(await store.get('k')), 'older')
      t.equal(await store.busySockets(), 0)
    }
  })
}

t.test('recovers from a temporary fault of Complete', async t => {
  for (const [fault, calls] of [
    [{ status: 500 }, ['complete', 'list', 'complete']],
    [{ status: 503, code: 'SlowDown' }, ['complete', 'complete']],
    [{ errorIn200: 'InternalError' }, ['complete', 'list', 'complete']],
    [{ reset: true }, ['complete', 'list', 'complete']],
    [{ reset: true, performed: true }, ['complete', 'list', 'head']],
    [{ stall: true, performed: true }, ['complete', 'list', 'head']],
    [{ shortBody: 20 }, ['complete', 'list', 'head']],
  ] as const) {
    const store = await UploadStore.open(t)
    store.s3.fault({ operation: 'CompleteMultipartUpload', ...fault })
    const sink = writer(store, { ...options, ...('stall' in fault && { commitTimeout: 1000 }) })
    await pipeline(source(bytes), sink)
    t.equal((await sink.result).etag, store.s3.head('uploads', 'k')?.etag, JSON.stringify(fault))
    t.same(store.log.slice(4), calls)
    t.equal(Buffer.compare((await store.get('k'))!, bytes), 0)
    t.equal(await store.busySockets(), 0)
  }
})

t.test('leaves nothing behind after a lasting fault of Complete, and keeps the older object', async t => {
  const retried = ['complete', 'list', 'complete', 'list', 'abort', 'list']
  for (const [fault, calls, code] of [
    [{ status: 403 }, ['complete', 'abort', 'list'], 'AVIO_ERR_ACCESS_DENIED'],
    [{ status: 412 }, ['complete', 'list', 'abort', 'list'], 'AVIO_ERR_PRECONDITION_FAILED'],
    [{ status: 503, code: 'SlowDown' }, ['complete', 'complete', 'abort', 'list'], 'AVIO_ERR_UPLOAD_FAILED'],
    [{ status: 500 }, retried, 'AVIO_ERR_UPLOAD_FAILED'],
    [{ errorIn200: 'InternalError' }, retried, 'AVIO_ERR_UPLOAD_FAILED'],
    [{ reset: true }, retried, 'AVIO_ERR_UPLOAD_FAILED'],
  ] as const) {
    const store = await UploadStore.open(t)
    await store.s3.put('uploads', 'k', 'older')
    store.s3.fault({ operation: 'CompleteMultipartUpload', times: Infinity, ...fault })
    const sink = writer(store, options)
    const error = await failureOf(pipeline(source(bytes), sink))
    t.match(error, { code, operation: 'CompleteMultipartUpload' }, JSON.stringify(fault))
    t.equal(await failureOf(sink.result), error)
    t.same(store.log.slice(4), calls)
    t.equal(String(await store.get('k')), 'older')
    t.equal(await store.busySockets(), 0)
  }
})

t.test('leaves the upload alone after an unknown outcome', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  store.s3.fault({ operation: 'CompleteMultipartUpload', times: Infinity, reset: true })
  store.s3.fault({
    operation: ['ListParts', 'HeadObject', 'AbortMultipartUpload'],
    times: Infinity,
    status: 403,
  })
  const sink = writer(store, options)
  const error = await failureOf(pipeline(source(bytes), sink))
  t.match(error, { code: 'AVIO_ERR_OUTCOME_UNKNOWN', uploadId: store.s3.uploads('uploads')[0]?.uploadId })
  t.equal(await failureOf(sink.result), error)
  t.same(store.log.slice(4), ['complete', 'list', 'complete', 'list', 'abort', 'head'])
})

t.test('does not abort an upload that is gone without its object', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store, options)
  let uploadId = ''
  sink.once('upload', upload => (uploadId = upload.uploadId))
  store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true })
  const before = () => store.requests().abort(uploadId, new AbortController().signal)
  store.s3.fault({ operation: 'ListParts', before })
  const error = await failureOf(pipeline(source(bytes), sink))
  t.match(error, { code: 'AVIO_ERR_OUTCOME_UNKNOWN' })
  t.equal(await failureOf(sink.result), error)
  t.same(store.log.slice(4), ['complete', 'list', 'abort', 'head'], 'the only abort is the test’s own')
})

t.test('reports the first error if several parts fail at once', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'UploadPart', partNumber: 1, stall: true })
  store.s3.fault({ operation: 'UploadPart', partNumber: 2, status: 403 })
  store.s3.fault({ operation: 'UploadPart', partNumber: 3, stall: true })
  const sink = writer(store, { concurrency: 3, stallTimeout: 60_000 })
  const error = await failureOf(pipeline(source(DATA), sink))
  t.match(error, { code: 'AVIO_ERR_ACCESS_DENIED', partNumber: 2, byteOffset: PART })
  t.equal(await failureOf(sink.result), error)
  t.same(store.log.slice(-2), ['abort', 'list'], 'the other parts were cancelled before')
  t.equal(store.calls('UploadPart').length, 3)
  t.equal(await store.busySockets(), 0)
})

t.test('detects a stall in the middle of a part of any size', async t => {
  const store = await UploadStore.open(t)
  const stalled = store.s3.fault({ operation: 'UploadPart', stallRequest: MiB })
  const sink = writer(store, { partSize: 16 * MiB, stallTimeout: 1000 })
  sink.on('part', () => stalled.release())
  await pipeline(source(Buffer.alloc(17 * MiB)), sink)
  t.same(store.log, ['create', 'part 1', 'part 1', 'part 2', 'complete'])
})

t.test('attaches the error of a failed clean-up to the first error, and does not replace it', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  store.s3.fault({ operation: 'UploadPart', nth: 2, status: 403 })
  store.s3.fault({ operation: 'AbortMultipartUpload', status: 403 })
  const sink = writer(store, options)
  const error = await failureOf(pipeline(source(bytes), sink))
  t.match(error, {
    code: 'AVIO_ERR_ACCESS_DENIED',
    operation: 'UploadPart',
    cleanupError: { operation: 'AbortMultipartUpload', uploadId: store.s3.uploads('uploads')[0]?.uploadId },
  })
  t.equal(await failureOf(sink.result), error)
})

t.test('leaves no part behind that lands after the abort', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'UploadPart', nth: 2, status: 403 })
  // The abort succeeds while a part is in flight, so the upload still exists.
  store.s3.fault({ operation: 'AbortMultipartUpload', status: 204 })
  const sink = writer(store, options)
  await failureOf(pipeline(source(bytes), sink))
  await failureOf(sink.result)
  t.same(store.log.slice(-4), ['abort', 'list', 'abort', 'list'])
})

t.test('compares the server’s checksum: it resends corrupted bytes, then fails', async t => {
  for (const [checksum, answerHeaders] of [
    ['crc32', { 'x-amz-checksum-crc32': 'AAAAAA==' }],
    ['md5', { etag: '"00000000000000000000000000000000"' }],
  ] as const) {
    const store = await UploadStore.open(t)
    store.s3.fault({ operation: 'UploadPart', nth: 2, answerHeaders })
    await pipeline(source(bytes), writer(store, { ...options, checksum }))
    t.same(store.log, log('part 2'))
    store.s3.clearCalls()
    store.s3.fault({ operation: 'UploadPart', nth: 2, times: 2, answerHeaders })
    const error = await failureOf(pipeline(source(bytes), writer(store, { ...options, checksum })))
    t.match(error, { code: 'AVIO_ERR_CHECKSUM_MISMATCH', partNumber: 2, byteOffset: PART })
  }
})

t.test('does not overwrite an existing object with ifNoneMatch', async t => {
  for (const size of [3, bytes.length]) {
    const store = await UploadStore.open(t)
    const first = writer(store, { ifNoneMatch: '*' })
    await pipeline(source(bytes.subarray(0, size)), first)
    const { etag } = await first.result
    const second = writer(store, { ifNoneMatch: '*' })
    const error = await failureOf(pipeline(source(Buffer.alloc(size)), second))
    t.match(error, { code: 'AVIO_ERR_PRECONDITION_FAILED', statusCode: 412 })
    t.equal(await failureOf(second.result), error)
    t.equal(store.s3.head('uploads', 'k')?.etag, etag)
  }
})

t.test('recognises its own object with ifNoneMatch if only the response was lost', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true, performed: true })
  store.s3.fault({ operation: 'ListParts', times: 2, status: 403 })
  const sink = writer(store, { ifNoneMatch: '*' })
  await pipeline(source(bytes), sink)
  t.equal((await sink.result).etag, store.s3.head('uploads', 'k')?.etag)
})

t.test('fails and leaves nothing behind if the bytes do not fit into 10,000 parts', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store)
  sink.on('error', () => undefined).write(bytes)
  await once(sink, 'part')
  const tooLarge = new S3Error('AVIO_ERR_OBJECT_TOO_LARGE', 'no more parts')
  t.intercept(PartFiller.prototype, 'copy', {
    value: () => {
      throw tooLarge
    },
  })
  t.equal(await failureOf(write(sink, bytes)), tooLarge)
  t.equal(await failureOf(sink.result), tooLarge)
  t.same(store.log.slice(-2), ['abort', 'list'])
})
