import { buffer } from 'node:stream/consumers'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { MiB } from '../../../lib/options.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import type { S3RangeSettings } from '../../../lib/s3/read/range-options.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { pattern } from '../../support/reading.js'

const bytes = pattern(0, 3 * MiB)

async function store(t: Test, more: Partial<PutObjectCommandInput> = { ChecksumAlgorithm: 'CRC32' }) {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  const client = new S3Client({ ...s3.clientConfig(), requestChecksumCalculation: 'WHEN_REQUIRED' })
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: bytes, ...more }))
  s3.clearCalls()
  const source = (options: Partial<S3RangeSettings> = {}) =>
    new S3RangeReadable({ client, bucket: 'bucket', key: 'k', ...options })
  const heads = () => s3.calls.filter(call => call.operation === 'HeadObject')
  return { s3, client, source, heads }
}

t.test('passes a good object, with one HEAD that carries the version', async t => {
  const { s3, source, heads } = await store(t)
  t.ok((await buffer(source())).equals(bytes))
  t.equal(heads().length, 1)
  t.match(heads()[0]?.headers, { 'x-amz-checksum-mode': 'ENABLED', 'if-match': /^"/ })
  t.ok(s3.calls.findIndex(call => call.operation === 'HeadObject') > 0, 'after the first response')
})

t.test('fails on a flipped byte before the end', async t => {
  for (const at of [0, 50_000, 600 * 1024]) {
    const { s3, source } = await store(t)
    s3.fault({ operation: 'GetObject', nth: at < 512 * 1024 ? 1 : 2, corrupt: at % (512 * 1024) })
    await t.rejects(
      buffer(source()),
      { code: 'AVIO_ERR_CHECKSUM_MISMATCH', bucket: 'bucket', key: 'k' },
      String(at),
    )
  }
})

t.test('passes a multipart object with a checksum of the whole', async t => {
  const { client, source } = await store(t)
  const sink = new S3MultipartWritable({ client, bucket: 'bucket', key: 'k', partSize: 5 * MiB })
  const all = pattern(0, 11 * MiB)
  sink.end(all)
  await sink.result
  t.ok((await buffer(source())).equals(all))
})

t.test('reads an object without a checksum, or without a HEAD, as usual', async t => {
  for (const more of [{}, { ChecksumAlgorithm: 'SHA256' }, { ChecksumAlgorithm: 'CRC32C' }] as const) {
    const { source, heads } = await store(t, more)
    t.ok((await buffer(source())).equals(bytes))
    t.equal(heads().length, 1)
  }
  for (const status of [403, 404, 405, 412, 501]) {
    const { s3, source } = await store(t)
    s3.fault({ operation: 'HeadObject', status })
    t.ok((await buffer(source())).equals(bytes), String(status))
  }
  const { s3, source } = await store(t)
  s3.fault({ operation: 'HeadObject', stall: true })
  t.ok((await buffer(source({ stallTimeout: 5000 }))).equals(bytes), 'a stalled HEAD')
})

t.test(
  'asks the store once, and skips the check for a composite checksum, a failure or another version',
  async t => {
    const composite = await store(t)
    const parts = [5 * MiB, 1000].map(size => pattern(0, size))
    const { client } = composite
    const at = { Bucket: 'bucket', Key: 'k' }
    const how = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'COMPOSITE' } as const
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...how }))
    const Parts = await Promise.all(
      parts.map(async (Body, n) => {
        const part = { ...at, UploadId, PartNumber: n + 1, Body, ChecksumAlgorithm: how.ChecksumAlgorithm }
        return { ...(await client.send(new UploadPartCommand(part))), PartNumber: n + 1 }
      }),
    )
    await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
    composite.s3.clearCalls()
    t.ok((await buffer(composite.source())).equals(Buffer.concat(parts)))
    const asked = composite.s3.calls.map(({ operation }) => operation).filter(name => name !== 'GetObject')
    t.same(asked, ['HeadObject'])

    const failing = await store(t)
    failing.s3.fault({ operation: 'HeadObject', status: 503 })
    t.ok((await buffer(failing.source())).equals(bytes))
    t.equal(failing.heads().length, 1)

    const other = await store(t)
    const answerHeaders = { etag: '"0123456789abcdef0123456789abcdef"', 'x-amz-checksum-crc32': 'AAAAAA==' }
    other.s3.fault({ operation: 'HeadObject', answerHeaders })
    t.ok((await buffer(other.source())).equals(bytes))
  },
)

t.test('reads a part of an object, a small one, and one with verify off, without a HEAD', async t => {
  const { source, heads } = await store(t)
  await buffer(source({ start: 1 }))
  await buffer(source({ end: 2 * MiB }))
  await buffer(source({ verify: 'off' }))
  const small = await store(t, { Body: bytes.subarray(0, 1000), ChecksumAlgorithm: 'CRC32' })
  await buffer(small.source())
  t.equal(heads().length + small.heads().length, 0)
})
