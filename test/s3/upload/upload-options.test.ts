import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { GiB, KiB, MiB } from '../../../lib/options.js'
import { uploadSettings } from '../../../lib/s3/upload/upload-options.js'

const client = new S3Client({ region: 'us-east-1' })
const needed = { client, bucket: 'b', key: 'k' }

t.test('holds at most 40 MiB in parts with the defaults', async t => {
  const { target, sizes, headerReserve, highWaterMark, beforeCommit, signal } = uploadSettings(needed)
  t.equal(headerReserve, undefined)
  t.same(sizes, { partSize: 8 * MiB, concurrency: 4, partGrowth: true })
  t.equal((sizes.concurrency + 1) * sizes.partSize, 40 * MiB)
  t.equal(highWaterMark, 64 * KiB)
  t.equal(beforeCommit, undefined)
  t.equal(signal, undefined)
  t.equal(target.client, client)
  t.same(
    { ...target, client: undefined },
    {
      client: undefined,
      location: { bucket: 'b', key: 'k' },
      contentType: undefined,
      metadata: undefined,
      checksum: 'crc32',
      payloadSigning: 'auto',
      ifNoneMatch: undefined,
      request: {},
      maxAttempts: 5,
      stallTimeout: 60_000,
      minThroughput: 512,
      commitTimeout: 300_000,
    },
  )
})

t.test('accepts every option', async t => {
  const beforeCommit = () => true
  const { signal } = new AbortController()
  const given = {
    client,
    uri: 's3://b/a/k',
    partSize: 5 * GiB,
    concurrency: 1000,
    partGrowth: false,
    headerReserve: 5 * GiB - 1,
    checksum: 'md5',
    payloadSigning: 'unsigned',
    contentType: 'video/mp4',
    metadata: { a: 'b' },
    ifNoneMatch: '*',
    beforeCommit,
    request: { Tagging: 'a=b' },
    signal,
    maxAttempts: 1,
    stallTimeout: Infinity,
    minThroughput: 0,
    commitTimeout: 1,
    highWaterMark: 0,
  } as const
  t.match(uploadSettings(given), {
    sizes: { partSize: 5 * GiB, concurrency: 1000, partGrowth: false },
    headerReserve: 5 * GiB - 1,
    highWaterMark: 0,
    target: {
      location: { bucket: 'b', key: 'a/k' },
      contentType: 'video/mp4',
      metadata: { a: 'b' },
      checksum: 'md5',
      payloadSigning: 'unsigned',
      ifNoneMatch: '*',
      request: { Tagging: 'a=b' },
      maxAttempts: 1,
      stallTimeout: Infinity,
      minThroughput: 0,
      commitTimeout: 1,
    },
  })
  t.equal(uploadSettings(given).beforeCommit, beforeCommit)
  t.equal(uploadSettings(given).signal, signal)
})

t.test('rejects an invalid option with its rule', async t => {
  for (const [option, value, rule] of [
    ['partSize', 5 * MiB - 1, /from 5242880 to 5368709120 bytes, got 5242879/],
    ['partSize', 5 * GiB + 1, /5368709120/],
    ['partSize', '8', /got "8"/],
    ['concurrency', 0, /from 1 to 1000, got 0/],
    ['concurrency', 1.5, /integer/],
    ['partGrowth', 1, /true or false/],
    ['headerReserve', 0, /from 16 to 8388607 bytes, got 0/],
    ['headerReserve', 8 * MiB, /from 16 to 8388607/],
    ['checksum', false, /one of "crc32", "md5", "none", got false/],
    ['checksum', 'sha256', /"crc32"/],
    ['payloadSigning', true, /one of "auto", "signed", "unsigned", got true/],
    ['contentType', '', /non-empty/],
    ['metadata', { a: 1 }, /strings/],
    ['ifNoneMatch', '"etag"', /must be "\*"/],
    ['ifNoneMatch', true, /must be "\*"/],
    ['beforeCommit', {}, /a function/],
    ['request', 'x', /an object/],
    ['request', { Bucket: 'c' }, /"bucket"/],
    ['signal', {}, /AbortSignal/],
    ['maxAttempts', 0, /from 1 to 100/],
    ['stallTimeout', 0, /milliseconds/],
    ['commitTimeout', null, /milliseconds/],
    ['highWaterMark', -1, /from 0/],
    ['client', {}, /S3Client/],
    ['key', 'k'.repeat(1025), /1024 bytes/],
    ['partsize', 1, /has no option "partsize"/],
  ] as const) {
    t.throws(
      () => uploadSettings({ ...needed, [option]: value }),
      { code: 'AVIO_ERR_OPTION', message: rule },
      `${option}: ${JSON.stringify(value)}`,
    )
  }
  t.throws(() => uploadSettings(undefined as never), { code: 'AVIO_ERR_OPTION' })
  t.throws(() => uploadSettings({ client } as never), { code: 'AVIO_ERR_OPTION', message: /"bucket"/ })
})

t.test(
  'rejects an unsigned payload without a checksum: over http nothing would protect the bytes',
  async t => {
    for (const payloadSigning of ['auto', 'signed'] as const)
      t.match(uploadSettings({ ...needed, checksum: 'none', payloadSigning }).target, { payloadSigning })
    t.throws(() => uploadSettings({ ...needed, checksum: 'none', payloadSigning: 'unsigned' }), {
      code: 'AVIO_ERR_OPTION',
      option: 'payloadSigning',
      message: /cannot be "unsigned" with checksum "none".*choose checksum "crc32" or "md5"/,
    })
  },
)
