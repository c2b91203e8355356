import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import {
  type Asker,
  OTHER_ETAG,
  PART,
  PARTS,
  type Question,
  SMALL,
  WHOLE,
  outcome,
  streamOf,
  yesIf,
} from './asker.js'

const WRONG_MD5 = createHash('md5').digest('base64')

function crc32Of(bytes: Buffer): string {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32(bytes))
  return value.toString('base64')
}

function etagOfParts(parts: readonly Buffer[]): string {
  const digests = parts.map(part => createHash('md5').update(part).digest())
  return `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}"`
}

/** An upload of one small part, the fastest possible. */
async function uploadOf(ask: Asker, key: string, body: Buffer | string = SMALL) {
  const upload = await ask.create(key)
  await upload.part(1, body)
  return upload
}

async function aborted(ask: Asker, key: string) {
  const upload = await uploadOf(ask, key)
  await ask.client.send(new AbortMultipartUploadCommand(upload.id))
  return upload
}

/** Multipart uploads: parts, completion, abort. */
export const MULTIPART: readonly Question[] = [
  {
    asks: 'parallel parts out of order: the whole object, with the ETag derived from theirs',
    s3: 'yes',
    async answer(ask) {
      const upload = await ask.create('multipart', { ContentType: 'video/mp4', Metadata: { a: 'b' } })
      await Promise.all([...PARTS.entries()].reverse().map(([n, part]) => upload.part(n + 1, part)))
      await upload.complete()
      const { ETag, ContentType, Metadata } = await ask.head('multipart')
      const told = `${ETag} ${ContentType} ${Metadata?.['a']}`
      const wanted = `${etagOfParts(PARTS)} video/mp4 b`
      return told === wanted ? ask.holds('multipart', WHOLE) : told
    },
  },
  {
    asks: 'the response to CompleteMultipartUpload has the ETag',
    s3: 'yes',
    but: { ceph16: 'an empty one' },
    async answer(ask) {
      const { ETag } = await (await uploadOf(ask, 'etag')).complete()
      if (ETag === '""' || ETag === '') return 'an empty one'
      return yesIf(ETag === etagOfParts([SMALL]), `${ETag}`)
    },
  },
  {
    asks: 'a range across two parts',
    s3: 'yes',
    async answer(ask) {
      const { bytes } = await ask.get('multipart', { Range: `bytes=${PART - 10}-${PART + 9}` })
      return yesIf(bytes.equals(WHOLE.subarray(PART - 10, PART + 10)))
    },
  },
  {
    asks: 'GetObject by part number',
    s3: 'yes',
    but: { ceph16: 'the whole object' },
    async answer(ask) {
      const { bytes, PartsCount } = await ask.get('multipart', { PartNumber: 2 })
      if (bytes.length === WHOLE.length) return 'the whole object'
      return yesIf(bytes.equals(PARTS[1]) && PartsCount === 3, `${bytes.length} bytes, ${PartsCount} parts`)
    },
  },
  {
    asks: 'UploadPart of a stream, with the checksum after the body (the SDK’s default)',
    s3: 'yes',
    but: { ceph16: '411 MissingContentLength' },
    async answer(ask) {
      const upload = await ask.create('part-stream')
      const part = await outcome(upload.part(1, streamOf(SMALL), { ContentLength: SMALL.length }))
      if (part !== '200') return part
      await upload.complete()
      return ask.holds('part-stream', SMALL)
    },
  },
  {
    asks: 'UploadPart with a wrong CRC32 in the header',
    s3: '400 BadDigest',
    but: { ceph16: '200' },
    async answer(ask) {
      const upload = await ask.create('part-crc', { ChecksumAlgorithm: 'CRC32' })
      return outcome(upload.part(1, SMALL, { ChecksumCRC32: crc32Of(WHOLE), ChecksumAlgorithm: 'CRC32' }))
    },
  },
  {
    asks: 'UploadPart with a wrong Content-MD5',
    s3: '400 BadDigest',
    async answer(ask) {
      const upload = await ask.create('part-md5')
      return outcome(upload.part(1, SMALL, { ContentMD5: WRONG_MD5 }))
    },
  },
  {
    asks: 'a repeated part number: the last part counts; numbers may have gaps',
    s3: 'yes',
    async answer(ask) {
      const upload = await ask.create('twice')
      await upload.part(1, PARTS[1])
      await upload.part(1, PARTS[0])
      await upload.part(7, SMALL)
      await upload.complete()
      return ask.holds('twice', Buffer.concat([PARTS[0], SMALL]))
    },
  },
  {
    asks: 'CompleteMultipartUpload with only some of the parts',
    s3: 'yes',
    but: { ceph16: '400 InvalidPart', ceph20: '400 InvalidPart' },
    async answer(ask) {
      const upload = await ask.create('some')
      for (const n of [1, 2, 3]) await upload.part(n, PARTS[0])
      const completed = await outcome(upload.complete(upload.parts.slice(0, 2)))
      if (completed !== '200') return completed
      return ask.holds('some', Buffer.concat([PARTS[0], PARTS[0]]))
    },
  },
  {
    asks: 'UploadPartCopy of a range and of a whole object',
    s3: 'yes',
    async answer(ask) {
      await ask.put('part-source', SMALL)
      const upload = await ask.create('part-copy')
      const copies = [
        { CopySource: `${ask.bucket}/multipart`, CopySourceRange: `bytes=0-${PART - 1}` },
        { CopySource: `${ask.bucket}/part-source` },
      ]
      const parts = await Promise.all(
        copies.map(async (copy, n) => {
          const command = new UploadPartCopyCommand({ ...upload.id, PartNumber: n + 1, ...copy })
          return { PartNumber: n + 1, ETag: (await ask.client.send(command)).CopyPartResult?.ETag }
        }),
      )
      await upload.complete(parts)
      return ask.holds('part-copy', Buffer.concat([PARTS[0], SMALL]))
    },
  },
  {
    asks: 'UploadPartCopy with a different ETag in x-amz-copy-source-if-match',
    s3: '412 PreconditionFailed',
    but: { ceph16: '200', ceph20: '200' },
    async answer(ask) {
      const upload = await ask.create('part-copy-if')
      const copy = { CopySource: `${ask.bucket}/part-source`, CopySourceIfMatch: OTHER_ETAG }
      return outcome(ask.client.send(new UploadPartCopyCommand({ ...upload.id, PartNumber: 1, ...copy })))
    },
  },
  {
    asks: 'ListParts, by pages',
    s3: '1:10 2:20 | 3:30',
    async answer(ask) {
      const upload = await ask.create('list-parts')
      for (const n of [3, 1, 2]) await upload.part(n, Buffer.alloc(n * 10))
      const list = (more: object) =>
        ask.client.send(new ListPartsCommand({ ...upload.id, MaxParts: 2, ...more }))
      const first = await list({})
      const second = await list({ PartNumberMarker: first.NextPartNumberMarker })
      return [first, second]
        .map(({ Parts = [] }) => Parts.map(part => `${part.PartNumber}:${part.Size}`).join(' '))
        .join(' | ')
    },
  },
  {
    asks: 'ListMultipartUploads with a prefix, by pages',
    s3: 'listed/a | listed/b',
    async answer(ask) {
      for (const key of ['listed/b', 'listed/a', 'not-listed']) await ask.create(key)
      const list = (more: object) =>
        ask.client.send(
          new ListMultipartUploadsCommand({ Bucket: ask.bucket, Prefix: 'listed/', MaxUploads: 1, ...more }),
        )
      const first = await list({})
      const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first
      const second = await list({ KeyMarker, UploadIdMarker })
      return [first, second].map(({ Uploads = [] }) => Uploads.map(({ Key }) => Key).join(' ')).join(' | ')
    },
  },
  {
    asks: 'AbortMultipartUpload: no upload in the list, no object',
    s3: 'yes',
    async answer(ask) {
      await aborted(ask, 'aborted')
      const list = new ListMultipartUploadsCommand({ Bucket: ask.bucket, Prefix: 'aborted' })
      const { Uploads = [] } = await ask.client.send(list)
      return yesIf(Uploads.length === 0 && (await outcome(ask.head('aborted'))) === '404')
    },
  },
  {
    asks: 'UploadPart after the abort',
    s3: '404 NoSuchUpload',
    answer: async ask => outcome((await aborted(ask, 'gone-part')).part(2, SMALL)),
  },
  {
    asks: 'ListParts after the abort',
    s3: '404 NoSuchUpload',
    but: { ceph16: '404 NoSuchKey', ceph20: '404 NoSuchKey' },
    async answer(ask) {
      const { id } = await aborted(ask, 'gone-list')
      return outcome(ask.client.send(new ListPartsCommand(id)))
    },
  },
  {
    asks: 'CompleteMultipartUpload after the abort',
    s3: '404 NoSuchUpload',
    but: { ceph16: '500 InternalError', ceph20: '500 InternalError' },
    answer: async ask => outcome((await aborted(ask, 'gone-complete')).complete()),
  },
  {
    asks: 'AbortMultipartUpload after the abort',
    s3: '404 NoSuchUpload',
    async answer(ask) {
      const { id } = await aborted(ask, 'gone-abort')
      return outcome(ask.client.send(new AbortMultipartUploadCommand(id)))
    },
  },
  {
    asks: 'ListParts after the completion',
    s3: '404 NoSuchUpload',
    but: { ceph16: '404 NoSuchKey', ceph20: '404 NoSuchKey' },
    async answer(ask) {
      const upload = await uploadOf(ask, 'completed')
      await upload.complete()
      return outcome(ask.client.send(new ListPartsCommand(upload.id)))
    },
  },
  {
    asks: 'CompleteMultipartUpload repeated',
    s3: '200',
    async answer(ask) {
      const upload = await uploadOf(ask, 'completed-twice')
      await upload.complete()
      return outcome(upload.complete())
    },
  },
  {
    asks: 'AbortMultipartUpload after the completion: the object stays',
    s3: 'yes',
    async answer(ask) {
      const upload = await uploadOf(ask, 'completed-aborted')
      await upload.complete()
      await outcome(ask.client.send(new AbortMultipartUploadCommand(upload.id)))
      return ask.holds('completed-aborted', SMALL)
    },
  },
  {
    asks: 'CompleteMultipartUpload with a part under 5 MiB before the last',
    s3: '400 EntityTooSmall',
    async answer(ask) {
      const upload = await uploadOf(ask, 'too-small')
      await upload.part(2, SMALL)
      return outcome(upload.complete())
    },
  },
  {
    asks: 'CompleteMultipartUpload with a wrong ETag for a part',
    s3: '400 InvalidPart',
    async answer(ask) {
      const upload = await uploadOf(ask, 'other-part')
      return outcome(upload.complete([{ PartNumber: 1, ETag: OTHER_ETAG }]))
    },
  },
  {
    asks: 'CompleteMultipartUpload with parts out of order',
    s3: '400 InvalidPartOrder',
    but: { ceph16: '200', ceph20: '200' },
    async answer(ask) {
      const upload = await ask.create('other-order')
      await upload.part(1, PARTS[0])
      await upload.part(2, SMALL)
      return outcome(upload.complete(upload.parts.reverse()))
    },
  },
  {
    asks: 'CompleteMultipartUpload without parts',
    s3: '400 MalformedXML',
    async answer(ask) {
      const upload = await ask.create('no-part')
      return outcome(upload.complete([]))
    },
  },
  {
    asks: 'UploadPart number 10,001',
    s3: '400 InvalidArgument',
    but: { ceph16: '200', ceph20: '200' },
    async answer(ask) {
      const upload = await ask.create('part-10001')
      return outcome(upload.part(10_001, SMALL))
    },
  },
  {
    asks: 'CompleteMultipartUpload with `If-None-Match: *`, no object',
    s3: '200',
    answer: async ask =>
      outcome((await uploadOf(ask, 'new-upload')).complete(undefined, { IfNoneMatch: '*' })),
  },
  {
    asks: 'CompleteMultipartUpload with `If-None-Match: *`, existing object',
    s3: '412 PreconditionFailed',
    but: { ceph16: '200' },
    async answer(ask) {
      await ask.put('old', 'old')
      return outcome((await uploadOf(ask, 'old')).complete(undefined, { IfNoneMatch: '*' }))
    },
  },
  {
    asks: 'the CRC32 of a part, and of all parts together, in the responses',
    s3: 'yes',
    but: { ceph16: 'no' },
    async answer(ask) {
      const upload = await ask.create('composite', { ChecksumAlgorithm: 'CRC32' })
      const part = await upload.part(1, SMALL, { ChecksumAlgorithm: 'CRC32' })
      const { ChecksumCRC32 } = await upload.complete()
      return yesIf(part.ChecksumCRC32 === crc32Of(SMALL) && ChecksumCRC32 !== undefined)
    },
  },
  {
    asks: 'the CRC32 of the full object, checked and returned at completion',
    s3: 'yes',
    but: { ceph16: 'no' },
    async answer(ask) {
      const full = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const
      const upload = await ask.create('full-object', full)
      await upload.part(1, PARTS[0], { ChecksumAlgorithm: 'CRC32' })
      await upload.part(2, SMALL, { ChecksumAlgorithm: 'CRC32' })
      const crc = crc32Of(Buffer.concat([PARTS[0], SMALL]))
      const { ChecksumCRC32 } = await upload.complete(undefined, {
        ChecksumCRC32: crc,
        ChecksumType: 'FULL_OBJECT',
      })
      return yesIf(ChecksumCRC32 === crc)
    },
  },
  {
    asks: 'CompleteMultipartUpload with a wrong CRC32 of the full object',
    s3: '400 BadDigest',
    but: { ceph16: '200' },
    async answer(ask) {
      const full = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const
      const upload = await ask.create('bad-full-object', full)
      await upload.part(1, SMALL, { ChecksumAlgorithm: 'CRC32' })
      const wrong = { ChecksumCRC32: crc32Of(WHOLE), ChecksumType: 'FULL_OBJECT' } as const
      return outcome(upload.complete(undefined, wrong))
    },
  },
]
