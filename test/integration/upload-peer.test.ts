import { pipeline } from 'node:stream/promises'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import t from 'tap'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { type OpenStore, stores } from '../support/stores.js'
import { PART } from '../support/upload-store.js'
import { DATA, source } from '../support/uploads.js'

/** The properties of the object, for both uploads. */
interface Properties {
  readonly contentType?: string
  readonly metadata?: Record<string, string>
}

const KEY = 'recordings/k'

async function byUpload({ client, bucket }: OpenStore, bytes: Buffer, { contentType, metadata }: Properties) {
  const params = {
    Bucket: bucket,
    Key: KEY,
    Body: source(bytes),
    ...(contentType === undefined ? {} : { ContentType: contentType }),
    ...(metadata === undefined ? {} : { Metadata: metadata }),
    CacheControl: 'no-store',
  }
  await new Upload({ client, params, partSize: PART }).done()
}

async function byWritable({ client, bucket, options }: OpenStore, bytes: Buffer, properties: Properties) {
  const request = { CacheControl: 'no-store' }
  const target = { client, bucket, key: KEY, partSize: PART, request, ...options }
  const sink = new S3MultipartWritable({ ...target, ...properties })
  await pipeline(source(bytes), sink)
}

async function stored({ client, bucket }: OpenStore) {
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: KEY }))
  const { ETag, ContentType, ContentLength, CacheControl, Metadata } = answer
  const bytes = Buffer.from(await answer.Body!.transformToByteArray())
  return { bytes, object: { ETag, ContentType, ContentLength, CacheControl, Metadata } }
}

for (const store of stores()) {
  // A multipart ETag is made of the MD5s of the parts, so that equal ETags mean equal boundaries.
  t.test(`stores the same object as lib-storage’s Upload, in the same parts, on ${store.name}`, async t => {
    const open = await store.open(t)
    const all: Properties = { contentType: 'video/mp4', metadata: { title: 'talk' } }
    for (const size of [0, 1, PART - 1, PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 1, DATA.length]) {
      for (const properties of size % PART === 0 ? [all, {}] : [all]) {
        const bytes = DATA.subarray(0, size)
        await byUpload(open, bytes, properties)
        const theirs = await stored(open)
        await byWritable(open, bytes, properties)
        const ours = await stored(open)
        t.same(ours.object, theirs.object, `${size} bytes: ${theirs.object.ETag}`)
        t.ok(ours.bytes.equals(bytes) && theirs.bytes.equals(bytes))
      }
    }
  })
}
