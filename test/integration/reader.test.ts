import { randomBytes } from 'node:crypto'
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { KiB, MiB } from '../../lib/options.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { type OpenStore, stores } from '../support/stores.js'

/** The readers against every available server: their requests, and how they read the responses. */

async function collect(chunks: AsyncIterable<unknown>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk as Buffer)
  return Buffer.concat(all)
}

function put({ client, bucket }: OpenStore, key: string, body: Buffer) {
  const meta = { ContentType: 'video/mp4', Metadata: { by: 'me' } }
  return client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...meta }))
}

for (const store of stores()) {
  t.test(`reads whole objects of every size, on ${store.name}`, async t => {
    const opened = await store.open(t)
    const { client, bucket } = opened
    for (const size of [0, 1, 64 * KiB - 1, 512 * KiB, 512 * KiB + 1, 5 * MiB + 7]) {
      const bytes = randomBytes(size)
      const { ETag } = await put(opened, `${size} bytes/ü+%20.mp4`, bytes)
      const source = new S3RangeReadable({ client, bucket, key: `${size} bytes/ü+%20.mp4`, partSize: MiB })
      const read = await collect(source)
      t.ok(read.equals(bytes), `${size} bytes`)
      t.match(source.info, { size, etag: ETag, contentType: 'video/mp4', metadata: { by: 'me' } })
      t.ok(source.info?.lastModified instanceof Date)
    }
  })

  t.test(`reads a part from its start to its end, on ${store.name}`, async t => {
    const opened = await store.open(t)
    const { client, bucket } = opened
    const bytes = randomBytes(3 * MiB)
    await put(opened, 'k', bytes)
    for (const [start, end] of [
      [0, 1],
      [MiB - 1, 2 * MiB + 1],
      [3 * MiB - 1, 3 * MiB],
      [2 * MiB, 9 * MiB],
    ] as const) {
      const read = await collect(
        new S3RangeReadable({ client, bucket, key: 'k', start, end, partSize: 300_000 }),
      )
      t.ok(read.equals(bytes.subarray(start, end)), `${start} to ${end}`)
    }
    const past = new S3RangeReadable({ client, bucket, key: 'k', start: 3 * MiB })
    await t.rejects(collect(past), { code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE', byteOffset: 3 * MiB })
  })

  t.test(`reports the size and reads at any offset through random access, on ${store.name}`, async t => {
    const opened = await store.open(t)
    const bytes = randomBytes(MiB)
    await put(opened, 'k', bytes)
    const object = new S3Source({ client: opened.client, uri: `s3://${opened.bucket}/k`, partSize: 100_000 })
    t.equal(await object.size(), MiB)
    for (const [start, end] of [
      [MiB - 10, MiB],
      [0, 10],
      [250_000, 750_000],
      [5, 5],
    ] as const) {
      t.ok((await collect(object.read(start, end))).equals(bytes.subarray(start, end)), `${start} to ${end}`)
    }
    await t.rejects(collect(object.read(0, MiB + 1)), { code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE' })
    await put(opened, 'empty', Buffer.alloc(0))
    t.equal(await new S3Source({ client: opened.client, bucket: opened.bucket, key: 'empty' }).size(), 0)
  })

  t.test(`rejects an object replaced or deleted during the read, on ${store.name}`, async t => {
    const opened = await store.open(t)
    const { client, bucket } = opened
    for (const change of ['replaced', 'deleted']) {
      await put(opened, 'k', randomBytes(MiB))
      const object = new S3Source({ client, bucket, key: 'k' })
      await collect(object.read(0, 10))
      if (change === 'replaced') await put(opened, 'k', randomBytes(MiB))
      else await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'k' }))
      await t.rejects(
        collect(object.read(10, 20)),
        { code: 'AVIO_ERR_OBJECT_CHANGED', byteOffset: 10 },
        change,
      )
    }
  })

  t.test(`reports a code for a missing or forbidden object, on ${store.name}`, async t => {
    const opened = await store.open(t)
    const { client, bucket, config } = opened
    await put(opened, 'k', randomBytes(10))
    const secretAccessKey = 'not-the-secret-of-anybody-anywhere'
    const { accessKeyId } = await client.config.credentials()
    const stranger = new S3Client({ ...config, credentials: { accessKeyId, secretAccessKey } })
    t.teardown(() => stranger.destroy())
    const wrong = {
      AVIO_ERR_NO_SUCH_KEY: { client, bucket, key: 'other' },
      AVIO_ERR_NO_SUCH_BUCKET: { client, bucket: `${bucket}-2`, key: 'k' },
      AVIO_ERR_CREDENTIALS: { client: stranger, bucket, key: 'k' },
    }
    for (const [code, options] of Object.entries(wrong)) {
      await t.rejects(collect(new S3RangeReadable(options)), { code, key: options.key, attempts: 1 }, code)
    }
  })
}
