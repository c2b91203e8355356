import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import {
  ChecksumAlgorithm,
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { type Asker, type Question, SMALL, WHOLE, etagOf, outcome, streamOf, yesIf } from './asker.js'

const OTHER_CRC32 = base64(crc32('something else'))
const ALGORITHMS = Object.values(ChecksumAlgorithm).filter(name => /^(CRC|SHA(1|256)$)/.test(name))

function base64(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes.toString('base64')
}

/** Sets a header before the request is signed. */
function withHeader(client: S3Client, name: string, value: string): S3Client {
  client.middlewareStack.add(
    next => args => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers[name] = value
      return next(args)
    },
    { step: 'build', priority: 'low' },
  )
  return client
}

/** Changes the checksum after the body. It is not signed, so only the checksum is wrong. */
function withOtherTrailer(client: S3Client): S3Client {
  client.middlewareStack.add(
    next => args => {
      const request = args.request as { body: AsyncIterable<Uint8Array> }
      request.body = Readable.from(rewritten(request.body))
      return next(args)
    },
    { step: 'deserialize', priority: 'low' },
  )
  return client
}

async function* rewritten(chunks: AsyncIterable<Uint8Array>) {
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk)
    const at = bytes.indexOf('x-amz-checksum-crc32:')
    if (at >= 0) bytes.write(OTHER_CRC32, at + 'x-amz-checksum-crc32:'.length)
    yield bytes
  }
}

/** An endless body that calls `then` when its first bytes are sent. */
function endless(bytes: Buffer, then: () => void): Readable {
  let begun = false
  return new Readable({
    read() {
      if (begun) then()
      else this.push(bytes)
      begun = true
    },
  })
}

async function keptAlgorithms(ask: Asker): Promise<string> {
  const kept: string[] = []
  for (const algorithm of ALGORITHMS) {
    await ask.put(`checksum/${algorithm}`, SMALL, { ChecksumAlgorithm: algorithm })
    const head = await ask.head(`checksum/${algorithm}`, { ChecksumMode: 'ENABLED' })
    if (`Checksum${algorithm}` in head) kept.push(algorithm)
  }
  return kept.sort().join(' ') || 'none'
}

/** Whole objects: storing, checking, copying, listing, deleting. */
export const OBJECTS: readonly Question[] = [
  {
    asks: 'PutObject of a Buffer: stored, and its ETag is its MD5',
    s3: 'yes',
    async answer(ask) {
      const { ETag } = await ask.put('buffer', SMALL)
      return ETag === etagOf(SMALL) ? ask.holds('buffer', SMALL) : `ETag ${ETag}`
    },
  },
  {
    asks: 'PutObject without bytes: an empty object',
    s3: 'yes',
    async answer(ask) {
      await ask.put('empty', Buffer.alloc(0))
      return ask.holds('empty', '')
    },
  },
  {
    asks: 'PutObject of a stream, with the checksum after the body (the SDK’s default)',
    s3: 'yes',
    but: { ceph16: '411 MissingContentLength' },
    async answer(ask) {
      const put = await outcome(ask.put('stream', streamOf(WHOLE), { ContentLength: WHOLE.length }))
      if (put !== '200') return put
      const { ContentEncoding = '' } = await ask.head('stream')
      return ContentEncoding.includes('chunked') ? 'keeps the framing' : ask.holds('stream', WHOLE)
    },
  },
  {
    asks: 'PutObject of a stream without a checksum (`WHEN_REQUIRED`)',
    s3: 'yes',
    async answer(ask) {
      const client = ask.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' })
      await ask.put('plain-stream', streamOf(WHOLE), { ContentLength: WHOLE.length }, client)
      return ask.holds('plain-stream', WHOLE)
    },
  },
  {
    asks: 'checksums that HeadObject returns',
    s3: 'CRC32 CRC32C CRC64NVME SHA1 SHA256',
    but: { ceph16: 'none' },
    answer: keptAlgorithms,
  },
  {
    asks: 'a wrong CRC32 in the header',
    s3: '400 BadDigest',
    but: { ceph16: '200' },
    answer: ask =>
      outcome(ask.put('bad-crc', SMALL, { ChecksumCRC32: OTHER_CRC32, ChecksumAlgorithm: 'CRC32' })),
  },
  {
    asks: 'a wrong CRC32 after the body',
    s3: '400 BadDigest',
    but: { ceph16: '411 MissingContentLength' },
    answer(ask) {
      const client = withOtherTrailer(ask.clientWith({}))
      return outcome(ask.put('bad-trailer', streamOf(SMALL), { ContentLength: SMALL.length }, client))
    },
  },
  {
    asks: 'a wrong Content-MD5',
    s3: '400 BadDigest',
    answer: ask => outcome(ask.put('bad-md5', SMALL, { ContentMD5: createHash('md5').digest('base64') })),
  },
  {
    asks: 'a wrong x-amz-content-sha256',
    s3: '400 XAmzContentSHA256Mismatch',
    answer(ask) {
      const hash = createHash('sha256').digest('hex')
      return outcome(
        ask.put('bad-sha', SMALL, {}, withHeader(ask.clientWith({}), 'x-amz-content-sha256', hash)),
      )
    },
  },
  {
    asks: 'a signature with a wrong secret',
    s3: '403 SignatureDoesNotMatch',
    async answer(ask) {
      const credentials = await ask.client.config.credentials()
      const client = ask.clientWith({ credentials: { ...credentials, secretAccessKey: 'another' } })
      return outcome(ask.put('bad-signature', SMALL, {}, client))
    },
  },
  {
    asks: 'an unknown access key',
    s3: '403 InvalidAccessKeyId',
    answer(ask) {
      const client = ask.clientWith({ credentials: { accessKeyId: 'NOBODY', secretAccessKey: 'x' } })
      return outcome(ask.put('bad-key', SMALL, {}, client))
    },
  },
  {
    asks: 'PutObject whose body breaks off: no object',
    s3: '404',
    async answer(ask) {
      const client = ask.clientWith({ requestChecksumCalculation: 'WHEN_REQUIRED' })
      const cut = new AbortController()
      const Body = endless(SMALL, () => cut.abort())
      const put = new PutObjectCommand({ Bucket: ask.bucket, Key: 'cut', Body, ContentLength: WHOLE.length })
      const error: unknown = await client.send(put, { abortSignal: cut.signal }).catch((e: unknown) => e)
      if (!(error instanceof Error)) return 'stored'
      await ask.put('after-the-cut', SMALL)
      return outcome(ask.head('cut'))
    },
  },
  {
    asks: 'content type, cache control, metadata and a key with unusual characters return unchanged',
    s3: 'yes',
    async answer(ask) {
      const key = "odd/ü é+%~ (1)&=?#'*.bin"
      const headers = { ContentType: 'video/x-odd', CacheControl: 'max-age=5', Metadata: { a: 'Two words' } }
      await ask.put(key, SMALL, headers)
      const { ContentType, CacheControl, Metadata } = await ask.head(key)
      const told = JSON.stringify({ ContentType, CacheControl, Metadata })
      return told === JSON.stringify(headers) ? ask.holds(key, SMALL) : told
    },
  },
  {
    asks: 'CopyObject',
    s3: 'yes',
    async answer(ask) {
      await ask.put('copied-from', SMALL)
      const from = `${ask.bucket}/copied-from`
      await ask.client.send(new CopyObjectCommand({ Bucket: ask.bucket, Key: 'copied', CopySource: from }))
      return ask.holds('copied', SMALL)
    },
  },
  {
    asks: 'DeleteObject and DeleteObjects, of missing keys too',
    s3: 'yes',
    async answer(ask) {
      for (const key of ['deleted/1', 'deleted/2']) await ask.put(key, 'x')
      const Bucket = ask.bucket
      await ask.client.send(new DeleteObjectCommand({ Bucket, Key: 'deleted/1' }))
      await ask.client.send(new DeleteObjectCommand({ Bucket, Key: 'deleted/none' }))
      const Objects = [{ Key: 'deleted/2' }, { Key: 'deleted/3' }]
      const { Errors = [] } = await ask.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
      const { KeyCount } = await ask.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'deleted/' }))
      return yesIf(Errors.length === 0 && KeyCount === 0)
    },
  },
  {
    asks: 'ListObjectsV2 with prefix, delimiter, pages and a key to start after',
    s3: 'yes',
    async answer(ask) {
      for (const key of ['list/a', 'list/b/1', 'list/b/2', 'list/c d']) await ask.put(key, key)
      const list = (more: object) =>
        ask.client.send(new ListObjectsV2Command({ Bucket: ask.bucket, Prefix: 'list/', ...more }))
      const keys = (page: ListObjectsV2CommandOutput) => (page.Contents ?? []).map(({ Key = '' }) => Key)
      const folders = await list({ Delimiter: '/' })
      const first = await list({ MaxKeys: 3 })
      const second = await list({ MaxKeys: 3, ContinuationToken: first.NextContinuationToken })
      const after = await list({ StartAfter: 'list/b/1' })
      const told = [
        ...keys(folders),
        ...(folders.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix),
        '|',
        ...[...keys(first), ...keys(second)],
        '|',
        ...keys(after),
      ].join()
      const wanted = 'list/a,list/c d,list/b/,|,list/a,list/b/1,list/b/2,list/c d,|,list/b/2,list/c d'
      return yesIf(told === wanted, told)
    },
  },
]
