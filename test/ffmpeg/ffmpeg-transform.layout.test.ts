import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { FfmpegProcess } from '../../lib/ffmpeg/ffmpeg-process.js'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import {
  AAC,
  H264_B_FRAMES,
  bothInputs,
  ffmpegThroughPipes,
  FRAGMENTED,
  ffmpegToFile,
  ffmpegToPipe,
  ffprobeJson,
  matroska,
  packetsOf,
} from '../support/media.js'
import { fixture, resources, resourcesSince } from '../support/child.js'
import { HeadSink } from '../support/faststart.js'
import { ChunkedSource, Collector } from '../support/sources.js'

const PROGRESSIVE = { format: 'mp4', args: ['-c', 'copy'], layout: 'file' } as const

/** Media with B-frames and priming, which need edit lists. */
const source = () => ffmpegToFile([...bothInputs({ seconds: 3 }), ...H264_B_FRAMES, ...AAC], 'source.mkv')
/** ffmpeg's own ordinary file of the same packets. */
async function ordinary() {
  const args = [...bothInputs({ seconds: 3 }), ...H264_B_FRAMES, ...AAC, '-movflags', '+faststart']
  return ffmpegToFile(args, 'ordinary.mp4')
}

interface Report {
  format: { duration: string; tags: { major_brand: string } }
  streams: { codec_name: string; start_time: string; nb_frames: string }[]
}

const report = (bytes: Buffer) =>
  ffprobeJson<Report>(bytes, [
    '-show_entries',
    'format=duration:format_tags=major_brand:stream=codec_name,start_time,nb_frames',
  ])

t.test('writes a progressive MP4 with the packets of ffmpeg’s own fast-start file', async t => {
  const expected = await ordinary()
  const sink = new HeadSink()
  await pipeline(
    new ChunkedSource(expected, { chunkSize: 10_000 }),
    new FfmpegTransform({ output: PROGRESSIVE }),
    sink,
  )
  const byTrack = async (bytes: Buffer) => {
    const packets = await packetsOf(bytes)
    return [0, 1].map(track => packets.filter(({ stream_index }) => stream_index === track))
  }
  t.same(await byTrack(sink.file), await byTrack(expected))
  t.same(await report(sink.file), await report(expected))
  t.equal(sink.file.indexOf('moof'), -1)
  t.ok(sink.file.indexOf('moov') < sink.file.indexOf('mdat'))
})

t.test('stores one object in S3, and uploads the first part last, with the header', async t => {
  const s3 = await LocalS3.start({ buckets: ['web'], minPartSize: 1 })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const ffmpeg = new FfmpegReadable({
    input: { source: new BytesSource({ bytes: await source() }) },
    output: PROGRESSIVE,
  })
  const sink = new S3MultipartWritable({ client, bucket: 'web', key: 'talk.mp4' })
  await pipeline(ffmpeg, sink)
  const stored = await s3.get('web', 'talk.mp4')
  t.equal(stored!.toString('latin1', 4, 8), 'ftyp')
  t.match(await report(stored!), { streams: [{ codec_name: 'h264' }, { codec_name: 'aac' }] })
})

t.test('gives each output of a process its own layout', async t => {
  const before = resources()
  const ffmpeg = new FfmpegProcess({
    inputs: [{}],
    outputs: [PROGRESSIVE, { format: 'wav', layout: 'file' }, { format: 'matroska', args: ['-c', 'copy'] }],
  })
  const sinks = [new HeadSink(), new HeadSink(), new Collector()] as const
  await Promise.all([
    pipeline(new ChunkedSource(await source()), ffmpeg.inputs[0]!),
    ...ffmpeg.outputs.map((output, n) => pipeline(output, sinks[n]!)),
    ffmpeg.result,
  ])
  const [mp4, wav, mkv] = [sinks[0].file, sinks[1].file, sinks[2].bytes]
  t.equal((await packetsOf(mp4)).length, (await packetsOf(mkv)).length)
  t.equal(wav.readUInt32LE(4), wav.length - 8, 'the size in the header')
  t.same(await resourcesSince(before), {})
})

t.test('writes the deferred header that a file would have', async t => {
  const media = await matroska()
  for (const format of ['wav', 'flv', 'mp3', 'au'] as const) {
    const args = format === 'flv' ? ['-c:v', 'flv', '-an'] : []
    const sink = new HeadSink()
    const ffmpeg = new FfmpegTransform({ output: { format, args, layout: 'file' } })
    await pipeline(new ChunkedSource(media), ffmpeg, sink)
    const entries = ['-show_entries', 'format=duration,format_name']
    const { format: found } = await ffprobeJson<{ format: { duration: string } }>(sink.file, entries)
    t.match(found, { format_name: format })
    t.ok(Math.abs(Number(found.duration) - 2) < 0.2, `${format}: ${found.duration} s`)
  }
})

t.test('fails before ffmpeg starts if its reader does not claim the header', async t => {
  const media = await source()
  const stages: Record<string, () => Promise<Readable>> = {
    transform: async () => new ChunkedSource(media).pipe(new FfmpegTransform({ output: PROGRESSIVE })),
    readable: async () =>
      new FfmpegReadable({ input: { source: new BytesSource({ bytes: media }) }, output: PROGRESSIVE }),
  }
  for (const [name, make] of Object.entries(stages)) {
    for (const between of [[], [new PassThrough()]]) {
      const before = resources()
      const stage = await make()
      stage.once('spawn', () => t.fail('started'))
      const sink = between.length > 0 ? new HeadSink() : new Collector()
      await t.rejects(
        pipeline([stage, ...between, sink] as never),
        { code: 'AVIO_ERR_HEADER_UNCLAIMED', message: /^Ffmpeg/ },
        name,
      )
      t.same(await resourcesSince(before), {})
    }
  }
  const ffmpeg = new FfmpegProcess({
    inputs: [{ source: new BytesSource({ bytes: media }) }],
    outputs: [PROGRESSIVE, PROGRESSIVE],
  })
  ffmpeg.once('spawn', () => t.fail('started'))
  const flows = [new HeadSink(), new Collector()].map((sink, n) => pipeline(ffmpeg.outputs[n]!, sink))
  const settled = await Promise.allSettled(flows)
  t.same(
    settled.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await t.rejects(ffmpeg.result, { code: 'AVIO_ERR_HEADER_UNCLAIMED', message: /^outputs\[1\]/ })
})

t.test('starts ffmpeg only after a sink has claimed the header', async t => {
  const ffmpeg = new FfmpegTransform({ output: PROGRESSIVE })
  let isSpawned = false
  ffmpeg.once('spawn', () => (isSpawned = true))
  ffmpeg.end(await source())
  await setTimeout(20)
  t.equal(isSpawned, false)
  const sink = new HeadSink()
  ffmpeg.pipe(sink)
  await once(sink, 'finish')
  t.equal(isSpawned, true)
  t.equal((await packetsOf(sink.file)).length, (await packetsOf(await source())).length)
})

t.test('fails without an end if ffmpeg writes what the layout can’t hold', async t => {
  // A stand-in for an ffmpeg that writes invalid output.
  const options = {
    ffmpegPath: fixture('copies'),
    output: { ...PROGRESSIVE, args: ['-vn', '-c:a', 'aac'] },
    input: { format: 's16le' },
  }
  const media = await ffmpegToPipe([...bothInputs(), ...H264_B_FRAMES, ...AAC, ...FRAGMENTED])
  for (const [bytes, code] of [
    [Buffer.from('no boxes at all'), 'AVIO_ERR_MP4_NOT_MP4'],
    [media.subarray(0, media.length - 1000), 'AVIO_ERR_MP4_BOX_TRUNCATED'],
  ] as const) {
    const before = resources()
    const sink = new HeadSink()
    const stages = [new ChunkedSource(bytes), new FfmpegTransform(options), sink] as const
    await t.rejects(pipeline(...stages), { code })
    t.equal(sink.file.length, 0)
    t.same(await resourcesSince(before), {})
  }
})

t.test('writes the bytes of ffmpeg unchanged with layout "stream"', async t => {
  const args = ['-c', 'copy', '-fflags', '+bitexact', '-flags', '+bitexact']
  const media = await source()
  const sink = new Collector()
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args, layout: 'stream' } })
  await pipeline(new ChunkedSource(media), ffmpeg, sink)
  const plain = ['-frag_duration', '2000000', ...args, '-sn', '-dn']
  const movflags = ['-movflags', 'frag_keyframe+delay_moov+default_base_moof', '-f', 'mp4']
  t.same(sink.bytes, await ffmpegThroughPipes(['-i', 'pipe:0', ...plain, ...movflags], media))
})
