import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import {
  type ChecksumAlgorithm,
  type ChecksumType,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { KiB } from '../../../lib/options.js'
import type { S3RangeSettings } from '../../../lib/s3/read/range-options.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { LocalS3, type LocalS3Options } from '../../../lib/testing/index.js'
import { pattern } from '../../support/reading.js'

const bytes = pattern(0, 300 * KiB)
const at = { Bucket: 'bucket', Key: 'k' }
/** The parts of multipart objects: of several sizes, the last the shortest. */
const SIZES = [100 * KiB, 150 * KiB, 50 * KiB - 1, 1]

async function store(t: Test, options: LocalS3Options = {}) {
  const s3 = await LocalS3.start({ buckets: ['bucket'], minPartSize: 1, ...options })
  const client = new S3Client({ ...s3.clientConfig(), requestChecksumCalculation: 'WHEN_REQUIRED' })
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const source = (more: Partial<S3RangeSettings> = {}) =>
    new S3RangeReadable({ client, bucket: 'bucket', key: 'k', partSize: 64 * KiB, verify: 'always', ...more })
  return { s3, client, source }
}

type Way = readonly [algorithm: ChecksumAlgorithm | undefined, type?: ChecksumType]

/** Stores the bytes in one piece. */
async function put(client: S3Client, [ChecksumAlgorithm]: Way, more: object = {}) {
  await client.send(
    new PutObjectCommand({ ...at, Body: bytes, ...(ChecksumAlgorithm && { ChecksumAlgorithm }), ...more }),
  )
}

/** Stores the bytes in parts. */
async function putParts(client: S3Client, [ChecksumAlgorithm, ChecksumType]: Way) {
  const how = ChecksumAlgorithm && { ChecksumAlgorithm, ChecksumType }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...how }))
  const Parts: object[] = []
  let start = 0
  for (const [n, size] of SIZES.entries()) {
    const part = { ...at, UploadId, PartNumber: n + 1, Body: bytes.subarray(start, (start += size)) }
    const answer = await client.send(
      new UploadPartCommand({ ...part, ...(ChecksumAlgorithm && { ChecksumAlgorithm }) }),
    )
    Parts.push({ ...answer, PartNumber: n + 1 })
  }
  const whole = ChecksumType && { ChecksumType }
  await client.send(
    new CompleteMultipartUploadCommand({ ...at, UploadId, ...whole, MultipartUpload: { Parts } }),
  )
}

const WHOLE: Way[] = [['CRC32'], ['CRC32C'], ['CRC64NVME'], ['SHA1'], ['SHA256'], [undefined]]
const PARTS: Way[] = [
  ...(['CRC32', 'CRC32C', 'CRC64NVME'] as const).map((algorithm): Way => [algorithm, 'FULL_OBJECT']),
  ...(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const).map((algorithm): Way => [algorithm, 'COMPOSITE']),
  [undefined],
]

const CASES = [
  ...WHOLE.map(way => ({ name: `one piece, ${way[0] ?? 'MD5'}`, way, store: put, of: 'object' })),
  ...PARTS.map(way => ({
    name: `parts, ${way[0] ?? 'MD5'} ${way[1] ?? ''}`,
    way,
    store: putParts,
    of: way[1] === 'FULL_OBJECT' ? 'object' : 'parts',
  })),
]

for (const { name, way, store: keep, of } of CASES) {
  t.test(`checks every byte of an object: ${name}`, async t => {
    const { s3, client, source } = await store(t)
    await keep(client, way)
    const good = source()
    t.ok((await buffer(good)).equals(bytes))
    t.same(good.verified, { algorithm: way[0] ?? 'MD5', of }, 'a good object passes')
    // First and last bytes of requests, of parts and of the whole.
    for (const [nth, corrupt] of [
      [1, 0],
      [1, 64 * KiB - 1],
      [2, 0],
      [2, 36 * KiB],
      [5, 44 * KiB - 1],
    ] as const) {
      s3.fault({ operation: 'GetObject', nth, corrupt })
      const bad = source({ concurrency: 1 })
      await t.rejects(
        buffer(bad),
        { code: 'AVIO_ERR_CHECKSUM_MISMATCH', key: 'k' },
        `byte ${corrupt} of GET ${nth}`,
      )
      t.equal(bad.verified, undefined)
      s3.clearFaults()
    }
    // Broken responses are resumed, and early ones wait their turn.
    s3.fault({ operation: 'GetObject', nth: 1, reset: 1000 })
    s3.fault({ operation: 'GetObject', nth: 4, reset: 7 })
    const resumed = source()
    t.ok((await buffer(resumed)).equals(bytes))
    t.same(resumed.verified, good.verified, 'resumed')
    const early = source({ partSize: 300 * KiB })
    t.ok((await buffer(early)).equals(bytes))
    t.same(early.verified, good.verified, 'by one request')
  })
}

t.test('gets the part sizes from HEADs if attributes are refused', async t => {
  const { s3, client, source } = await store(t)
  await putParts(client, ['SHA256', 'COMPOSITE'])
  s3.fault({ operation: 'GetObjectAttributes', times: Infinity, status: 403 })
  const good = source()
  t.ok((await buffer(good)).equals(bytes))
  t.same(good.verified, { algorithm: 'SHA256', of: 'parts' })
  const heads = s3.calls.filter(call => call.operation === 'HeadObject')
  t.equal(heads.length, 1 + SIZES.length)
  t.ok(heads.every(call => call.headers['if-match'] !== undefined))
})

t.test('reads an object that can’t be checked as usual, and reports that', async t => {
  for (const status of [403, 404, 405, 412, 501]) {
    const { s3, client, source } = await store(t)
    await put(client, ['CRC32C'])
    s3.fault({ operation: 'HeadObject', times: Infinity, status })
    const read = source()
    t.ok((await buffer(read)).equals(bytes), String(status))
    t.equal(read.verified, undefined)
  }
  const opaque = await store(t, { etag: 'opaque' })
  await put(opaque.client, [undefined])
  const read = opaque.source()
  t.ok((await buffer(read)).equals(bytes), 'an ETag that is not an MD5')
  t.equal(read.verified, undefined)
  const { s3, client, source } = await store(t)
  const key = randomBytes(32)
  const keys = {
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  }
  await put(client, ['CRC64NVME'], keys)
  const sealed = source({ request: keys })
  t.ok((await buffer(sealed)).equals(bytes))
  t.same(sealed.verified, { algorithm: 'CRC64NVME', of: 'object' }, 'with a customer key')
  await put(client, [undefined], keys)
  const hidden = source({ request: keys })
  await buffer(hidden)
  t.equal(hidden.verified, undefined, 'with a customer key, the ETag is not an MD5')
  s3.fault({ operation: 'HeadObject', times: 2, status: 503 })
  await put(client, ['SHA1'])
  const retried = source()
  await buffer(retried)
  t.same(retried.verified, { algorithm: 'SHA1', of: 'object' }, 'retries a temporary failure')
})

t.test('holds all bytes until the store has responded, and none after that', async t => {
  const { s3, client, source } = await store(t)
  await put(client, ['CRC32C'])
  const head = s3.fault({ operation: 'HeadObject', hold: true })
  const read = source()
  let seen = 0
  read.on('data', (chunk: Buffer) => (seen += chunk.length))
  await head.reached
  // By then, the first range has arrived completely.
  while (!s3.calls.some(call => call.operation === 'GetObject')) await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.equal(seen, 0)
  head.release()
  await new Promise(resolve => read.once('end', resolve))
  t.equal(seen, bytes.length)
  t.same(read.verified, { algorithm: 'CRC32C', of: 'object' })
})

t.test('leaves nothing behind on destroy or stop while waiting for the store', async t => {
  const { s3, client, source } = await store(t)
  await put(client, ['CRC32C'])
  const head = s3.fault({ operation: 'HeadObject', times: Infinity, hold: true })
  const read = source()
  read.resume()
  await head.reached
  const closed = new Promise(resolve => read.once('close', resolve))
  read.destroy()
  await closed
  t.equal(head.hits, 1, 'no further request')
})

t.test('checks an empty object, but not part of one', async t => {
  const { client, source, s3 } = await store(t)
  await put(client, ['CRC32'], { Body: Buffer.alloc(0) })
  const empty = source()
  t.equal((await buffer(empty)).length, 0)
  t.same(empty.verified, { algorithm: 'CRC32', of: 'object' })
  await put(client, ['CRC32'])
  s3.clearCalls()
  const part = source({ start: 1 })
  t.ok((await buffer(part)).equals(bytes.subarray(1)))
  t.equal(part.verified, undefined)
  t.notOk(s3.calls.some(call => call.operation === 'HeadObject'))
})
