import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { FileSource } from '../../lib/io/sources/file-source.js'
import type { RandomAccess } from '../../lib/io/random-access.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { GiB, KiB, MiB } from '../../lib/options.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { badlyInterleaved } from '../support/bad-interleave.js'
import {
  AAC,
  H264,
  audioInput,
  avi,
  bothInputs,
  ffmpegToFile,
  ffmpegToPipe,
  indexLastMp4,
  matroska,
  packetsOf,
} from '../support/media.js'
import { over4GiB } from '../support/over-4gib.js'
import { Collector } from '../support/sources.js'
import { stores } from '../support/stores.js'

const COPY = { format: 'matroska', args: ['-c', 'copy', '-fflags', '+bitexact'] }
const HIGH_BITRATE = ['-c:v', 'mpeg4', '-qscale:v', '1', '-g', '25', '-c:a', 'pcm_s16le']

/** A video of many MiB that is quick to make. */
const highBitrate = (name: string) =>
  ffmpegToFile([...bothInputs({ seconds: 12, size: '1280x720' }), ...HIGH_BITRATE], name)

async function hashes(media: Buffer): Promise<string[]> {
  return (await packetsOf(media)).map(({ codec_type, data_hash }) => `${codec_type} ${data_hash}`).sort()
}

const read = (source: RandomAccess, args: string[] = []) =>
  buffer(new FfmpegReadable({ input: { source, args }, output: COPY }))

for (const store of stores()) {
  t.test(`pipes an object with its index last through the plain pipeline, on ${store.name}`, async t => {
    const { client, bucket, options } = await store.open(t)
    const media = await indexLastMp4({ seconds: 10, size: '640x360' })
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'in.mp4', Body: media }))
    const sink = new S3MultipartWritable({ client, bucket, key: 'out.mp4', ...options })
    await pipeline(
      new S3RangeReadable({ client, bucket, key: 'in.mp4' }),
      new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } }),
      new Fmp4Validator(),
      sink,
    )
    await sink.result
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'out.mp4' }))
    t.same(await hashes(Buffer.from(await Body!.transformToByteArray())), await hashes(media))
  })

  t.test(`produces the same output as from a file and from memory, on ${store.name}`, async t => {
    const { client, bucket } = await store.open(t)
    const file = join(t.testdir(), 'media')
    for (const media of [await indexLastMp4(), await avi(), await matroska()]) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'in', Body: media }))
      await writeFile(file, media)
      const fromS3 = await read(new S3Source({ client, bucket, key: 'in' }))
      t.same(await read(new FileSource({ path: file })), fromS3)
      t.same(await read(new BytesSource({ bytes: media })), fromS3)
    }
  })
}

/** A server with one object. */
async function local(media: Buffer) {
  const s3 = await LocalS3.start({ buckets: ['box'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await client.send(new PutObjectCommand({ Bucket: 'box', Key: 'k', Body: media }))
  s3.clearCalls()
  return { s3, object: { client, bucket: 'box', key: 'k' } }
}

t.test(
  'sends one small request before stopping the sequential reader, and reads the same version afterwards',
  async t => {
    const media = await highBitrate('index-last.mov')
    const { s3, object } = await local(media)
    const source = new S3RangeReadable(object)
    let stopped = false
    source.on('stop', () => (stopped = true))
    const sink = new Collector()
    await pipeline(source, new FfmpegTransform({ output: COPY }), sink)
    t.ok(stopped)
    t.same(await hashes(sink.bytes), await hashes(media))
    const [first, ...rest] = s3.calls
    t.equal(first!.range, `bytes=0-${512 * KiB - 1}`)
    const { etag } = s3.head('box', 'k')!
    for (const { headers } of rest) t.equal(headers['if-match'], etag)
    t.ok(
      s3.calls.length <= 3 + (1.2 * media.length) / MiB,
      `${s3.calls.length} GETs for ${media.length} bytes`,
    )
    const fetched = s3.calls.reduce((sum, { bytesOut }) => sum + bytesOut, 0)
    t.ok(fetched < 1.2 * media.length + 2 * MiB, `${fetched} of ${media.length}`)
  },
)

t.test(
  'sends one GET per block, not per seek, for a file with its audio track after its video track',
  async t => {
    const media = badlyInterleaved(
      await ffmpegToFile(
        [...bothInputs({ seconds: 12, size: '1280x720' }), ...HIGH_BITRATE, '-movflags', '+faststart'],
        'first.mov',
      ),
    )
    const { s3, object } = await local(media)
    const sink = new Collector()
    const ffmpeg = new FfmpegTransform({ output: COPY })
    const reasons: string[] = []
    ffmpeg.on('seek', ({ reason }) => reasons.push(reason))
    await pipeline(new S3RangeReadable(object), ffmpeg, sink)
    t.same(reasons, ['far-apart'])
    t.same(await hashes(sink.bytes), await hashes(media))
    t.ok(
      s3.calls.length <= 4 + (1.2 * media.length) / MiB,
      `${s3.calls.length} GETs for ${media.length} bytes`,
    )
  },
)

t.test('cancels the read that ffmpeg abandons by seeking', async t => {
  const { s3, object } = await local(await highBitrate('seek.mov'))
  await read(new S3Source(object), ['-ss', '6', '-t', '0.2'])
  await s3.idle()
  const fetched = s3.calls.reduce((sum, { bytesOut }) => sum + bytesOut, 0)
  t.ok(fetched < s3.head('box', 'k')!.size / 2, `${fetched} bytes in ${s3.calls.length} GETs`)
})

t.test('reports an object replaced during the read, not ffmpeg’s error about it', async t => {
  const media = await highBitrate('changed.mov')
  const { s3, object } = await local(media)
  s3.fault({ operation: 'GetObject', nth: 4, changed: Buffer.from(media).fill(1, 1000) })
  await t.rejects(
    pipeline(new S3RangeReadable(object), new FfmpegTransform({ output: COPY }), new Collector()),
    {
      code: 'AVIO_ERR_OBJECT_CHANGED',
    },
  )
})

t.test('reads no more of an object over 4 GiB, with its index last, than it needs', async t => {
  const small = await ffmpegToFile(
    [...bothInputs({ seconds: 4 }), ...H264, ...AAC, '-movflags', '+faststart'],
    'small.mp4',
  )
  const { source } = over4GiB(small)
  const ffmpeg = new FfmpegReadable({ input: { source }, output: COPY })
  t.same(await hashes(await buffer(ffmpeg)), await hashes(small))
  t.ok((await source.size()) > 5 * GiB)
  t.ok(ffmpeg.bytesFetched < 16 * MiB, `${ffmpeg.bytesFetched} bytes`)
})

t.test(
  'delivers the same packets over the pipe and over HTTP, if ffmpeg itself makes no difference',
  async t => {
    const faststart = await ffmpegToFile(
      [...bothInputs({ seconds: 4 }), ...H264, ...AAC, '-movflags', '+faststart'],
      'small.mp4',
    )
    for (const media of [faststart, await matroska({ seconds: 4 }), await avi({ seconds: 4 })]) {
      const sink = new Collector()
      await pipeline(Readable.from([media]), new FfmpegTransform({ output: COPY }), sink)
      const [piped, sought] = [
        await packetsOf(sink.bytes),
        await packetsOf(await read(new BytesSource({ bytes: media }))),
      ]
      t.same(sought, piped)
    }
  },
)

t.test('reads audio and images of all kinds over HTTP', async t => {
  const tone = audioInput({ seconds: 3 })
  const files = {
    wav: await ffmpegToFile(tone, 'sound.wav'),
    mp3: await ffmpegToFile(
      [...tone, '-c:a', 'libmp3lame', '-metadata', 'title=Tone', '-id3v2_version', '3'],
      'sound.mp3',
    ),
    mov: await ffmpegToFile([...bothInputs({ seconds: 3 }), ...H264, ...AAC], 'film.mov'),
    png: await ffmpegToPipe([
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=64x48:rate=5:duration=1',
      '-c:v',
      'png',
      '-f',
      'image2pipe',
    ]),
  }
  for (const [name, media] of Object.entries(files)) {
    const output = await read(new BytesSource({ bytes: media }))
    t.equal((await packetsOf(output)).length, (await packetsOf(media)).length, name)
  }
})

t.test('reports input that is not media, or not the named format', async t => {
  const jpeg = await ffmpegToPipe([
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=64x48',
    '-frames:v',
    '1',
    '-c:v',
    'mjpeg',
    '-f',
    'image2pipe',
  ])
  t.equal((await packetsOf(await read(new BytesSource({ bytes: jpeg })))).length, 1, 'a JPEG under any name')
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from([0]),
    Buffer.from('Just a text.\n'.repeat(99)),
    Buffer.alloc(99_999, 0xa5),
  ]) {
    await t.rejects(read(new BytesSource({ bytes })), { code: 'AVIO_ERR_INPUT_INVALID' })
  }
})

t.test('reports a truncated file if its container shows it', async t => {
  const half = (media: Buffer) => new BytesSource({ bytes: media.subarray(0, Math.floor(media.length / 2)) })
  const faststart = await ffmpegToFile(
    [...bothInputs({ seconds: 4 }), ...H264, ...AAC, '-movflags', '+faststart'],
    'cut.mp4',
  )
  await t.rejects(read(half(faststart)), { code: 'AVIO_ERR_INPUT_PARTIAL' })
  await t.rejects(read(half(await indexLastMp4({ seconds: 4 }))), { code: 'AVIO_ERR_MOOV_NOT_FOUND' })
  await t.rejects(read(half(await matroska({ seconds: 4 }))), { code: 'AVIO_ERR_INPUT_PARTIAL' })
  await t.rejects(read(half(await avi({ seconds: 4 }))), { code: 'AVIO_ERR_INPUT_PARTIAL' })
})
