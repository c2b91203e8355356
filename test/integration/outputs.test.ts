import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { muxerOf } from '../../lib/ffmpeg/args/muxers.js'
import {
  DEFERRED_HEADERS,
  DeferredHeader,
  type DeferredHeaderFormat,
  deferredHeaderArguments,
} from '../../lib/ffmpeg/headers/deferred-header.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import * as media from '../support/media.js'

/** Uncompressed video and audio, which every encoder accepts; whole AAC frames, so that no packet is cut short. */
const source = () =>
  media.ffmpegToPipe([
    ...media.bothInputs({ seconds: 0.64, size: '64x48' }),
    ...['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le', '-f', 'nut'],
  ])

interface Output {
  args: string[]
  /** The demuxer's arguments, where ffmpeg can't guess. */
  read?: string[]
  /** Asserts the difference between the stream and the file. */
  lost?: (t: Test, stream: Buffer, file: Buffer) => void | Promise<void>
}

const UNKNOWN_SIZE = Buffer.from([0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
const CUES = Buffer.from([0x1c, 0x53, 0xbb, 0x6b])
const BIT_EXACT = ['-threads', '1', '-fflags', '+bitexact', '-flags', '+bitexact']

async function durationOf(bytes: Buffer): Promise<string | undefined> {
  const shown = await media.ffprobeJson<{ format: { duration?: string } }>(bytes, ['-show_format'])
  return shown.format.duration
}

/** The duration of an MP3 with the encoder's padding, which no stream states, and which ffmpeg 9 does not count. */
async function playedBy(bytes: Buffer): Promise<string> {
  const packets = await media.packetsOf(bytes)
  const { streams } = await media.ffprobeJson<{ streams: { time_base: string }[] }>(bytes, ['-show_streams'])
  const ticks = packets.reduce((sum, { duration }) => sum + duration!, 0)
  return (ticks / Number(streams[0]!.time_base.split('/')[1])).toFixed(6)
}

async function matroskaLoses(t: Test, stream: Buffer, file: Buffer) {
  t.ok(stream.includes(UNKNOWN_SIZE), 'a segment of unknown size')
  t.notOk(file.includes(UNKNOWN_SIZE))
  t.equal(stream.lastIndexOf(CUES), -1, 'no cues')
  t.ok(file.includes(CUES))
  t.equal(await durationOf(stream), undefined, 'no duration')
  t.match(await durationOf(file), /^0\.6/)
}

const OUTPUTS: Record<string, Output> = {
  webm: {
    args: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
    lost: matroskaLoses,
  },
  matroska: { args: [...media.H264, ...media.AAC], lost: matroskaLoses },
  mpegts: { args: [...media.H264, ...media.AAC] },
  flv: {
    args: [...media.H264, ...media.AAC],
    lost(t, stream, file) {
      t.ok(file.includes('duration') && file.includes('filesize'))
      t.notOk(stream.includes('duration') || stream.includes('filesize'), 'neither of the two fields')
    },
  },
  ogg: { args: ['-vn', '-c:a', 'libopus'] },
  mp3: {
    args: ['-vn', '-b:a', '64k'],
    lost(t, stream, file) {
      t.ok(file.includes('Info\0\0\0\x0f'))
      t.notOk(stream.includes('Info\0\0\0'), 'no Info frame')
    },
  },
  adts: { args: ['-vn', ...media.AAC] },
  wav: {
    args: ['-vn'],
    lost(t, stream, file) {
      t.equal(stream.readUInt32LE(4), 0xffffffff, 'size of the file')
      t.equal(stream.readUInt32LE(stream.indexOf('data') + 4), 0xffffffff, 'size of the data')
      t.equal(file.readUInt32LE(4), file.length - 8)
      t.equal(stream.length, file.length)
    },
  },
  au: {
    args: ['-vn'],
    lost: (t, stream) => void t.equal(stream.readUInt32BE(8), 0xffffffff, 'size of the data'),
  },
  gif: { args: ['-an'] },
  image2pipe: { args: ['-an', '-c:v', 'png'], read: ['-f', 'png_pipe'] },
  mjpeg: { args: ['-an'], read: ['-f', 'mjpeg'] },
  rawvideo: { args: ['-an'], read: ['-f', 'rawvideo', '-video_size', '64x48', '-pixel_format', 'yuv420p'] },
  s16le: { args: ['-vn'], read: ['-f', 's16le', '-ar', '48000', '-ch_layout', 'mono'] },
}

/** An in-process store with the source, a reader for it, and a sink. */
async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['media'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('media', 'in', await source())
  const at = { client, bucket: 'media' }
  const reader = () => new S3RangeReadable({ ...at, key: 'in' })
  const sink = () => new S3MultipartWritable({ ...at, key: 'out' })
  return { reader, sink, stored: async () => (await s3.get('media', 'out'))! }
}

const argsOf = ({ args }: Output) => [...args, ...BIT_EXACT]

/** The output of ffmpeg to a file, from the same source. */
async function fileOf(t: Test, format: string, output: Output): Promise<Buffer> {
  const path = join(t.testdir(), 'source.nut')
  await writeFile(path, await source())
  return media.ffmpegToFile(['-i', path, ...argsOf(output), '-f', format], `out.${format}`)
}

/**
 * Packets without side data: only the encoder knows, and only a file states, how much of them to skip. ffmpeg 7 and
 * later mark the last packet of a WAV as damaged (`C`) if the file does not state its size.
 */
async function packetsOf(bytes: Buffer, output: Output) {
  const packets = await media.packetsOf(bytes, output.read)
  return packets.map(packet => ({ ...packet, flags: packet.flags.slice(0, 2), side_data_list: undefined }))
}

for (const [format, output] of Object.entries(OUTPUTS)) {
  t.test(
    `stores ${format} with the packets of ffmpeg's own file, and loses only what the table states`,
    async t => {
      const { reader, sink, stored } = await open(t)
      await pipeline(reader(), new FfmpegTransform({ output: { format, args: argsOf(output) } }), sink())
      const [stream, file] = [await stored(), await fileOf(t, format, output)]
      t.ok((await packetsOf(stream, output)).length > 0)
      t.same(await packetsOf(stream, output), await packetsOf(file, output))
      t.equal(muxerOf(format).lost === undefined, output.lost === undefined, 'the table agrees')
      if (output.lost === undefined) t.ok(stream.equals(file), 'equals the file, byte for byte')
      await output.lost?.(t, stream, file)
    },
  )
}

/** Both ways to defer a header: in the stage that runs ffmpeg, and after it. */
const WAYS = {
  'as a layout': (format: DeferredHeaderFormat, args: string[]) => [
    new FfmpegTransform({ output: { format, args, layout: 'file' } }),
  ],
  'after ffmpeg': (format: DeferredHeaderFormat, args: string[]) => [
    new FfmpegTransform({ output: { format, args: [...deferredHeaderArguments(format), ...args] } }),
    new DeferredHeader({ format }),
  ],
}

for (const format of DEFERRED_HEADERS) {
  for (const [way, stages] of Object.entries(WAYS)) {
    t.test(`stores ${format} with a deferred header, ${way}, as ffmpeg's own file`, async t => {
      const { reader, sink, stored } = await open(t)
      const output = OUTPUTS[format]!
      await pipeline([reader(), ...stages(format, argsOf(output)), sink()])
      const [made, file] = [await stored(), await fileOf(t, format, output)]
      t.same(await packetsOf(made, output), await packetsOf(file, output))
      if (format === 'mp3') {
        t.equal(await durationOf(made), await playedBy(file))
      } else {
        t.equal(await durationOf(made), await durationOf(file))
        t.ok(made.equals(file), 'byte for byte')
      }
    })
  }
}
