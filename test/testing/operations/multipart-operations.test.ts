import { createHash } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
  type UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { checksumOf } from '../../../lib/testing/wire/checksum.js'
import { patterned } from '../patterned.js'
import { sendRaw, startInFolder, startS3 } from '../support.js'

const at = { Bucket: 'box', Key: 'k' }
const bytes = patterned(1000)
const md5 = (data: Buffer) => `"${createHash('md5').update(data).digest('hex')}"`

async function create(client: S3Client, Key = 'k'): Promise<string> {
  return (await client.send(new CreateMultipartUploadCommand({ ...at, Key }))).UploadId!
}

t.test('stores parts by number, replacing an earlier one', async t => {
  const { s3, client } = await startS3(t)
  const UploadId = await create(client)
  for (const [PartNumber, Body] of [
    [2, 'two'],
    [1, 'one'],
    [2, 'other'],
  ] as const) {
    await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }))
  }
  t.same(s3.uploads('box'), [
    {
      key: 'k',
      uploadId: UploadId,
      parts: [
        { partNumber: 1, size: 3, etag: md5(Buffer.from('one')) },
        { partNumber: 2, size: 5, etag: md5(Buffer.from('other')) },
      ],
    },
  ])
  t.match(
    s3.calls.map(({ partNumber }) => partNumber),
    [undefined, 2, 1, 2],
  )
  t.equal(s3.head('box', 'k'), undefined, 'an upload is not an object')
})

t.test('limits part numbers', async t => {
  const { s3, client } = await startS3(t)
  const uploadId = await create(client)
  for (const number of ['0', '10001', '-1', 'x', '']) {
    const path = `/box/k?partNumber=${number}&uploadId=${uploadId}`
    const answer = await sendRaw(s3, { method: 'PUT', path, headers: { 'content-length': '0' } })
    t.match(answer, { status: 400, code: 'InvalidArgument' }, number)
  }
})

t.test('reports a missing upload in every operation', async t => {
  const { s3, client } = await startS3(t)
  const UploadId = await create(client)
  await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'x' }))
  await client.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
  t.same(s3.uploads('box'), [])
  const gone = { status: 404, code: 'NoSuchUpload' }
  const path = `/box/k?uploadId=${UploadId}`
  t.match(await sendRaw(s3, { path }), gone)
  t.match(await sendRaw(s3, { path, method: 'DELETE' }), gone)
  t.match(
    await sendRaw(s3, { path: `${path}&partNumber=1`, method: 'PUT', headers: { 'content-length': '0' } }),
    gone,
  )
  const body =
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>'
  t.match(
    await sendRaw(s3, { path, method: 'POST', body, headers: { 'content-length': String(body.length) } }),
    gone,
  )
  const other = await create(client)
  t.match(await sendRaw(s3, { path: `/box/another?uploadId=${other}` }), gone, 'an id belongs to its key')
})

t.test('keeps no part whose upload was aborted meanwhile', async t => {
  const { s3, client, files } = await startInFolder(t)
  const UploadId = await create(client)
  const fault = s3.fault({ operation: 'UploadPart', stallRequest: 1 })
  const part = client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: bytes }))
  await fault.reached
  await client.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
  fault.release()
  await t.rejects(part, { name: 'NoSuchUpload' })
  t.same(files(), [])
})

t.test('requires checksums of parts for a composite checksum, but not for a full-object one', async t => {
  const { client, s3, files } = await startInFolder(t)
  const upload = async (type: string) => {
    const headers = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': type }
    const created = await sendRaw(s3, { method: 'POST', path: '/box/k?uploads=', headers })
    t.match(created.headers, headers)
    return /<UploadId>(.*?)</.exec(created.body.toString())![1]!
  }
  const put = (uploadId: string, headers: Record<string, string> = {}) =>
    sendRaw(s3, {
      method: 'PUT',
      path: `/box/k?partNumber=1&uploadId=${uploadId}`,
      body: bytes,
      headers: { 'content-length': '1000', ...headers },
    })
  const composite = await upload('COMPOSITE')
  t.match(await put(composite), { status: 400, code: 'InvalidRequest' })
  t.match(await put(composite, { 'x-amz-checksum-sha1': checksumOf('SHA1', bytes) }), {
    code: 'InvalidRequest',
  })
  t.same(files(), [], 'the rejected bytes are deleted')
  const full = await upload('FULL_OBJECT')
  const crc = checksumOf('CRC32', bytes)
  t.match(await put(full), { status: 200, headers: { 'x-amz-checksum-crc32': crc } })
  t.match(await put(composite, { 'x-amz-checksum-crc32': crc }), { status: 200 })
  const parts = await client.send(new ListPartsCommand({ ...at, UploadId: full }))
  t.match(parts, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT', Parts: [{ ChecksumCRC32: crc }] })
  for (const [algorithm, type] of [
    ['SHA256', 'FULL_OBJECT'],
    ['CRC32', 'HALF'],
    ['CRC16', 'COMPOSITE'],
  ] as const) {
    const headers = { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type }
    t.match(await sendRaw(s3, { method: 'POST', path: '/box/k?uploads=', headers }), {
      code: 'InvalidRequest',
    })
  }
})

t.test('copies a part from an object or a range of it', async t => {
  const { s3, client } = await startS3(t)
  await s3.put('box', 'source', bytes)
  const UploadId = await create(client)
  const copy = async (PartNumber: number, input: Partial<UploadPartCopyCommandInput> = {}) => {
    const command = new UploadPartCopyCommand({
      ...at,
      UploadId,
      PartNumber,
      CopySource: 'box/source',
      ...input,
    })
    return (await client.send(command)).CopyPartResult?.ETag
  }
  t.equal(await copy(1), md5(bytes))
  t.equal(await copy(2, { CopySourceRange: 'bytes=10-19' }), md5(bytes.subarray(10, 20)))
  await t.rejects(copy(3, { CopySourceRange: 'bytes=10-1000' }), { name: 'InvalidArgument' })
  await t.rejects(copy(3, { CopySourceRange: 'bytes=10-' }), { name: 'InvalidArgument' })
  await t.rejects(copy(3, { CopySourceIfMatch: '"0"' }), { name: 'PreconditionFailed' })
  await t.rejects(copy(3, { CopySource: 'box/never' }), { name: 'NoSuchKey' })
  t.same(
    s3.uploads('box')[0]?.parts.map(({ size }) => size),
    [1000, 10],
  )
  t.equal(s3.calls[1]?.operation, 'UploadPartCopy')
})

t.test('lists parts in pages', async t => {
  const { client } = await startS3(t)
  const UploadId = await create(client)
  for (const PartNumber of [30, 1, 7, 2]) {
    await client.send(
      new UploadPartCommand({ ...at, UploadId, PartNumber, Body: bytes.subarray(0, PartNumber) }),
    )
  }
  const seen: (number | undefined)[] = []
  let PartNumberMarker: string | undefined
  do {
    const page = await client.send(
      new ListPartsCommand({
        ...at,
        UploadId,
        MaxParts: 3,
        ...(PartNumberMarker !== undefined && { PartNumberMarker }),
      }),
    )
    seen.push(...(page.Parts ?? []).map(({ PartNumber, Size }) => (PartNumber === Size ? PartNumber : NaN)))
    PartNumberMarker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined
  } while (PartNumberMarker !== undefined)
  t.same(seen, [1, 2, 7, 30])
})

t.test('lists uploads by key, oldest first, in pages', async t => {
  const { client } = await startS3(t)
  const b1 = await create(client, 'x/b')
  const a = await create(client, 'x/a')
  const b2 = await create(client, 'x/b')
  await create(client, 'z/c')
  const list = (input: Partial<ListMultipartUploadsCommandInput>) =>
    client.send(new ListMultipartUploadsCommand({ Bucket: 'box', ...input }))
  t.same(
    (await list({ Prefix: 'x/' })).Uploads?.map(({ UploadId }) => UploadId),
    [a, b1, b2],
  )
  t.match(await list({ Delimiter: '/' }), { CommonPrefixes: [{ Prefix: 'x/' }, { Prefix: 'z/' }] })
  const first = await list({ MaxUploads: 2 })
  t.match(first, { IsTruncated: true, NextKeyMarker: 'x/b', NextUploadIdMarker: b1 })
  const second = await list({ KeyMarker: first.NextKeyMarker!, UploadIdMarker: first.NextUploadIdMarker! })
  t.same(
    second.Uploads?.map(({ Key }) => Key),
    ['x/b', 'z/c'],
  )
  t.same(
    (await list({ KeyMarker: 'x/b' })).Uploads?.map(({ Key }) => Key),
    ['z/c'],
  )
})
