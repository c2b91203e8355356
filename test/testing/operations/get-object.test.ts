import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { checksumOf } from '../../../lib/testing/wire/checksum.js'
import { patterned } from '../patterned.js'
import { sendRaw, startS3 } from '../support.js'

const at = { Bucket: 'box', Key: 'k' }
const bytes = patterned(1000)

async function get(client: S3Client, input: Partial<GetObjectCommandInput> = {}) {
  const answer = await client.send(new GetObjectCommand({ ...at, ...input }))
  return { ...answer, bytes: Buffer.from(await answer.Body!.transformToByteArray()) }
}

t.test('sends the same headers for GET and HEAD of an object', async t => {
  const { s3, client } = await startS3(t)
  const { etag, lastModified } = await s3.put('box', 'k', bytes, {
    contentType: 'video/mp4',
    metadata: { a: 'b' },
  })
  const got = await get(client)
  t.same(got.bytes, bytes)
  const head = await client.send(new HeadObjectCommand(at))
  for (const answer of [got, head]) {
    t.match(answer, {
      ContentLength: 1000,
      ETag: etag,
      ContentType: 'video/mp4',
      Metadata: { a: 'b' },
      AcceptRanges: 'bytes',
      LastModified: new Date(Math.floor(lastModified.getTime() / 1000) * 1000),
    })
  }
  t.match(s3.calls, [
    { operation: 'GetObject', bytesOut: 1000 },
    { operation: 'HeadObject', bytesOut: 0 },
  ])
})

t.test('sends a range as a 206 with its offsets, trimmed to the object', async t => {
  const { s3, client } = await startS3(t)
  await s3.put('box', 'k', bytes)
  for (const [Range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=990-', 990, 1000],
    ['bytes=-7', 993, 1000],
    ['bytes=500-9999', 500, 1000],
    ['bytes=0-', 0, 1000],
  ] as const) {
    const got = await get(client, { Range })
    t.equal(got.$metadata.httpStatusCode, 206, Range)
    t.equal(got.ContentRange, `bytes ${start}-${end - 1}/1000`, Range)
    t.equal(got.ContentLength, end - start, Range)
    t.same(got.bytes, bytes.subarray(start, end), Range)
  }
  t.equal(
    (await get(client, { Range: 'bytes=5-2' })).$metadata.httpStatusCode,
    200,
    'an invalid range is ignored',
  )
})

t.test('responds to a range past the end with a 416 and the size', async t => {
  const { s3 } = await startS3(t)
  await s3.put('box', 'k', bytes)
  await s3.put('box', 'empty', '')
  for (const [path, range, size] of [
    ['/box/k', 'bytes=1000-', 1000],
    ['/box/empty', 'bytes=0-', 0],
  ] as const) {
    const answer = await sendRaw(s3, { path, headers: { range } })
    t.match(answer, { status: 416, code: 'InvalidRange', headers: { 'content-range': `bytes */${size}` } })
  }
  t.match(await sendRaw(s3, { path: '/box/empty' }), { status: 200, body: Buffer.alloc(0) })
})

t.test('checks conditions before ranges', async t => {
  const { s3, client } = await startS3(t)
  const { etag } = await s3.put('box', 'k', bytes)
  t.same((await get(client, { Range: 'bytes=0-9', IfMatch: etag })).bytes, bytes.subarray(0, 10))
  await t.rejects(get(client, { Range: 'bytes=5000-', IfMatch: '"0"' }), { name: 'PreconditionFailed' })
  const notModified = await sendRaw(s3, { path: '/box/k', headers: { 'if-none-match': etag } })
  t.match(notModified, { status: 304, body: Buffer.alloc(0), headers: { etag } })
  const head = await sendRaw(s3, { method: 'HEAD', path: '/box/k', headers: { 'if-match': '"0"' } })
  t.match(head, { status: 412, body: Buffer.alloc(0) })
})

t.test('sends the range if If-Range names the object, otherwise all of it', async t => {
  const { s3 } = await startS3(t)
  const { etag } = await s3.put('box', 'k', bytes)
  const ask = (ifRange: string) =>
    sendRaw(s3, { path: '/box/k', headers: { range: 'bytes=0-9', 'if-range': ifRange } })
  t.equal((await ask(etag)).status, 206)
  t.match(await ask('"0"'), { status: 200, body: bytes })
})

t.test('reads parts by number', async t => {
  const { s3, client } = await startS3(t, { minPartSize: 1 })
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
  const Parts = []
  for (const [PartNumber, Body] of [
    [1, bytes.subarray(0, 600)],
    [4, bytes.subarray(600)],
  ] as const) {
    const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }))
    Parts.push({ PartNumber, ETag })
  }
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
  const second = await get(client, { PartNumber: 4 })
  t.match(second, { PartsCount: 2, ContentRange: 'bytes 600-999/1000', ContentLength: 400 })
  t.same(second.bytes, bytes.subarray(600))
  t.match(await client.send(new HeadObjectCommand({ ...at, PartNumber: 1 })), {
    PartsCount: 2,
    ContentLength: 600,
  })
  t.match(await sendRaw(s3, { path: '/box/k?partNumber=2' }), { status: 416, code: 'InvalidPartNumber' })
  t.match(await sendRaw(s3, { path: '/box/k?partNumber=10001' }), { status: 400, code: 'InvalidArgument' })
  const both = await sendRaw(s3, { path: '/box/k?partNumber=1', headers: { range: 'bytes=0-1' } })
  t.match(both, { status: 400, code: 'InvalidRequest' })
  t.same(
    (await get(client, { Range: 'bytes=590-609' })).bytes,
    bytes.subarray(590, 610),
    'ranges cross parts',
  )
})

t.test('treats an object in one piece as its own first part', async t => {
  const { s3, client } = await startS3(t)
  await s3.put('box', 'k', bytes)
  const got = await get(client, { PartNumber: 1 })
  t.match(got, { ContentLength: 1000, PartsCount: undefined })
  await t.rejects(get(client, { PartNumber: 2 }), { name: 'InvalidPartNumber' })
})

t.test('returns the checksum on request, for the whole object', async t => {
  const { client } = await startS3(t)
  await client.send(new PutObjectCommand({ ...at, Body: bytes, ChecksumAlgorithm: 'SHA256' }))
  const ChecksumSHA256 = checksumOf('SHA256', bytes)
  const head = (ChecksumMode?: 'ENABLED') =>
    client.send(new HeadObjectCommand({ ...at, ...(ChecksumMode && { ChecksumMode }) }))
  t.match(await head('ENABLED'), { ChecksumSHA256, ChecksumType: 'FULL_OBJECT' })
  t.equal((await head()).ChecksumSHA256, undefined)
  t.match(await get(client, { ChecksumMode: 'ENABLED' }), { ChecksumSHA256 })
  t.equal((await get(client, { ChecksumMode: 'ENABLED', Range: 'bytes=0-9' })).ChecksumSHA256, undefined)
})

t.test('overrides response headers on request', async t => {
  const { s3, client } = await startS3(t)
  await s3.put('box', 'k', bytes)
  const got = await get(client, { ResponseContentType: 'text/x', ResponseContentDisposition: 'attachment' })
  t.match(got, { ContentType: 'text/x', ContentDisposition: 'attachment' })
})

t.test('reads a version by its id', async t => {
  const { s3, client } = await startS3(t)
  s3.setVersioning('box', 'Enabled')
  const { versionId } = await s3.put('box', 'k', 'one')
  await s3.put('box', 'k', 'two')
  t.match(await get(client, { VersionId: versionId }), { VersionId: versionId, bytes: Buffer.from('one') })
  t.same((await get(client)).bytes, Buffer.from('two'))
  t.match(await sendRaw(s3, { path: '/box/k?versionId=other' }), { status: 404, code: 'NoSuchVersion' })
  t.equal(s3.calls[0]?.versionId, versionId)
})

t.test('allows HEAD but not GET of an archived object', async t => {
  const { s3, client } = await startS3(t)
  await s3.put('box', 'k', bytes, { storageClass: 'GLACIER' })
  t.equal((await client.send(new HeadObjectCommand(at))).StorageClass, 'GLACIER')
  await t.rejects(get(client), { name: 'InvalidObjectState' })
})

t.test('names a missing key or bucket', async t => {
  const { client } = await startS3(t)
  await t.rejects(get(client), { name: 'NoSuchKey' })
  await t.rejects(get(client, { Bucket: 'nowhere' }), { name: 'NoSuchBucket' })
  await t.rejects(client.send(new HeadObjectCommand(at)), { name: 'NotFound' })
})
