import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { MiB } from '../../lib/options.js'
import { formatCrc32 } from '../../lib/s3/upload/combine-crc32.js'
import type { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import type { UploadSummary } from '../../lib/s3/upload/upload-options.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { DATA, failureOf, source, write, writer } from '../support/uploads.js'

t.test('stores an object of any size whole, in one request or in parts', async t => {
  const store = await UploadStore.open(t)
  const multipart = (parts: number) => [
    'create',
    ...Array.from({ length: parts }, (_, i) => `part ${i + 1}`),
    'complete',
  ]
  for (const [size, log] of [
    [0, ['put']],
    [1, ['put']],
    [PART - 1, ['put']],
    [PART, ['put']],
    [PART + 1, multipart(2)],
    [2 * PART, multipart(2)],
    [3 * PART + 1000, multipart(4)],
  ] as const) {
    const bytes = DATA.subarray(0, size)
    const sink = writer(store)
    await pipeline(source(bytes), sink)
    const result = await sink.result
    t.equal(Buffer.compare((await store.get('k'))!, bytes), 0, `${size} bytes`)
    t.same(store.log, log)
    const stored = store.s3.head('uploads', 'k')!
    t.same(result, {
      bucket: 'uploads',
      key: 'k',
      etag: stored.etag,
      versionId: undefined,
      bytes: size,
      parts: Math.max(1, log.length - 2),
      checksum: { algorithm: 'CRC32', value: formatCrc32(crc32(bytes)), confirmed: true },
    })
    t.match(stored.checksum, { algorithm: 'CRC32', type: 'FULL_OBJECT' })
    store.s3.clearCalls()
  }
})

t.test('stores the same object for any chunk size', async t => {
  const store = await UploadStore.open(t)
  for (const size of [1021, PART - 1, PART, PART + 1, 2 * PART + 5, DATA.length]) {
    const sink = writer(store, { concurrency: 3 })
    await pipeline(source(DATA, size), sink)
    t.equal(Buffer.compare((await store.get('k'))!, DATA), 0, `chunks of ${size}`)
    t.equal((await sink.result).parts, 4)
  }
})

t.test('accepts strings, empty chunks and cork() like any stream', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store)
  sink.cork()
  sink.write('a')
  sink.write('')
  sink.write(Buffer.alloc(0))
  sink.write('62', 'hex')
  sink.write(new Uint8Array([99]))
  sink.uncork()
  sink.end('d')
  await sink.result
  t.equal(String(await store.get('k')), 'abcd')
})

t.test(
  'sends nothing before there is more than one part, and stores nothing of an unfinished stream',
  async t => {
    const store = await UploadStore.open(t)
    const sink = writer(store)
    await write(sink, DATA.subarray(0, PART))
    t.same(store.log, [])
    await write(sink, DATA.subarray(0, 1))
    await once(sink, 'part')
    t.same(store.log, ['create', 'part 1'])
    sink.destroy()
    await once(sink, 'close')
    t.same(store.log, ['create', 'part 1', 'abort', 'list'])
    t.equal(await store.get('k'), undefined)
  },
)

t.test('emits events for the upload, each part, and the progress', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store)
  const events: unknown[] = []
  sink.on('upload', ({ uploadId }) => events.push(['upload', uploadId]))
  sink.on('part', part => events.push(['part', part]))
  sink.on('progress', progress => events.push(['progress', progress]))
  sink.on('finish', () => events.push(['finish', store.log.at(-1)]))
  await pipeline(source(DATA.subarray(0, PART + 3)), sink)
  const etag = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`
  t.same(events, [
    ['upload', store.calls('UploadPart')[0]?.uploadId],
    ['part', { partNumber: 1, size: PART, etag: etag(DATA.subarray(0, PART)) }],
    ['progress', { bytes: PART, parts: 1 }],
    ['part', { partNumber: 2, size: 3, etag: etag(DATA.subarray(PART, PART + 3)) }],
    ['progress', { bytes: PART + 3, parts: 2 }],
    ['finish', 'complete'],
  ])
})

t.test('reports the progress of a small object too', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store)
  const progress: unknown[] = []
  sink.on('progress', stored => progress.push(stored))
  sink.end('abc')
  await sink.result
  t.same(progress, [{ bytes: 3, parts: 1 }])
})

t.test('holds the writer back once one part more than the concurrency is full', async t => {
  const store = await UploadStore.open(t)
  const held = store.s3.fault({ operation: 'UploadPart', times: 2, hold: true })
  const sink = writer(store, { concurrency: 2 })
  const written: number[] = []
  const block = DATA.subarray(0, MiB)
  let last: Promise<void> = Promise.resolve()
  for (let n = 1; n <= 20; n++) last = write(sink, block).then(() => void written.push(n))
  while (store.calls('UploadPart').length < 2) await setImmediate()
  for (let turn = 0; turn < 50; turn++) await setImmediate()
  t.equal(written.at(-1), 14, 'the block that fills the third part is not acknowledged')
  t.equal(store.calls('UploadPart').length, 2)
  held.release()
  await last
  sink.end()
  await sink.result
  t.equal((await store.get('k'))?.length, 20 * MiB)
})

t.test('sends parts concurrently, up to the limit', async t => {
  const store = await UploadStore.open(t)
  let most = 0
  store.s3.fault({
    operation: 'UploadPart',
    times: Infinity,
    before: () => (most = Math.max(most, store.s3.openCalls.length)),
  })
  const sink = writer(store, { concurrency: 3 })
  await pipeline(source(randomBytes(8 * PART)), sink)
  t.equal(most, 3)
})

t.test(
  'stores nothing from a failing source under a plain pipe(), and reports the source’s error',
  async t => {
    const store = await UploadStore.open(t)
    const from = new PassThrough()
    const sink = from.pipe(writer(store))
    from.write(DATA.subarray(0, PART + 5))
    await once(sink, 'part')
    const boom = new Error('boom')
    from.destroy(boom)
    t.equal((await once(sink, 'error'))[0], boom)
    t.equal(await failureOf(sink.result), boom)
    t.same(store.log, ['create', 'part 1', 'abort', 'list'])
  },
)

t.test('stores nothing from a source that closes without an end', async t => {
  const store = await UploadStore.open(t)
  const from = new PassThrough()
  const sink = from.pipe(writer(store))
  from.write('abc')
  from.destroy()
  const [error] = (await once(sink, 'error')) as [Error]
  t.match(error, { code: 'AVIO_ERR_UPSTREAM_CLOSED' })
  t.equal(await failureOf(sink.result), error)
  t.same(store.log, [])
})

t.test('shows beforeCommit the object about to be stored, and waits for it', async t => {
  const store = await UploadStore.open(t)
  const summaries: UploadSummary[] = []
  for (const size of [3, PART + 3]) {
    const sink = writer(store, {
      async beforeCommit(summary) {
        await setImmediate()
        summaries.push(summary)
        t.notOk(store.log.includes('complete') || store.log.includes('put'), 'nothing is visible yet')
      },
    })
    await pipeline(source(DATA.subarray(0, size)), sink)
    const { etag, checksum } = await sink.result
    t.same(summaries.pop(), {
      bucket: 'uploads',
      key: 'k',
      bytes: size,
      parts: size === 3 ? 1 : 2,
      etag: size === 3 ? undefined : etag,
      checksum: { algorithm: 'CRC32', value: checksum?.value },
    })
    store.s3.clearCalls()
  }
})

t.test('lets beforeCommit refuse in each possible way', async t => {
  const boom = new Error('boom')
  for (const [beforeCommit, cause] of [
    [() => false, undefined],
    [async () => false, undefined],
    [
      () => {
        throw boom
      },
      boom,
    ],
    [() => Promise.reject(boom), boom],
  ] as const) {
    for (const size of [3, PART + 3]) {
      const store = await UploadStore.open(t)
      await store.s3.put('uploads', 'k', 'older')
      const sink = writer(store, { beforeCommit })
      const error = await failureOf(pipeline(source(DATA.subarray(0, size)), sink))
      t.match(error, { code: 'AVIO_ERR_COMMIT_REFUSED', bucket: 'uploads', key: 'k' })
      t.equal(error?.cause, cause)
      t.equal(await failureOf(sink.result), error)
      t.same(store.log, size === 3 ? [] : ['create', 'part 1', 'part 2', 'abort', 'list'])
      t.equal(String(await store.get('k')), 'older')
    }
  }
})

t.test('stores nothing if destroyed while beforeCommit waits', async t => {
  for (const size of [3, PART + 3]) {
    const store = await UploadStore.open(t)
    let say!: (yes: boolean) => void
    const sink: S3MultipartWritable = writer(store, {
      beforeCommit: () => {
        sink.destroy()
        return new Promise(resolve => (say = resolve))
      },
    })
    const closed = once(sink, 'close')
    sink.end(DATA.subarray(0, size))
    await closed
    say(true)
    t.match(await failureOf(sink.result), {
      code: 'AVIO_ERR_UPLOAD_FAILED',
      message: /destroyed before its end/,
    })
    // A request that was sent now would arrive before this one.
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    await failureOf(store.requests().head())
    t.same(store.log, [...(size === 3 ? [] : ['create', 'part 1', 'part 2', 'abort', 'list']), 'head'])
  }
})
