import { pipeline } from 'node:stream/promises'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import t from 'tap'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { type OpenStore, stores } from '../support/stores.js'
import { PART } from '../support/upload-store.js'
import { DATA, source } from '../support/uploads.js'

/** What both are told of the object. */
interface Said {
  readonly contentType?: string
  readonly metadata?: Record<string, string>
}

const KEY = 'recordings/k'

async function byUpload({ client, bucket }: OpenStore, bytes: Buffer, { contentType, metadata }: Said) {
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

async function byOurs({ client, bucket, options }: OpenStore, bytes: Buffer, said: Said) {
  const request = { CacheControl: 'no-store' }
  const target = { client, bucket, key: KEY, partSize: PART, request, ...options }
  const sink = new S3MultipartWritable({ ...target, ...said })
  await pipeline(source(bytes), sink)
}

async function stored({ client, bucket }: OpenStore) {
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: KEY }))
  const { ETag, ContentType, ContentLength, CacheControl, Metadata } = answer
  const bytes = Buffer.from(await answer.Body!.transformToByteArray())
  return { bytes, object: { ETag, ContentType, ContentLength, CacheControl, Metadata } }
}

for (const store of stores()) {
  // An ETag of parts is made of their MD5s, so that one ETag is one set of boundaries.
  t.test(`stores the same object as lib-storage’s Upload, in the same parts, on ${store.name}`, async t => {
    const open = await store.open(t)
    const told: Said = { contentType: 'video/mp4', metadata: { title: 'talk' } }
    for (const size of [0, 1, PART - 1, PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 1, DATA.length]) {
      for (const said of size % PART === 0 ? [told, {}] : [told]) {
        const bytes = DATA.subarray(0, size)
        await byUpload(open, bytes, said)
        const theirs = await stored(open)
        await byOurs(open, bytes, said)
        const ours = await stored(open)
        t.same(ours.object, theirs.object, `${size} bytes: ${theirs.object.ETag}`)
        t.ok(ours.bytes.equals(bytes) && theirs.bytes.equals(bytes))
      }
    }
  })
}
