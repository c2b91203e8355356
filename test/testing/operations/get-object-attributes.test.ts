import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  type GetObjectAttributesCommandInput,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { checksumOf } from '../../../lib/testing/wire/checksum.js'
import { patterned } from '../patterned.js'
import { startS3 } from '../support.js'

const at = { Bucket: 'box', Key: 'k' }
const ALL = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const
const bytes = patterned(1000)

const ask = (client: S3Client, more: Partial<GetObjectAttributesCommandInput> = {}) =>
  client.send(new GetObjectAttributesCommand({ ...at, ObjectAttributes: [...ALL], ...more }))

/** Stores `count` parts of 100 bytes each. */
async function upload(client: S3Client, count: number, checksum: 'SHA256' | undefined) {
  const how = checksum && { ChecksumAlgorithm: checksum }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...how }))
  const Parts = []
  for (let n = 1; n <= count; n++) {
    const Body = bytes.subarray(n, n + 100)
    const part = { ...at, UploadId, PartNumber: n }
    const { ETag, ChecksumSHA256 } = await client.send(new UploadPartCommand({ ...part, Body, ...how }))
    Parts.push({ PartNumber: n, ETag, ChecksumSHA256 })
  }
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
}

t.test('returns the requested attributes of an object in one piece', async t => {
  const { client } = await startS3(t)
  const { ETag } = await client.send(
    new PutObjectCommand({ ...at, Body: bytes, ChecksumAlgorithm: 'CRC32C' }),
  )
  const all = await ask(client)
  t.match(all, {
    ETag: ETag!.replaceAll('"', ''),
    ObjectSize: 1000,
    StorageClass: 'STANDARD',
    Checksum: { ChecksumCRC32C: checksumOf('CRC32C', bytes), ChecksumType: 'FULL_OBJECT' },
    ObjectParts: undefined,
  })
  t.ok(all.LastModified instanceof Date)
  const {
    ETag: etag,
    ObjectSize: size,
    Checksum: checksum,
  } = await ask(client, { ObjectAttributes: ['ObjectSize'] })
  t.same([etag, size, checksum], [undefined, 1000, undefined])
})

t.test('lists the parts page by page if uploaded with checksums, otherwise counts them', async t => {
  const { client } = await startS3(t, { minPartSize: 1 })
  await upload(client, 5, 'SHA256')
  const { ObjectParts: first, Checksum } = await ask(client, { MaxParts: 2 })
  t.match(Checksum, { ChecksumType: 'COMPOSITE', ChecksumSHA256: /-5$/ })
  t.match(first, { TotalPartsCount: 5, MaxParts: 2, IsTruncated: true, NextPartNumberMarker: '2' })
  t.same(first?.Parts, [
    { PartNumber: 1, Size: 100, ChecksumSHA256: checksumOf('SHA256', bytes.subarray(1, 101)) },
    { PartNumber: 2, Size: 100, ChecksumSHA256: checksumOf('SHA256', bytes.subarray(2, 102)) },
  ])
  const { ObjectParts: last } = await ask(client, { PartNumberMarker: '4' })
  t.match(last, { IsTruncated: false, PartNumberMarker: '4' })
  t.same(
    last?.Parts?.map(part => part.PartNumber),
    [5],
  )
  await upload(client, 2, undefined)
  const { ObjectParts: none } = await ask(client)
  t.match(none, { TotalPartsCount: 2, Parts: undefined })
})

t.test('rejects missing objects, and unknown attribute names', async t => {
  const { client } = await startS3(t)
  await t.rejects(ask(client), { name: 'NoSuchKey' })
  await client.send(new PutObjectCommand({ ...at, Body: bytes }))
  await t.rejects(ask(client, { ObjectAttributes: ['Color' as never] }), { name: 'InvalidArgument' })
  await t.rejects(ask(client, { PartNumberMarker: 'x' }), { name: 'InvalidArgument' })
})
