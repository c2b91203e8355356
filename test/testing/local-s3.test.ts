import { once } from 'node:events'
import { connect } from 'node:net'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { LocalS3 } from '../../lib/testing/index.js'
import { heldBytes } from '../support/held-bytes.js'
import { patterned } from './patterned.js'
import { sendRaw, sign, startS3 } from './support.js'

const at = { Bucket: 'box', Key: 'k' }

t.test('returns the bytes that a client stored, and logs both calls', async t => {
  const { s3, client } = await startS3(t)
  await client.send(new PutObjectCommand({ ...at, Body: 'hello' }))
  const got = await client.send(new GetObjectCommand({ ...at, Range: 'bytes=1-3' }))
  t.equal(await got.Body?.transformToString(), 'ell')
  await s3.idle()
  t.match(s3.calls, [
    { operation: 'PutObject', bucket: 'box', key: 'k', status: 200, bytesIn: 5, bytesOut: 0, aborted: false },
    { operation: 'GetObject', range: 'bytes=1-3', status: 206, bytesIn: 0, bytesOut: 3, aborted: false },
  ])
  s3.clearCalls()
  t.same(s3.calls, [])
})

t.test('shows and changes its contents without a request', async t => {
  const { s3 } = await startS3(t)
  const put = await s3.put('box', 'b', 'text', { contentType: 'text/plain', metadata: { a: 'b' } })
  t.same(s3.head('box', 'b'), put)
  t.match(put, { size: 4, contentType: 'text/plain', metadata: { a: 'b' }, versionId: 'null' })
  await s3.put('box', 'a', new Uint8Array([1, 2, 3]).subarray(1))
  t.same(await s3.get('box', 'a'), Buffer.of(2, 3))
  t.same(s3.keys('box'), ['a', 'b'])
  s3.delete('box', 'a')
  t.equal(await s3.get('box', 'a'), undefined)
  t.equal(s3.head('box', 'a'), undefined)
  s3.createBucket('another')
  t.same(s3.keys('another'), [])
  s3.deleteBucket('another')
  t.throws(() => s3.keys('another'), { code: 'NoSuchBucket' })
  await t.rejects(s3.put('another', 'k', ''), { code: 'NoSuchBucket' })
  t.same(s3.calls, [])
})

t.test('completes an upload even if the response is lost', async t => {
  const { s3, client } = await startS3(t)
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
  const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'part' }))
  const fault = s3.fault({ operation: 'CompleteMultipartUpload', reset: true, performed: true })
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
  const complete = new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload })
  await t.rejects(client.send(complete), { code: 'ECONNRESET' })
  t.equal(fault.hits, 1)
  t.same(await s3.get('box', 'k'), Buffer.from('part'))
  t.same(s3.uploads('box'), [])
  t.equal((await client.send(complete)).Bucket, 'box', 'and the retry is answered')
})

t.test('serves a synthetic object larger than memory, with a stable ETag', async t => {
  const { s3, client } = await startS3(t)
  const size = 5 * 2 ** 40
  const { etag } = s3.putSynthetic('box', 'k', size, (start, end) => {
    const bytes = Buffer.alloc(end - start)
    for (let i = 0; i < bytes.length; i++) bytes[i] = (start + i) % 251
    return bytes
  })
  const start = size - 1000
  for (let i = 0; i < 2; i++) {
    const got = await client.send(new GetObjectCommand({ ...at, Range: `bytes=${start}-`, IfMatch: etag }))
    t.equal(got.ContentRange, `bytes ${start}-${size - 1}/${size}`)
    const bytes = await got.Body!.transformToByteArray()
    t.equal(bytes[999], (size - 1) % 251)
  }
  t.equal((await client.send(new HeadObjectCommand(at))).ContentLength, size)
})

t.test('keeps the properties of discarded bytes, but not the bytes', async t => {
  const { s3, client } = await startS3(t, { discard: true })
  const kept = await startS3(t)
  const Body = Buffer.alloc(100_000, 'x')
  const { ETag, ChecksumCRC32 } = await client.send(new PutObjectCommand({ ...at, Body }))
  t.match(await kept.client.send(new PutObjectCommand({ ...at, Body })), { ETag, ChecksumCRC32 })
  t.ok((await s3.get('box', 'k'))?.equals(Buffer.alloc(100_000)))
})

t.test('grows memory by the stored bytes, once, and not by discarded ones', async t => {
  for (const discard of [false, true]) {
    const { s3 } = await startS3(t, { discard, etag: 'opaque', verifyPayload: false })
    const size = 32 * 1024 ** 2
    const before = await heldBytes()
    const socket = connect(s3.port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    const head = sign(s3, {
      method: 'PUT',
      path: '/box/k',
      payload: 'UNSIGNED-PAYLOAD',
      headers: { 'content-length': String(size) },
    })
    const lines = Object.entries(head.headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`PUT /box/k HTTP/1.1\r\n${lines.join('')}\r\n`)
    const block = Buffer.alloc(64 * 1024)
    for (let sent = 0; sent < size; sent += block.length) {
      if (!socket.write(block)) await once(socket, 'drain')
    }
    await once(socket, 'data')
    const grown = (await heldBytes()) - before
    if (discard) t.ok(grown < size / 4, `${grown} bytes more for ${size} discarded`)
    else t.ok(grown > size * 0.9 && grown < size * 1.25, `${grown} bytes more for ${size} stored`)
    t.equal(s3.head('box', 'k')?.size, size)
  }
})

t.test('applies each option on the wire', async t => {
  const { s3, client } = await startS3(t, {
    accessKeyId: 'AKIAOTHER',
    secretAccessKey: 'secret',
    region: 'eu-west-1',
    etag: 'opaque',
    minPartSize: 3,
  })
  t.match(s3.clientConfig(), {
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'secret' },
  })
  const first = await client.send(new PutObjectCommand({ ...at, Body: 'x' }))
  t.not(first.ETag, (await client.send(new PutObjectCommand({ ...at, Body: 'x' }))).ETag)
  const wrong = { path: '/box/k' }
  t.match(await sendRaw(s3, { ...wrong, region: 'us-east-1' }), {
    status: 400,
    code: 'AuthorizationHeaderMalformed',
    body: /<Region>eu-west-1</,
  })
  t.match(await sendRaw(s3, { ...wrong, accessKeyId: 'AKIALOCALS3' }), {
    status: 403,
    code: 'InvalidAccessKeyId',
  })
  t.match(await sendRaw(s3, { ...wrong, secretAccessKey: 'x' }), {
    status: 403,
    code: 'SignatureDoesNotMatch',
  })
  t.match(await sendRaw(s3, { ...wrong, date: new Date(0) }), { status: 403, code: 'RequestTimeTooSkewed' })
})

t.test('listens on a given port, and rejects one in use', async t => {
  const { s3 } = await startS3(t)
  t.equal(s3.endpoint, `http://127.0.0.1:${s3.port}`)
  await t.rejects(LocalS3.start({ port: s3.port }), { code: 'EADDRINUSE' })
})

t.test('works the same over TLS, including resets', async t => {
  const { s3, client } = await startS3(t, { tls: true })
  t.match(s3.endpoint, /^https:/)
  t.match(s3.certificate, /^-----BEGIN CERTIFICATE-----/)
  await client.send(new PutObjectCommand({ ...at, Body: patterned(300_000) }))
  t.equal(s3.calls[0]?.connection, 1)
  s3.fault({ operation: 'HeadObject', reset: true })
  await t.rejects(client.send(new HeadObjectCommand(at)), { code: 'ECONNRESET' })
  const { Body } = await client.send(new GetObjectCommand(at))
  t.ok(Buffer.from(await Body!.transformToByteArray()).equals(patterned(300_000)))
})

t.test('ends held, stalled and idle connections on close, leaves none, and can be closed again', async t => {
  const { s3 } = await startS3(t)
  await s3.put('box', 'k', Buffer.alloc(1000))
  const client = new S3Client({ ...s3.clientConfig(), maxAttempts: 1 })
  t.teardown(() => client.destroy())
  await client.send(new HeadObjectCommand(at))
  const stalled = s3.fault({ operation: 'GetObject', stall: 10 })
  const never = s3.fault({ operation: 'CopyObject', hold: true })
  const { Body } = await client.send(new GetObjectCommand(at))
  const reading = Body!.transformToByteArray()
  s3.fault({ operation: 'HeadObject', hold: true })
  const held = client.send(new HeadObjectCommand(at))
  const half = connect(s3.port, '127.0.0.1')
  half.on('error', () => undefined)
  half.write('PUT /box/k HTTP/1.1\r\n')
  await stalled.reached
  while (s3.openCalls.length < 2) await new Promise(setImmediate)
  const ended = [reading, held].map((promise: Promise<unknown>) => t.rejects(promise))
  await Promise.all([s3.close(), s3.close(), s3[Symbol.asyncDispose]()])
  await Promise.all(ended)
  t.equal(s3.openSockets, 0)
  t.same(s3.openCalls, [])
  await s3.idle()
  await t.rejects(never.reached, { message: /closed/ })
  t.match(s3.calls.slice(1), [
    { operation: 'GetObject', fault: 'stall', aborted: true },
    { operation: 'HeadObject', fault: 'hold', aborted: true, status: undefined },
  ])
})

t.test('waits on close for operations in progress', async t => {
  const { s3, client } = await startS3(t)
  await s3.put('box', 'k', 'bytes')
  const log: string[] = []
  let finish!: () => void
  let begin!: () => void
  const begun = new Promise<void>(resolve => (begin = resolve))
  const before = () => {
    begin()
    return new Promise<void>(resolve => (finish = resolve)).then(() => log.push('done'))
  }
  s3.fault({ operation: 'HeadObject', before })
  const ended = t.rejects(client.send(new HeadObjectCommand(at)))
  await begun
  const closed = s3.close().then(() => log.push('closed'))
  await ended
  await new Promise(setImmediate)
  t.same(log, [])
  finish()
  await closed
  t.same(log, ['done', 'closed'])
})
