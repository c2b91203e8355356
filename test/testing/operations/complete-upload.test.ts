import {
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { checksumOf } from '../../../lib/testing/wire/checksum.js'
import { patterned } from '../patterned.js'
import { sendRaw, startS3 } from '../support.js'

const bytes = patterned(1000)
const pieces = [bytes.subarray(0, 400), bytes.subarray(400, 900), bytes.subarray(900)]
const at = { Bucket: 'box', Key: 'k' }

/** An upload with its parts stored, ready to be completed. */
async function startWithParts(
  t: Parameters<typeof startS3>[0],
  input: Partial<CreateMultipartUploadCommandInput> = {},
) {
  const { s3, client } = await startS3(t, { minPartSize: 400 })
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...input }))
  const Parts: { PartNumber: number; ETag?: string; ChecksumCRC32?: string }[] = []
  for (const [i, Body] of pieces.entries()) {
    const { ETag, ChecksumCRC32 } = await client.send(
      new UploadPartCommand({ ...at, UploadId, PartNumber: i + 1, Body, ChecksumAlgorithm: 'CRC32' }),
    )
    Parts.push({ PartNumber: i + 1, ETag: ETag!, ChecksumCRC32: ChecksumCRC32! })
  }
  const complete = (parts: typeof Parts, more: Partial<CompleteMultipartUploadCommandInput> = {}) =>
    client.send(
      new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: parts }, ...more }),
    )
  s3.clearCalls()
  return { s3, Parts, complete, uploadId: UploadId! }
}

t.test('joins the parts into one object with the properties of the upload', async t => {
  const { s3, Parts, complete } = await startWithParts(t, { ContentType: 'video/mp4', Metadata: { a: 'b' } })
  const begun = new Date()
  const { ETag } = await complete(Parts)
  t.ok(s3.head('box', 'k')!.lastModified <= begun, 'dated by the creation of the upload, as in S3')
  t.match(ETag, /^"[0-9a-f]{32}-3"$/)
  t.match(s3.head('box', 'k'), { etag: ETag, size: 1000, contentType: 'video/mp4', metadata: { a: 'b' } })
  t.match(s3.head('box', 'k')?.parts, [{ size: 400 }, { size: 500 }, { size: 100 }])
  t.same(await s3.get('box', 'k'), bytes)
  t.same(s3.uploads('box'), [])
})

t.test('leaves the upload unchanged after refusing a list', async t => {
  const { s3, Parts, complete } = await startWithParts(t)
  const [one, two, three] = Parts as [(typeof Parts)[0], (typeof Parts)[0], (typeof Parts)[0]]
  await t.rejects(complete([two, one]), { name: 'InvalidPartOrder' })
  await t.rejects(complete([one, three, { PartNumber: 4, ETag: '"x"' }]), { name: 'InvalidPart' })
  await t.rejects(complete([{ ...one, ETag: two.ETag! }]), { name: 'InvalidPart' })
  await t.rejects(complete([]), { name: 'MalformedXML' })
  await t.rejects(complete([{ PartNumber: 10_001, ETag: '"x"' }]), { name: 'InvalidArgument' })
  t.equal(s3.head('box', 'k'), undefined)
  t.equal(s3.uploads('box')[0]?.parts.length, 3)
  await complete([one, three])
  t.same(await s3.get('box', 'k'), Buffer.concat([pieces[0]!, pieces[2]!]), 'a part may be omitted')
})

t.test('enforces the minimum size of all parts except the last', async t => {
  const { Parts, complete } = await startWithParts(t)
  const short = [Parts[0]!, Parts[2]!, { ...Parts[2]!, PartNumber: 4 }]
  await t.rejects(complete(short), { name: 'InvalidPart' })
  const { s3, client } = await startS3(t)
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
  const tags = []
  for (const PartNumber of [1, 2]) {
    const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body: 'short' }))
    tags.push({ PartNumber, ETag })
  }
  const command = new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: tags } })
  await t.rejects(client.send(command), { name: 'EntityTooSmall' }, '5 MiB by default')
  t.equal(s3.head('box', 'k'), undefined)
})

t.test('checks conditions at Complete', async t => {
  const { s3, Parts, complete } = await startWithParts(t)
  const { etag } = await s3.put('box', 'k', 'old')
  await t.rejects(complete(Parts, { IfNoneMatch: '*' }), { name: 'PreconditionFailed' })
  await t.rejects(complete(Parts, { IfMatch: '"0"' }), { name: 'PreconditionFailed' })
  t.same(await s3.get('box', 'k'), Buffer.from('old'))
  await complete(Parts, { IfMatch: etag })
  t.same(await s3.get('box', 'k'), bytes)
})

t.test('returns the same response to the same parts again, and NoSuchUpload to others', async t => {
  const { s3, Parts, complete } = await startWithParts(t)
  const first = await complete(Parts)
  s3.delete('box', 'k')
  const again = await complete(Parts)
  t.equal(again.ETag, first.ETag)
  t.equal(s3.head('box', 'k'), undefined, 'it is not stored a second time')
  await t.rejects(complete(Parts.slice(0, 2)), { name: 'NoSuchUpload' })
})

t.test('combines and compares a full-object checksum', async t => {
  const upload = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const
  const { s3, Parts, complete } = await startWithParts(t, upload)
  const ChecksumCRC32 = checksumOf('CRC32', bytes)
  const wrong = checksumOf('CRC32', pieces[0]!)
  await t.rejects(complete(Parts, { ChecksumCRC32: wrong, ChecksumType: 'FULL_OBJECT' }), {
    name: 'BadDigest',
  })
  await t.rejects(complete(Parts, { ChecksumType: 'COMPOSITE' }), { name: 'InvalidRequest' })
  t.equal(s3.head('box', 'k'), undefined)
  const done = await complete(Parts, { ChecksumCRC32, ChecksumType: 'FULL_OBJECT' })
  t.match(done, { ChecksumCRC32, ChecksumType: 'FULL_OBJECT' })
  t.same(s3.head('box', 'k')?.checksum, { algorithm: 'CRC32', type: 'FULL_OBJECT', value: ChecksumCRC32 })
})

t.test('requires each part’s own checksum for a composite checksum', async t => {
  const { Parts, complete } = await startWithParts(t, { ChecksumAlgorithm: 'CRC32' })
  await t.rejects(complete(Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ...(ETag && { ETag }) }))), {
    name: 'InvalidRequest',
  })
  const swapped = Parts.map(part => ({ ...part, ChecksumCRC32: Parts[0]!.ChecksumCRC32! }))
  await t.rejects(complete(swapped), { name: 'InvalidPart' })
  const all = Buffer.concat(Parts.map(({ ChecksumCRC32 }) => Buffer.from(ChecksumCRC32!, 'base64')))
  const done = await complete(Parts, { ChecksumCRC32: checksumOf('CRC32', all) })
  t.match(done, { ChecksumCRC32: `${checksumOf('CRC32', all)}-3`, ChecksumType: 'COMPOSITE' })
})

t.test('requires the object to have the announced size', async t => {
  const { Parts, complete } = await startWithParts(t)
  await t.rejects(complete(Parts, { MpuObjectSize: 999 }), { name: 'InvalidRequest' })
  await complete(Parts, { MpuObjectSize: 1000 })
})

t.test('rejects a malformed list of parts', async t => {
  const { s3, uploadId } = await startWithParts(t)
  for (const body of ['', 'text', '<Other/>', '<CompleteMultipartUpload><Part/></CompleteMultipartUpload>']) {
    const answer = await sendRaw(s3, {
      method: 'POST',
      path: `/box/k?uploadId=${uploadId}`,
      body,
      headers: { 'content-length': String(body.length) },
    })
    t.match(answer, { status: 400, code: 'MalformedXML' }, body)
  }
})
