import { createHash, randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { UploadPartCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { MiB } from '../../../lib/options.js'
import { AttachedBody, BodyStream, type PayloadSigning } from '../../../lib/s3/request/request-body.js'
import { type FakeRequest, fakeStore } from '../../support/fake-store.js'
import { partOf } from '../../support/upload-store.js'

const input = { Bucket: 'b', Key: 'k', UploadId: 'u', PartNumber: 1 }

/** Sends `bytes` with a client of `config`, and returns the request as sent. */
async function send(bytes: Buffer, config: object, more: object = {}, signing?: PayloadSigning) {
  let sent: FakeRequest | undefined
  let body: Buffer | undefined
  const client = fakeStore(async request => {
    sent = request
    const stream = (request as unknown as { body?: Readable }).body
    body = stream ? await buffer(stream) : undefined
    return { status: 200, headers: { etag: '"e"' } }
  }, config)
  const command = new UploadPartCommand({ ...input, ContentLength: bytes.length, ...more })
  let reads = 0
  let out = 0
  let isOut = false
  const onRead = (moved: number, isTaken: boolean) => {
    reads++
    out += moved
    isOut = isTaken
  }
  const attached = new AttachedBody(partOf(bytes), onRead, signing)
  attached.attach(command)
  await client.send(command)
  return { headers: sent!.headers, body, reads, out, isOut, isUnsigned: attached.isUnsigned }
}

t.test('sends a body unchanged, with its length and without chunks or trailers', async t => {
  const bytes = randomBytes(2 * MiB + 7)
  const { headers, body, reads, out, isOut } = await send(bytes, {})
  t.equal(Buffer.compare(body!, bytes), 0)
  t.equal(headers['content-length'], String(bytes.length))
  for (const absent of ['transfer-encoding', 'content-encoding', 'x-amz-trailer', 'Expect', 'expect']) {
    t.notOk(absent in headers, absent)
  }
  t.ok(reads >= bytes.length / (256 * 1024), 'each view is reported')
  t.same([out, isOut], [bytes.length, true], 'all bytes are counted')
})

t.test('covers the bytes by the signature over http, and leaves them to TLS over https', async t => {
  const bytes = randomBytes(1000)
  const plain = await send(bytes, { endpoint: 'http://fake.invalid' })
  t.equal(plain.headers['x-amz-content-sha256'], createHash('sha256').update(bytes).digest('hex'))
  t.match(plain.headers['authorization'], /SignedHeaders=[^,]*x-amz-content-sha256/)
  const secure = await send(bytes, { endpoint: 'https://fake.invalid' })
  t.equal(secure.headers['x-amz-content-sha256'], 'UNSIGNED-PAYLOAD')
  t.match(secure.headers['authorization'], /SignedHeaders=[^,]*x-amz-content-sha256/)
})

t.test('signs the payload, or not, as requested, and by default over http only', async t => {
  const bytes = randomBytes(1000)
  const hash = createHash('sha256').update(bytes).digest('hex')
  for (const [signing, http, https] of [
    [undefined, hash, 'UNSIGNED-PAYLOAD'],
    ['auto', hash, 'UNSIGNED-PAYLOAD'],
    ['signed', hash, hash],
    ['unsigned', 'UNSIGNED-PAYLOAD', 'UNSIGNED-PAYLOAD'],
  ] as const) {
    for (const [scheme, header] of Object.entries({ http, https })) {
      const sent = await send(bytes, { endpoint: `${scheme}://fake.invalid` }, {}, signing)
      t.equal(sent.headers['x-amz-content-sha256'], header, `${signing} over ${scheme}`)
      t.equal(sent.isUnsigned, header === 'UNSIGNED-PAYLOAD')
    }
  }
})

t.test('computes no SHA-256 for an unsigned payload', async t => {
  const part = partOf('abc')
  part.digest = () => t.fail('a digest') as never
  const command = new UploadPartCommand({ ...input, ContentLength: 3 })
  new AttachedBody(part, () => undefined, 'unsigned').attach(command)
  await fakeStore(() => ({ status: 200 })).send(command)
})

t.test('adds no checksum to the given one, in any mode of the client', async t => {
  for (const requestChecksumCalculation of ['WHEN_SUPPORTED', 'WHEN_REQUIRED'] as const) {
    const config = { requestChecksumCalculation }
    const sums = ({ headers }: { headers: Record<string, string> }) =>
      Object.keys(headers).filter(name => /checksum|md5/i.test(name))
    t.same(sums(await send(Buffer.from('abc'), config)), [], 'none')
    t.same(sums(await send(Buffer.from('abc'), config, { ContentMD5: 'x' })), ['content-md5'])
    t.same(
      sums(
        await send(Buffer.from('abc'), config, { ChecksumAlgorithm: 'CRC32', ChecksumCRC32: 'NSRBwg==' }),
      ).sort(),
      ['x-amz-checksum-crc32', 'x-amz-sdk-checksum-algorithm'],
    )
  }
})

t.test('keeps a signature requested by the user’s own middleware', async t => {
  let sent: FakeRequest | undefined
  const client = fakeStore(request => {
    sent = request
    return { status: 200 }
  })
  client.middlewareStack.add(
    next => args => {
      ;(args.request as FakeRequest).headers['x-amz-content-sha256'] = 'own'
      return next(args)
    },
    { step: 'build', name: 'unsigned' },
  )
  const command = new UploadPartCommand({ ...input, ContentLength: 3 })
  const attached = new AttachedBody(partOf('abc'), () => undefined, 'unsigned')
  attached.attach(command)
  await client.send(command)
  t.equal(sent?.headers['x-amz-content-sha256'], 'own')
  t.equal(attached.isUnsigned, false, 'which is not the library’s choice')
})

t.test('sends no body for an empty one', async t => {
  const { headers, body } = await send(Buffer.alloc(0), {})
  t.equal(body, undefined)
  t.equal(headers['content-length'], '0')
  t.equal(headers['x-amz-content-sha256'], createHash('sha256').digest('hex'))
})

t.test('reports the last view taken, and buffers at most one', async t => {
  let reads = 0
  const stream = new BodyStream(partOf(Buffer.alloc(MiB)), () => reads++)
  const taken: boolean[] = []
  for await (const slice of stream as AsyncIterable<Buffer>) {
    t.ok(slice.length <= 256 * 1024)
    taken.push(stream.isTaken)
  }
  t.equal(taken[0], false)
  t.equal(taken.at(-1), true)
  t.ok(stream.readableEnded)
})
