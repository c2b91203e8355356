import { Readable } from 'node:stream'
import t from 'tap'
import { rawUpload } from '../../bench/support/raw-upload.js'
import type { Arena } from '../../bench/support/topic.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { KiB, MiB } from '../../lib/options.js'

const arenaOf = (s3: LocalS3, secretAccessKey?: string): Arena => {
  const client = s3.clientConfig()
  const credentials = { ...client.credentials, ...(secretAccessKey !== undefined && { secretAccessKey }) }
  return {
    client: { ...client, credentials },
    bucket: 'bench',
    key: '',
    file: '',
    size: 0,
    library: '',
    peers: {},
  }
}

/** The bytes in chunks that part borders cut. */
function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100 * KiB + 1) yield bytes.subarray(at, at + 100 * KiB + 1)
}

t.test('the upload with node:http alone stores every byte, signed and with its CRC-32', async t => {
  const s3 = await LocalS3.start({ buckets: ['bench'] })
  t.teardown(() => s3.close())
  const window = { partSize: 5 * MiB, concurrency: 2 }
  // More parts than there are at once, and a short last one: memory is used again.
  const whole = Buffer.allocUnsafeSlow(22 * MiB + 3)
  for (let at = 0; at + 4 <= whole.length; at += 4)
    whole.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at)
  t.equal(
    await rawUpload(arenaOf(s3), Readable.from(cut(whole), { objectMode: false }), window),
    whole.length,
  )
  t.ok((await s3.get('bench', 'uploaded'))!.equals(whole), 'the same bytes, in order')
  const puts = s3.calls.filter(({ operation }) => operation === 'UploadPart')
  t.equal(puts.length, 5)
  for (const { headers } of puts) {
    t.match(headers['x-amz-content-sha256'], /^[0-9a-f]{64}$/)
    t.match(headers['x-amz-checksum-crc32'], /^[\w+/]{6}==$/)
  }
})

t.test('an error of the store fails the upload with node:http alone', async t => {
  const s3 = await LocalS3.start({ buckets: ['bench'] })
  t.teardown(() => s3.close())
  const source = Readable.from([Buffer.alloc(10)], { objectMode: false })
  const upload = rawUpload(arenaOf(s3, 'another secret'), source, { partSize: 5 * MiB, concurrency: 2 })
  await t.rejects(upload, { message: /403 .*SignatureDoesNotMatch/s })
})
