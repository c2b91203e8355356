import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import type { S3UploadSettings } from '../../lib/s3/upload/upload-options.js'
import { type OpenStore, stores } from '../support/stores.js'
import { PART } from '../support/upload-store.js'
import { fileOf, headed } from '../support/heads.js'
import { DATA, failureOf, source } from '../support/uploads.js'

/** A stream to the key `k` with the smallest parts. */
function writer(
  { client, bucket, options }: OpenStore,
  more: Partial<S3UploadSettings> & { key?: string } = {},
) {
  return new S3MultipartWritable({ client, bucket, key: 'k', partSize: PART, ...options, ...more })
}

async function stored({ client, bucket }: OpenStore) {
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'k' }))
  return Buffer.from(await answer.Body!.transformToByteArray())
}

/** The multipart uploads that were neither completed nor aborted. */
async function uploads({ client, bucket }: OpenStore) {
  return (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []
}

for (const store of stores()) {
  t.test(`stores objects of all sizes, with their properties, on ${store.name}`, async t => {
    const open = await store.open(t)
    for (const size of [0, 1, PART - 1, PART, DATA.length]) {
      const bytes = DATA.subarray(0, size)
      const properties = {
        contentType: 'video/mp4',
        metadata: { title: 'talk' },
        request: { CacheControl: 'no-store' },
      }
      const sink = writer(open, properties)
      await pipeline(source(bytes), sink)
      const result = await sink.result
      t.equal(Buffer.compare(await stored(open), bytes), 0, `${size} bytes`)
      const head = await open.client.send(new HeadObjectCommand({ Bucket: open.bucket, Key: 'k' }))
      t.match(head, { ContentType: 'video/mp4', Metadata: { title: 'talk' }, CacheControl: 'no-store' })
      t.equal(head.ETag, result.etag)
      t.equal(result.bytes, size)
      t.equal(result.parts, size < PART ? 1 : Math.ceil(size / PART))
      if (store.traits.crc) t.equal(result.checksum?.confirmed, true, 'the checksum is confirmed')
    }
    t.same(await uploads(open), [])
  })

  t.test(`supports every kind of checksum, in both modes of the client, on ${store.name}`, async t => {
    const open = await store.open(t)
    for (const requestChecksumCalculation of ['WHEN_SUPPORTED', 'WHEN_REQUIRED'] as const) {
      const client = new S3Client({ ...open.config, requestChecksumCalculation })
      t.teardown(() => client.destroy())
      for (const checksum of ['crc32', 'md5', 'none'] as const) {
        for (const size of [10, PART + 10]) {
          const bytes = DATA.subarray(size, 2 * size)
          await pipeline(source(bytes), writer({ ...open, client }, { checksum }))
          t.equal(
            Buffer.compare(await stored(open), bytes),
            0,
            `${requestChecksumCalculation} ${checksum} ${size}`,
          )
        }
      }
    }
  })

  t.test(
    `leaves nothing behind after a failed source, and keeps the older object, on ${store.name}`,
    async t => {
      const open = await store.open(t)
      const { client, bucket } = open
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'older' }))
      const from = new PassThrough()
      const sink = from.pipe(writer(open))
      const begun = once(sink, 'upload') as Promise<[{ uploadId: string }]>
      from.write(DATA)
      const [{ uploadId }] = await begun
      const boom = new Error('boom')
      const failed = once(sink, 'error')
      from.on('error', () => undefined).destroy(boom)
      t.same(await failed, [boom])
      t.equal(await failureOf(sink.result), boom)
      t.same(await uploads(open), [])
      const gone = await failureOf(
        client.send(new ListPartsCommand({ Bucket: bucket, Key: 'k', UploadId: uploadId })),
      )
      t.match(gone?.name, /^NoSuch(Upload|Key)$/, 'Ceph answers NoSuchKey')
      t.equal(String(await stored(open)), 'older')
    },
  )

  t.test(`stores a header that is written last at the front, on ${store.name}`, async t => {
    const open = await store.open(t)
    for (const [size, options] of [
      [10, {}],
      [PART, {}],
      [2 * PART, {}],
      [DATA.length, {}],
      [DATA.length, { headerReserve: PART - 1, partGrowth: false }],
    ] as const) {
      const media = DATA.subarray(0, size)
      const file = fileOf(media, 1000, 'headerReserve' in options ? options.headerReserve : 1000)
      const sink = writer(open, options)
      await pipeline(source(media), headed(1000), sink)
      const result = await sink.result
      t.equal(Buffer.compare(await stored(open), file), 0, `${size} bytes after the header`)
      t.equal(result.bytes, file.length)
      const head = await open.client.send(new HeadObjectCommand({ Bucket: open.bucket, Key: 'k' }))
      t.equal(head.ETag, result.etag)
      if (store.traits.crc) t.equal(result.checksum?.confirmed, true, 'the checksum is confirmed')
    }
    t.same(await uploads(open), [])
  })

  t.test(`leaves nothing behind if a header does not fit, on ${store.name}`, async t => {
    const open = await store.open(t)
    const sink = writer(open, { headerReserve: 999, partGrowth: false })
    const error = await failureOf(pipeline(source(DATA), headed(1000), sink))
    t.match(error, { code: 'AVIO_ERR_HEADER_TOO_LARGE' })
    await failureOf(sink.result)
    t.match(await failureOf(stored(open)), { name: 'NoSuchKey' })
    t.same(await uploads(open), [])
  })

  t.test(`passes beforeCommit the ETag of the future object, on ${store.name}`, async t => {
    const open = await store.open(t)
    let expected: string | undefined
    const sink = writer(open, { beforeCommit: ({ etag }) => void (expected = etag) })
    await pipeline(source(DATA), sink)
    t.equal((await sink.result).etag, expected)
  })

  t.test(`lets beforeCommit refuse, on ${store.name}`, async t => {
    const open = await store.open(t)
    for (const bytes of [DATA.subarray(0, 10), DATA]) {
      const sink = writer(open, { beforeCommit: () => false })
      t.match(await failureOf(pipeline(source(bytes), sink)), { code: 'AVIO_ERR_COMMIT_REFUSED' })
      await failureOf(sink.result)
      t.match(await failureOf(stored(open)), { name: 'NoSuchKey' })
    }
    t.same(await uploads(open), [])
  })

  t.test(`does not overwrite an object with ifNoneMatch, on ${store.name}`, async t => {
    const open = await store.open(t)
    const sizes = store.traits.conditionalComplete ? [10, PART + 10] : [10]
    for (const size of sizes) {
      const key = `once-${size}`
      const first = writer(open, { key, ifNoneMatch: '*' })
      await pipeline(source(DATA.subarray(0, size)), first)
      const second = writer(open, { key, ifNoneMatch: '*' })
      const error = await failureOf(pipeline(source(DATA.subarray(size, 2 * size)), second))
      t.match(error, { code: 'AVIO_ERR_PRECONDITION_FAILED' }, `${size} bytes`)
      await failureOf(second.result)
      const head = await open.client.send(new HeadObjectCommand({ Bucket: open.bucket, Key: key }))
      t.equal(head.ETag, (await first.result).etag)
    }
    t.same(await uploads(open), [])
  })

  t.test(`reports a missing bucket, on ${store.name}`, async t => {
    const open = { ...(await store.open(t)), bucket: 'no-such-bucket-anywhere' }
    for (const size of [10, PART + 10]) {
      const error = await failureOf(pipeline(source(DATA.subarray(0, size)), writer(open)))
      t.match(error, { code: 'AVIO_ERR_NO_SUCH_BUCKET', bucket: 'no-such-bucket-anywhere', key: 'k' })
    }
  })

  t.test(`reports wrong credentials, on ${store.name}`, async t => {
    const open = await store.open(t)
    const credentials = { accessKeyId: 'nobody', secretAccessKey: 'nothing' }
    const client = new S3Client({ ...open.config, credentials })
    t.teardown(() => client.destroy())
    for (const size of [10, PART + 10]) {
      const error = await failureOf(pipeline(source(DATA.subarray(0, size)), writer({ ...open, client })))
      t.match(error, { code: 'AVIO_ERR_CREDENTIALS' })
    }
  })
}
