import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { MiB } from '../../lib/options.js'
import { formatCrc32 } from '../../lib/s3/upload/combine-crc32.js'
import type { UploadSummary } from '../../lib/s3/upload/upload-options.js'
import { fileOf, headed } from '../support/heads.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { DATA, failureOf, source, writer } from '../support/uploads.js'

const HEAD = 100_003
/** Two parts and a short third one. */
const MEDIA = DATA.subarray(0, 2 * PART + 1000)
const LOG = ['create', 'part 2', 'part 3', 'part 1', 'complete']

t.test('stores a deferred header in front, with the held-back first part', async t => {
  const store = await UploadStore.open(t)
  for (const [size, log] of [
    [0, ['put']],
    [1, ['put']],
    [PART - 1, ['put']],
    [PART, ['put']],
    [PART + 1, ['create', 'part 2', 'part 1', 'complete']],
    [2 * PART, ['create', 'part 2', 'part 1', 'complete']],
    [2 * PART + 1000, LOG],
  ] as const) {
    const media = DATA.subarray(0, size)
    const file = fileOf(media, HEAD)
    let summary: UploadSummary | undefined
    const sink = writer(store, { beforeCommit: said => void (summary = said) })
    await pipeline(source(media), headed(HEAD), sink)
    const result = await sink.result
    t.equal(Buffer.compare((await store.get('k'))!, file), 0, `${size} bytes after the header`)
    t.same(store.log, log)
    const stored = store.s3.head('uploads', 'k')!
    const checksum = { algorithm: 'CRC32', value: formatCrc32(crc32(file)) }
    t.match(result, {
      etag: stored.etag,
      bytes: file.length,
      parts: Math.max(1, log.length - 2),
      checksum: { ...checksum, confirmed: true },
    })
    t.match(summary, { bytes: file.length, checksum })
    t.equal(summary?.etag, log.length === 1 ? undefined : stored.etag)
    t.match(stored.checksum, { algorithm: 'CRC32', type: 'FULL_OBJECT' })
    store.s3.clearCalls()
  }
})

t.test('covers the header by the other checksums too', async t => {
  const store = await UploadStore.open(t)
  for (const checksum of ['md5', 'none'] as const) {
    for (const media of [DATA.subarray(0, 10), MEDIA]) {
      await pipeline(source(media), headed(HEAD), writer(store, { checksum }))
      t.equal(Buffer.compare((await store.get('k'))!, fileOf(media, HEAD)), 0, checksum)
    }
  }
})

t.test('sends the held part with the last one, without taking a turn from the others', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store, { concurrency: 3 })
  await pipeline(source(DATA), headed(HEAD), sink)
  t.equal(Buffer.compare((await store.get('k'))!, fileOf(DATA, HEAD)), 0)
  t.same(store.log.toSorted(), ['complete', 'create', 'part 1', 'part 2', 'part 3', 'part 4'])
})

t.test('reports the parts in events in the order in which they were stored', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store)
  const parts: unknown[] = []
  sink.on('part', ({ partNumber, size }) => parts.push([partNumber, size]))
  let progress: unknown
  sink.on('progress', stored => (progress = stored))
  await pipeline(source(MEDIA), headed(HEAD), sink)
  t.same(parts, [
    [2, PART],
    [3, 1000],
    [1, PART + HEAD],
  ])
  t.same(progress, { bytes: MEDIA.length + HEAD, parts: 3 })
})

t.test('reserves space for the header in part 1 and pads it, if parts must be equal', async t => {
  const store = await UploadStore.open(t)
  const headerReserve = 128 * 1024
  const equal = { headerReserve, partGrowth: false }
  const media = DATA.subarray(0, 2 * PART - headerReserve + 1000)
  const sink = writer(store, equal)
  const sizes: number[] = []
  sink.on('part', ({ size }) => sizes.push(size))
  await pipeline(source(media), headed(HEAD), sink)
  t.same(sizes, [PART, 1000, PART], 'parts 2, 3 and 1')
  t.equal(Buffer.compare((await store.get('k'))!, fileOf(media, HEAD, headerReserve)), 0)
  t.equal((await sink.result).checksum?.confirmed, true)

  const short = DATA.subarray(0, PART - headerReserve)
  await pipeline(source(short), headed(HEAD), writer(store, equal))
  t.equal(Buffer.compare((await store.get('k'))!, fileOf(short, HEAD)), 0, 'a single part is not padded')
})

t.test('leaves nothing behind if a header does not fit into its reserve', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', 'older')
  for (const headerReserve of [HEAD - 1, HEAD + 7]) {
    const sink = writer(store, { headerReserve, partGrowth: false })
    const error = await failureOf(pipeline(source(MEDIA), headed(HEAD), sink))
    t.match(error, { code: 'AVIO_ERR_HEADER_TOO_LARGE' })
    t.equal(await failureOf(sink.result), error)
    t.same(
      store.log.filter(call => call !== 'part 2'),
      ['create', 'abort', 'list'],
    )
    t.equal(String(await store.get('k')), 'older')
    t.equal(await store.busySockets(), 0)
    store.s3.clearCalls()
  }
})

t.test('retries part 1 from the same memory', async t => {
  const store = await UploadStore.open(t)
  for (const fault of [
    { status: 500 },
    { reset: true },
    { reset: true, performed: true },
    { resetRequest: 600 },
  ] as const) {
    store.s3.fault({ operation: 'UploadPart', partNumber: 1, ...fault })
    const sink = writer(store)
    await pipeline(source(MEDIA), headed(HEAD), sink)
    t.equal(Buffer.compare((await store.get('k'))!, fileOf(MEDIA, HEAD)), 0, JSON.stringify(fault))
    t.equal((await sink.result).checksum?.confirmed, true)
    store.s3.clearCalls()
    store.s3.clearFaults()
  }
})

t.test('leaves nothing behind after a lasting fault of part 1, or of an earlier part', async t => {
  for (const [partNumber, byteOffset, log] of [
    [1, 0, ['create', 'part 2', 'part 3', 'part 1', 'part 1']],
    [2, PART, ['create', 'part 2', 'part 2']],
    [3, 2 * PART, ['create', 'part 2', 'part 3', 'part 3']],
  ] as const) {
    const store = await UploadStore.open(t)
    await store.s3.put('uploads', 'k', 'older')
    store.s3.fault({ operation: 'UploadPart', partNumber, times: Infinity, status: 500 })
    const sink = writer(store, { maxAttempts: 2 })
    const error = await failureOf(pipeline(source(MEDIA), headed(HEAD), sink))
    t.match(error, { code: 'AVIO_ERR_UPLOAD_FAILED', partNumber, byteOffset, attempts: 2 })
    t.equal(await failureOf(sink.result), error)
    t.same(store.log, [...log, 'abort', 'list'])
    t.equal(String(await store.get('k')), 'older')
    t.equal(await store.busySockets(), 0)
  }
})

t.test('leaves nothing behind if destroyed while sending part 1', async t => {
  const store = await UploadStore.open(t)
  const { reached } = store.s3.fault({ operation: 'UploadPart', partNumber: 1, stall: true })
  const sink = writer(store)
  const failed = failureOf(pipeline(source(MEDIA), headed(HEAD), sink))
  await reached
  const boom = new Error('boom')
  sink.destroy(boom)
  t.equal(await failureOf(sink.result), boom)
  await failed
  t.same(store.log, [...LOG.slice(0, 4), 'abort', 'list'])
  t.equal(await store.busySockets(), 0)
})

t.test('leaves nothing behind if a source with a header fails under a plain pipe()', async t => {
  const store = await UploadStore.open(t)
  const from = headed(HEAD)
  const sink = from.pipe(writer(store))
  from.write(MEDIA)
  await once(sink, 'part')
  const boom = new Error('boom')
  from.on('error', () => undefined).destroy(boom)
  t.equal((await once(sink, 'error'))[0], boom)
  t.equal(await failureOf(sink.result), boom)
  t.same(store.log.slice(-2), ['abort', 'list'])
})

t.test('rejects a deferred header after other bytes', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store)
  sink.write('before')
  const error = await failureOf(pipeline(source(MEDIA), headed(HEAD), sink))
  t.match(error, { code: 'AVIO_ERR_HEADER_UNCLAIMED', message: /^s3:\/\/uploads\/k was not stored/ })
  await failureOf(sink.result)
  t.equal(await store.get('k'), undefined)
})

t.test('takes one more part of memory, and the header', async t => {
  const store = await UploadStore.open(t)
  const held = store.s3.fault({ operation: 'UploadPart', hold: true })
  const sink = writer(store)
  const from = headed(HEAD)
  from.pipe(sink)
  let taken = 0
  const block = DATA.subarray(0, MiB)
  for (let n = 1; n <= 20; n++) from.write(block, () => (taken = n))
  await held.reached
  for (let turn = 0; turn < 50; turn++) await setImmediate()
  t.ok(taken >= 15 && taken < 18, `three parts, and the buffers between: ${taken} MiB`)
  held.release()
  from.end()
  await sink.result
  t.equal((await store.get('k'))?.length, 20 * MiB + HEAD)
})
