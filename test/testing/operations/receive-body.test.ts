import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { PutObjectCommand, UploadPartCommand, CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { CHECKSUM_ALGORITHMS, checksumHeader, checksumOf } from '../../../lib/testing/wire/checksum.js'
import { hmac } from '../../../lib/testing/wire/sigv4.js'
import type { LocalS3 } from '../../../lib/testing/index.js'
import { patterned } from '../patterned.js'
import { openRaw, type RawRequest, sendRaw, sign, startInFolder, startS3 } from '../support.js'

const body = patterned(50_000)
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

/** Sends a PUT with custom headers; `content-length` defaults to the body's length. */
function put(s3: LocalS3, raw: Partial<RawRequest>, headers: Record<string, string> = {}) {
  const bytes = raw.body ?? body
  const length = { 'content-length': String(bytes.length) }
  return sendRaw(s3, {
    method: 'PUT',
    path: '/box/k',
    ...raw,
    body: bytes,
    headers: { ...length, ...headers },
  })
}

t.test('verifies every checksum of the SDK, for buffers and streams', async t => {
  const { s3, client } = await startS3(t)
  for (const ChecksumAlgorithm of CHECKSUM_ALGORITHMS) {
    for (const Body of [
      body,
      Readable.from([body.subarray(0, 9000), body.subarray(9000)], { objectMode: false }),
    ]) {
      const at = { Bucket: 'box', Key: ChecksumAlgorithm }
      await client.send(new PutObjectCommand({ ...at, Body, ContentLength: body.length, ChecksumAlgorithm }))
      t.same(await s3.get('box', ChecksumAlgorithm), body, ChecksumAlgorithm)
      t.equal(s3.head('box', ChecksumAlgorithm)?.checksum?.value, checksumOf(ChecksumAlgorithm, body))
    }
  }
  const framed = s3.calls.filter(({ headers }) => headers['content-encoding'] === 'aws-chunked')
  t.equal(framed.length, CHECKSUM_ALGORITHMS.length, 'the streams came framed')
})

t.test('rejects a wrong checksum of any kind, in header or trailer', async t => {
  const { s3, files } = await startInFolder(t)
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const wrong = checksumOf(algorithm, Buffer.from('other'))
    const asHeader = await put(s3, {}, { [checksumHeader(algorithm)]: wrong })
    t.match(asHeader, { status: 400, code: 'BadDigest' }, `${algorithm} as a header`)
    const asTrailer = await putChunked(s3, { trailer: `${checksumHeader(algorithm)}:${wrong}` })
    t.match(asTrailer, { status: 400, code: 'BadDigest' }, `${algorithm} as a trailer`)
    const right = `${checksumHeader(algorithm)}:${checksumOf(algorithm, body)}`
    t.match(await putChunked(s3, { key: 'right', trailer: right }), { status: 200 }, algorithm)
  }
  t.same(s3.keys('box'), ['right'])
  t.equal(files().length, 1, 'the rejected bytes are deleted')
})

t.test('enforces all other statements of a request about its body', async t => {
  const { s3 } = await startS3(t)
  const md5 = createHash('md5').update(body).digest('base64')
  t.match(await put(s3, {}, { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }), {
    status: 400,
    code: 'BadDigest',
  })
  t.match(await put(s3, {}, { 'content-md5': 'short' }), { status: 400, code: 'InvalidDigest' })
  t.match(await put(s3, { payload: sha256('other') }), { status: 400, code: 'XAmzContentSHA256Mismatch' })
  t.match(await put(s3, { payload: 'what' }), { status: 400, code: 'InvalidArgument' })
  t.match(await put(s3, {}, { 'x-amz-checksum-crc32': 'xx' }), { status: 400, code: 'InvalidRequest' })
  const two = {
    'x-amz-checksum-crc32': checksumOf('CRC32', body),
    'x-amz-checksum-sha1': checksumOf('SHA1', body),
  }
  t.match(await put(s3, {}, two), { status: 400, code: 'InvalidRequest' })
  t.match(await put(s3, {}, { 'x-amz-trailer': 'x-amz-meta-a' }), { status: 400, code: 'InvalidRequest' })
  t.same(s3.keys('box'), [])
  t.match(await put(s3, {}, { 'content-md5': md5 }), { status: 200 })
  t.match(await put(s3, { payload: 'UNSIGNED-PAYLOAD' }), { status: 200 })
})

t.test('skips only the signed hash with verifyPayload: false', async t => {
  const { s3 } = await startS3(t, { verifyPayload: false })
  t.match(await put(s3, { payload: sha256('other') }), { status: 200 })
  t.match(await put(s3, { secretAccessKey: 'other' }), { status: 403, code: 'SignatureDoesNotMatch' })
  t.match(await put(s3, {}, { 'x-amz-checksum-crc32': 'AAAAAA==' }), { status: 400, code: 'BadDigest' })
})

t.test('stores checksums as given with verifyChecksums: false', async t => {
  const { s3 } = await startS3(t, { verifyChecksums: false })
  const given = { 'x-amz-checksum-crc32': 'AAAAAA==' }
  t.match(await put(s3, {}, given), { status: 200, headers: given })
  t.match(s3.head('box', 'k'), { checksum: { algorithm: 'CRC32', value: 'AAAAAA==' } })
  const trailer = await sendRaw(s3, {
    ...{ method: 'PUT', path: '/box/trailer', payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
    headers: { 'x-amz-decoded-content-length': '3', 'x-amz-trailer': 'x-amz-checksum-crc32' },
    body: '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
  })
  t.match(trailer, { status: 200, headers: given })
  const broken = await sendRaw(s3, {
    ...{ method: 'PUT', path: '/box/trailer', payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
    headers: { 'x-amz-decoded-content-length': '3', 'x-amz-trailer': 'x-amz-checksum-crc32' },
    body: '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n',
  })
  t.match(broken, { status: 400, code: 'InvalidRequest' })
  t.match(await put(s3, {}, { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }), { status: 200 })
  t.match(await put(s3, { payload: sha256('other') }), { status: 400, code: 'XAmzContentSHA256Mismatch' })
  t.match(await put(s3, {}, { 'x-amz-sdk-checksum-algorithm': 'CRC32' }), {
    status: 200,
    headers: { 'x-amz-checksum-crc32': checksumOf('CRC32', body) },
  })
})

t.test('requires a valid length', async t => {
  const { s3 } = await startS3(t)
  const chunked = await sendRaw(s3, {
    method: 'PUT',
    path: '/box/k',
    headers: { 'transfer-encoding': 'chunked' },
    payload: 'UNSIGNED-PAYLOAD',
    body,
  })
  t.match(chunked, { status: 411, code: 'MissingContentLength' })
  const expect = { 'content-length': String(5 * 1024 ** 3 + 1), expect: '100-continue' }
  const socket = openRaw(s3, { method: 'PUT', path: '/box/k', headers: expect, payload: 'UNSIGNED-PAYLOAD' })
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.match(answer.toString(), /^HTTP\/1\.1 400 [^]*EntityTooLarge/, 'refused before the body is sent')
  if (!socket.closed) await once(socket, 'close')
})

/** Sends a PUT with individually signed chunks (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`). */
function signedChunks(s3: LocalS3, options: { spoil?: boolean; trailer?: string; spoilTrailer?: boolean }) {
  const { trailer } = options
  const payload = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer === undefined ? '' : '-TRAILER'}`
  const pieces = [body.subarray(0, 20_000), body.subarray(20_000), Buffer.alloc(0)]
  const overhead = pieces
    .map(piece => `${piece.length.toString(16)};chunk-signature=${'0'.repeat(64)}\r\n`)
    .join('')
  const end = trailer === undefined ? '' : `${trailer}\r\nx-amz-trailer-signature:${'0'.repeat(64)}\r\n`
  const length = body.length + overhead.length + 4 + end.length + 2
  const raw: RawRequest = {
    method: 'PUT',
    path: '/box/signed',
    payload,
    headers: {
      'content-encoding': 'aws-chunked',
      'content-length': String(length),
      'x-amz-decoded-content-length': String(body.length),
      ...(trailer !== undefined && { 'x-amz-trailer': trailer.split(':')[0]! }),
    },
  }
  // The timestamp has a resolution of one second; chunk signatures must use the date of the head.
  const date = new Date()
  const { key, scope, date: stamp, signature: seed } = sign(s3, { ...raw, date })
  let previous = seed
  const link = (kind: string, ...hashes: string[]) => {
    previous = hmac(key, [kind, stamp, scope, previous, ...hashes].join('\n')).toString('hex')
    return previous
  }
  const chunks = pieces.map((piece, i) => {
    const bytes = options.spoil === true && i === 1 ? Buffer.alloc(piece.length) : piece
    const signature = link('AWS4-HMAC-SHA256-PAYLOAD', sha256(''), sha256(piece))
    const head = `${piece.length.toString(16)};chunk-signature=${signature}\r\n`
    return Buffer.concat([Buffer.from(head), bytes, Buffer.from(i < 2 ? '\r\n' : '')])
  })
  if (trailer !== undefined) {
    const signature = link('AWS4-HMAC-SHA256-TRAILER', sha256(`${trailer}\n`))
    const given = options.spoilTrailer === true ? '0'.repeat(64) : signature
    chunks.push(Buffer.from(`${trailer}\r\nx-amz-trailer-signature:${given}\r\n`))
  }
  return sendRaw(s3, { ...raw, date, body: Buffer.concat([...chunks, Buffer.from('\r\n')]) })
}

t.test('verifies signed chunks one by one', async t => {
  const { s3 } = await startS3(t)
  const trailer = `x-amz-checksum-crc32c:${checksumOf('CRC32C', body)}`
  t.match(await signedChunks(s3, { spoil: true }), { status: 403, code: 'SignatureDoesNotMatch' })
  t.match(await signedChunks(s3, { trailer, spoilTrailer: true }), {
    status: 403,
    code: 'SignatureDoesNotMatch',
  })
  t.same(s3.keys('box'), [])
  t.match(await signedChunks(s3, {}), { status: 200 })
  t.same(await s3.get('box', 'signed'), body)
  t.match(await signedChunks(s3, { trailer }), { status: 200 })
  t.match(s3.head('box', 'signed')?.checksum, { algorithm: 'CRC32C', value: checksumOf('CRC32C', body) })
})

interface Chunked {
  key?: string
  trailer?: string
  announced?: string
  length?: number
  cut?: number
}

function putChunked(s3: LocalS3, { key = 'k', trailer, announced, length = body.length, cut }: Chunked) {
  const tail = trailer === undefined ? '' : `${trailer}\r\n`
  const framed = Buffer.concat([
    Buffer.from(`${body.length.toString(16)}\r\n`),
    body,
    Buffer.from(`\r\n0\r\n${tail}\r\n`),
  ]).subarray(0, cut)
  const name = announced ?? trailer?.split(':')[0]
  return sendRaw(s3, {
    method: 'PUT',
    path: `/box/${key}`,
    payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    body: framed,
    headers: {
      'content-encoding': 'aws-chunked',
      'content-length': String(framed.length),
      'x-amz-decoded-content-length': String(length),
      ...(name !== undefined && { 'x-amz-trailer': name }),
    },
  })
}

t.test('stores nothing from inconsistent framing', async t => {
  const { s3 } = await startS3(t)
  const incomplete = { status: 400, code: 'IncompleteBody' }
  t.match(await putChunked(s3, { length: body.length + 1 }), incomplete)
  t.match(await putChunked(s3, { length: body.length - 1 }), incomplete)
  t.match(await putChunked(s3, { cut: 40_000 }), incomplete)
  const missing = await putChunked(s3, { announced: 'x-amz-checksum-crc32' })
  t.match(missing, { status: 400, code: 'InvalidRequest' })
  t.same(s3.keys('box'), [])
})

t.test('creates nothing from a truncated body, object or part', async t => {
  const { s3, client } = await startS3(t)
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: 'box', Key: 'up' }))
  for (const path of ['/box/k', `/box/up?partNumber=1&uploadId=${UploadId!}`]) {
    const headers = { 'content-length': String(body.length) }
    const socket = openRaw(s3, { method: 'PUT', path, headers, payload: 'UNSIGNED-PAYLOAD' })
    await new Promise<void>(resolve => socket.write(body.subarray(0, 30_000), () => resolve()))
    socket.destroy()
    await once(socket, 'close')
  }
  await s3.idle()
  t.same(s3.keys('box'), [])
  t.same(s3.uploads('box')[0]?.parts, [])
  t.match(s3.calls.slice(1), [
    { operation: 'PutObject', aborted: true, status: undefined },
    { operation: 'UploadPart', aborted: true, status: undefined },
  ])
})

t.test('receives a part like an object', async t => {
  const { s3, client } = await startS3(t)
  const at = { Bucket: 'box', Key: 'up' }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
  const stream = Readable.from([body], { objectMode: false })
  const part = new UploadPartCommand({
    ...at,
    UploadId,
    PartNumber: 1,
    Body: stream,
    ContentLength: body.length,
  })
  const { ETag } = await client.send(part)
  t.equal(ETag, `"${createHash('md5').update(body).digest('hex')}"`)
  t.same(s3.uploads('box')[0]?.parts, [{ partNumber: 1, size: body.length, etag: ETag }])
})
