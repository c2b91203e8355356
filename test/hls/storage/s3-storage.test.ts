import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import t from 'tap'
import { S3Storage, type S3StorageOptions } from '../../../lib/hls/storage/s3-storage.js'
import type { StoredObjectInfo } from '../../../lib/hls/storage/segment-storage.js'
import { KiB, MiB } from '../../../lib/options.js'
import { heldBytes } from '../../support/held-bytes.js'
import { UploadStore } from '../../support/upload-store.js'
import { DATA, failureOf, source } from '../../support/uploads.js'

const M3U8 = 'application/vnd.apple.mpegurl'
const INFO: StoredObjectInfo = { contentType: 'video/mp4' }

function storage({ client, bucket }: UploadStore, options: Partial<S3StorageOptions> = {}): S3Storage {
  return new S3Storage({ client, bucket, maxAttempts: 2, ...options })
}

t.test('stores objects below the prefix, with their media type and cache header', async t => {
  const store = await UploadStore.open(t)
  for (const [prefix, key] of [
    ['talks/1/', 'talks/1/720p/a.m3u8'],
    ['talks/2', 'talks/2/720p/a.m3u8'],
    ['', '720p/a.m3u8'],
    [undefined, '720p/a.m3u8'],
  ] as const) {
    const sink = storage(store, { prefix }).open('720p/a.m3u8', {
      contentType: M3U8,
      cacheControl: 'max-age=2',
    })
    sink.write('#EXTM3U\n')
    sink.end('#EXT-X-ENDLIST\n')
    await finished(sink)
    t.equal(String(await store.get(key)), '#EXTM3U\n#EXT-X-ENDLIST\n')
    t.match(store.s3.head('uploads', key), { contentType: M3U8 })
    t.match(store.s3.calls.at(-1)?.headers, { 'cache-control': 'max-age=2', 'content-type': M3U8 })
  }
  t.same(new Set(store.log), new Set(['put']))
})

t.test('applies `request` to every object, unless an object overrides it', async t => {
  const store = await UploadStore.open(t)
  const given = storage(store, { request: { CacheControl: 'max-age=9', Tagging: 'a=b' } })
  for (const large of [false, true]) {
    for (const cacheControl of [undefined, 'no-cache']) {
      await pipeline(source(DATA.subarray(0, 10)), given.open('a', { ...INFO, cacheControl, large }))
      t.match(store.s3.calls.at(-1)?.headers, {
        'cache-control': cacheControl ?? 'max-age=9',
        'x-amz-tagging': 'a=b',
        'content-type': 'video/mp4',
      })
    }
  }
})

t.test('reads objects with the key that encrypts them, the payer and the owner', async t => {
  const store = await UploadStore.open(t)
  const key = Buffer.alloc(32, 'k')
  const given = storage(store, {
    request: {
      SSECustomerAlgorithm: 'AES256',
      SSECustomerKey: key.toString('base64'),
      SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
      RequestPayer: 'requester',
      ExpectedBucketOwner: '123456789012',
      CacheControl: 'max-age=9',
    },
  })
  await pipeline(source(DATA.subarray(0, 10)), given.open('main.m3u8', INFO))
  t.ok(DATA.subarray(0, 10).equals((await given.read('main.m3u8', 100))!))
  t.match(store.calls('GetObject')[0]?.headers, {
    'x-amz-request-payer': 'requester',
    'x-amz-expected-bucket-owner': '123456789012',
  })
})

t.test('sends a large object in parts as it is written, and a segment by one PutObject', async t => {
  const store = await UploadStore.open(t)
  const given = storage(store, { prefix: 'p' })
  for (const [large, log] of [
    [true, ['create', 'part 1', 'part 2', 'complete']],
    [false, ['put']],
  ] as const) {
    const before = store.log.length
    await pipeline(source(DATA), given.open('all.mp4', { ...INFO, large }))
    t.ok((await store.get('p/all.mp4'))!.equals(DATA))
    t.match(store.s3.head('uploads', 'p/all.mp4'), { contentType: 'video/mp4' })
    t.same(store.log.slice(before).sort(), [...log].sort())
  }
})

t.test('sends a segment of more than 64 MiB in parts of that size', async t => {
  const store = await UploadStore.open(t)
  const chunk = Buffer.alloc(MiB, 'x')
  const chunks = Array.from({ length: 65 }, () => chunk)
  await pipeline(chunks, storage(store).open('huge.m4s', INFO))
  t.same(store.log, ['create', 'part 1', 'part 2', 'complete'])
  t.equal(store.s3.head('uploads', 'huge.m4s')?.size, 65 * MiB)
  t.equal(store.calls('UploadPart')[0]?.headers['content-length'], String(64 * MiB))
})

t.test('holds only the written bytes of each open segment, not a part', async t => {
  const store = await UploadStore.open(t)
  const given = storage(store)
  const before = await heldBytes()
  const sinks = Array.from({ length: 40 }, (_, n) => given.open(`${n}.m4s`, INFO))
  const written = 100 * KiB
  for (const sink of sinks) {
    await new Promise(resolve => sink.write(DATA.subarray(0, written), resolve))
  }
  const held = ((await heldBytes()) - before) / sinks.length
  t.ok(held >= written && held <= 2 * written, `${Math.round(held / KiB)} KiB of 100 KiB`)
  for (const sink of sinks) sink.destroy()
  await Promise.all(sinks.map(sink => once(sink, 'close')))
  t.same(store.log, [])
})

t.test('fails the object if its source closes early under a plain pipe', async t => {
  const store = await UploadStore.open(t)
  for (const large of [false, true]) {
    const sink = storage(store).open('k', { ...INFO, large })
    const closing = new PassThrough()
    closing.pipe(sink)
    closing.write('abc')
    closing.destroy()
    await t.rejects(finished(sink), { code: 'AVIO_ERR_UPSTREAM_CLOSED' })
  }
  t.same(store.log, [])
})

t.test('stores nothing if destroyed half-way, and keeps an older object', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', 'older')
  for (const large of [false, true]) {
    for (const error of [undefined, new Error('mine')]) {
      const sink = storage(store).open('k', { ...INFO, large })
      sink.write(DATA.subarray(0, MiB))
      const failure = failureOf(finished(sink))
      sink.destroy(error)
      if (!sink.closed) await once(sink, 'close').catch(() => undefined)
      if (error) t.equal(await failure, error)
      t.equal(String(await store.get('k')), 'older')
    }
  }
  t.same(store.log, [], 'nothing was sent')
  t.equal(await store.busySockets(), 0)
})

t.test('waits for the response if destroyed while storing', async t => {
  const store = await UploadStore.open(t)
  const held = store.s3.fault({ operation: 'PutObject', hold: true })
  const sink = storage(store, { stallTimeout: 60_000 }).open('k', INFO)
  sink.end('abc')
  await held.reached
  sink.destroy()
  t.equal(sink.closed, false)
  held.release()
  await once(sink, 'close')
  t.equal(String(await store.get('k')), 'abc')
  t.equal(await store.busySockets(), 0)
})

t.test('writes every object with its payload signed, or not', async t => {
  const store = await UploadStore.open(t)
  for (const [payloadSigning, header] of [
    ['signed', /^[0-9a-f]{64}$/],
    ['unsigned', /^UNSIGNED-PAYLOAD$/],
  ] as const) {
    for (const large of [false, true]) {
      const sink = storage(store, { payloadSigning }).open('a', { ...INFO, large })
      await pipeline(source(DATA.subarray(0, 10)), sink)
      t.match(store.s3.calls.at(-1)?.headers['x-amz-content-sha256'], header)
    }
  }
})

t.test('writes every object with its checksum and its attempts', async t => {
  const store = await UploadStore.open(t)
  for (const large of [false, true]) {
    await pipeline(
      source(DATA.subarray(0, 10)),
      storage(store, { checksum: 'md5' }).open('a', { ...INFO, large }),
    )
    t.type(store.s3.calls.at(-1)?.headers['content-md5'], 'string')
    store.s3.fault({ operation: 'PutObject', times: 3, status: 500 })
    store.s3.clearCalls()
    const sink = storage(store, { maxAttempts: 3 }).open('b', { ...INFO, large })
    await t.rejects(pipeline(source(DATA.subarray(0, 10)), sink), {
      code: 'AVIO_ERR_UPLOAD_FAILED',
      attempts: 3,
    })
    t.equal(store.s3.calls.filter(({ operation }) => operation === 'PutObject').length, 3)
  }
})

t.test('fails the stream with errors that name the object', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', nth: 1, status: 500 })
  await pipeline(source(DATA.subarray(0, 10)), storage(store).open('a', INFO))
  store.s3.fault({ operation: 'PutObject', times: Infinity, status: 403 })
  for (const large of [false, true]) {
    await t.rejects(pipeline(source(DATA.subarray(0, 10)), storage(store).open('b', { ...INFO, large })), {
      code: 'AVIO_ERR_ACCESS_DENIED',
      operation: 'PutObject',
      key: 'b',
    })
  }
  t.same(store.log, ['put', 'put', 'put', 'put'])
})

t.test('removes an object, and accepts that there is none', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'p/a', 'x')
  const given = storage(store, { prefix: 'p' })
  store.s3.fault({ operation: 'DeleteObject', status: 500 })
  await given.delete('a')
  t.equal(await store.get('p/a'), undefined)
  await given.delete('a')
  store.s3.fault({ operation: 'DeleteObject', status: 404, code: 'NoSuchKey' })
  await given.delete('a')
  store.s3.fault({ operation: 'DeleteObject', status: 403 })
  await t.rejects(given.delete('a'), {
    code: 'AVIO_ERR_ACCESS_DENIED',
    operation: 'DeleteObject',
    key: 'p/a',
  })
  store.s3.fault({ operation: 'DeleteObject', times: 2, reset: true })
  await t.rejects(given.delete('a'), { code: 'AVIO_ERR_UPLOAD_FAILED', attempts: 2 })
})

t.test('refuses names that lead out of the storage', async t => {
  const store = await UploadStore.open(t)
  const given = storage(store, { prefix: 'p' })
  t.throws(() => given.open('../a', INFO), { code: 'AVIO_ERR_OPTION', option: 'name' })
  await t.rejects(given.delete('../a'), { code: 'AVIO_ERR_OPTION', option: 'name' })
  t.throws(() => given.open('a'.repeat(1023), INFO), { code: 'AVIO_ERR_OPTION', option: 'key' })
})

t.test('checks each option', async t => {
  const bad: [Record<string, unknown>, string][] = [
    [{ bucket: undefined }, 'bucket'],
    [{ prefix: 7 }, 'prefix'],
    [{ checksum: 'sha1' }, 'checksum'],
    [{ maxAttempts: 0 }, 'maxAttempts'],
    [{ stallTimeout: 0 }, 'stallTimeout'],
    [{ minThroughput: -1 }, 'minThroughput'],
    [{ request: { Key: 'k' } }, 'request.Key'],
    [{ client: {} }, 'client'],
    [{ prefiks: 'p' }, 'prefiks'],
  ]
  for (const [options, option] of bad) {
    t.throws(() => new S3Storage({ bucket: 'b', ...options }), {
      code: 'AVIO_ERR_OPTION',
      option,
    })
  }
})

t.test('refuses at open values that a header can’t carry, and sends nothing', async t => {
  const store = await UploadStore.open(t)
  const given = storage(store)
  for (const large of [false, true]) {
    for (const [info, option] of [
      [{ contentType: 'video/mp4; title=Ä' }, 'contentType'],
      [{ contentType: 'a\r\nx-b: c' }, 'contentType'],
      [{ contentType: M3U8, cacheControl: 'max-age=60 – öffentlich' }, 'cacheControl'],
    ] as const) {
      t.throws(() => given.open('k', { ...info, large }), { code: 'AVIO_ERR_OPTION', option })
    }
  }
  t.same(store.log, [])
})

t.test('reads a stored object, and reports one that is missing, too large, or unavailable', async t => {
  const store = await UploadStore.open(t)
  const given = storage(store, { prefix: 'p' })
  t.equal(await given.read('main.m3u8', 100), undefined)
  const sink = given.open('main.m3u8', { contentType: M3U8 })
  sink.end('#EXTM3U\n')
  await finished(sink)
  t.equal(String(await given.read('main.m3u8', 8)), '#EXTM3U\n')
  await t.rejects(given.read('main.m3u8', 7), { code: 'AVIO_ERR_OBJECT_TOO_LARGE', key: 'p/main.m3u8' })
  await t.rejects(given.read('../main.m3u8', 100), { code: 'AVIO_ERR_OPTION', option: 'name' })
  const elsewhere = new S3Storage({ client: store.client, bucket: 'no-such-bucket' })
  await t.rejects(elsewhere.read('main.m3u8', 100), { code: 'AVIO_ERR_NO_SUCH_BUCKET' })
})
