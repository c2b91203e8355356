import type { EventEmitter } from 'node:events'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import type { FfmpegOutputOptions } from '../../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import type { FfmpegInput } from '../../../lib/ffmpeg/streams/input-info.js'
import type { FfmpegLogEntry } from '../../../lib/ffmpeg/log/log.js'
import { coverOf as keptCover } from '../../../lib/ffmpeg/output/kept-cover.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'
import {
  AAC,
  H264,
  audioInput,
  ffmpegToFile,
  ffmpegToPipe,
  ffprobeJson,
  videoInput,
} from '../../support/media.js'
import { HeadSink } from '../../support/faststart.js'
import { ChunkedSource, Collector } from '../../support/sources.js'
import { failing } from '../../support/transform.js'

/** Audio with a cover. */
function song(name: string, codec: string, cover = ['-c:v', 'mjpeg'], size = '640x480'): Promise<Buffer> {
  // One frame: in ffmpeg 7, `-frames` would end the audio, too.
  const attached = [...cover, '-disposition:v', 'attached_pic']
  const inputs = [...audioInput(), ...videoInput({ size, seconds: 0.04 })]
  return ffmpegToFile(
    [...inputs, '-map', '0', '-map', '1', '-c:a', codec, ...attached, '-metadata', 'title=kept'],
    name,
  )
}

interface Probed {
  streams: { codec_name: string; disposition: { attached_pic: number } }[]
  packets: { codec_type: string; data_hash: string; size: string }[]
}

async function coverOf(bytes: Buffer, name: string) {
  const entries = ['-show_streams', '-show_packets', '-show_data_hash', 'MD5']
  const { streams, packets } = await ffprobeJson<Probed>(bytes, entries, name)
  return {
    kinds: streams.map(({ codec_name, disposition }) => `${codec_name} ${disposition.attached_pic}`),
    cover: packets.find(({ codec_type }) => codec_type === 'video')?.data_hash,
  }
}

async function run(bytes: Buffer, by: 'pipe' | 'seek', output: FfmpegOutputOptions, args: string[] = []) {
  const stage =
    by === 'pipe'
      ? new FfmpegTransform({ input: { args }, output })
      : new FfmpegReadable({ input: { source: new BytesSource({ bytes }), args }, output })
  const inputs: FfmpegInput[] = []
  const remarks: string[] = []
  const emitter: EventEmitter = stage
  emitter.on('input', (input: FfmpegInput) => inputs.push(input))
  emitter.on(
    'log',
    ({ component, message }: FfmpegLogEntry) => component === 'avio-streams' && remarks.push(message),
  )
  const source = by === 'pipe' ? [new ChunkedSource(bytes)] : []
  const head = new HeadSink()
  const plain = new Collector()
  const isFile = output.layout === 'file'
  const rest = isFile ? [head] : [new Fmp4Validator(), plain]
  await pipeline([...source, stage, ...rest] as never)
  return { file: isFile ? head.file : plain.bytes, streams: inputs.at(-1)!.streams, remarks }
}

const KEEP = { format: 'ipod', cover: 'keep', onMissing: 'error' } as const

t.test('keeps the cover of a song, for every input and output format', async t => {
  for (const [name, codec] of [
    ['song.mp3', 'libmp3lame'],
    ['song.m4a', 'aac'],
    ['song.flac', 'flac'],
  ] as const) {
    const bytes = await song(name, codec)
    const { cover } = await coverOf(bytes, name)
    for (const by of ['pipe', 'seek'] as const) {
      for (const layout of ['stream', 'file'] as const) {
        const { file, streams } = await run(bytes, by, { ...KEEP, layout, args: ['-vn', ...AAC] })
        t.same(
          await coverOf(file, 'out.m4a'),
          { kinds: ['aac 0', 'mjpeg 1'], cover },
          `${name} ${by} ${layout}`,
        )
        t.match(streams[1], { into: [{ output: 0, by: 'copied' }], leftOut: [] })
      }
    }
  }
})

t.test('keeps a cover without -vn, if it is mapped, and for a part of the input', async t => {
  const bytes = await song('song.m4a', 'aac')
  const { cover } = await coverOf(bytes, 'song.m4a')
  for (const [args, input] of [
    [AAC, []],
    [['-map', '0', '-c', 'copy'], []],
    [
      ['-map', '0:a', ...AAC],
      ['-ss', '1', '-t', '0.5'],
    ],
  ] as const) {
    const { file } = await run(bytes, 'seek', { ...KEEP, args }, [...input])
    t.same(await coverOf(file, 'out.m4a'), { kinds: ['aac 0', 'mjpeg 1'], cover }, args.join(' '))
  }
})

t.test('keeps a cover far larger than ffmpeg could write to a pipe', async t => {
  const bytes = await song('song.mp3', 'libmp3lame', ['-c:v', 'bmp'], '800x600')
  const { cover } = await coverOf(bytes, 'song.mp3')
  for (const layout of ['stream', 'file'] as const) {
    const { file } = await run(bytes, 'pipe', { ...KEEP, layout, args: ['-vn', ...AAC] })
    t.same(await coverOf(file, 'out.m4a'), { kinds: ['aac 0', 'bmp 1'], cover }, layout)
  }
})

t.test('runs nothing to examine a piped input without a cover', async t => {
  const head = await ffmpegToPipe([...audioInput(), '-f', 'mp3'])
  const question = (url: string) => ({
    inputs: [{ spec: { url, args: [], protocols: [] }, head }],
    outputs: [],
    ffmpegPath: '/nowhere/ffmpeg',
    env: {},
  })
  const remark = () => t.fail('unexpected remark')
  t.equal(await keptCover(question('pipe:0'), remark), undefined)
  await t.rejects(keptCover(question('http://there/0/input'), remark), { code: 'AVIO_ERR_FFMPEG_SPAWN' })
})

t.test('keeps the cover of a film beside its video', async t => {
  const inputs = [...videoInput(), ...audioInput(), ...videoInput({ size: '64x64', seconds: 0.04 })]
  const maps = ['-map', '0', '-map', '1', '-map', '2', ...H264, ...AAC]
  const attached = ['-c:v:1', 'mjpeg', '-disposition:v:1', 'attached_pic']
  const film = await ffmpegToFile([...inputs, ...maps, ...attached], 'film.mp4')
  const { file } = await run(film, 'seek', { format: 'mp4', cover: 'keep', args: ['-c', 'copy'] })
  t.same((await coverOf(file, 'out.mp4')).kinds, ['h264 0', 'aac 0', 'mjpeg 1'])
})

t.test('omits a cover by default, and accepts inputs without one', async t => {
  const bytes = await song('song.mp3', 'libmp3lame')
  const { file, streams } = await run(bytes, 'pipe', { format: 'ipod', args: AAC })
  t.same((await coverOf(file, 'out.m4a')).kinds, ['aac 0'])
  t.match(streams[1], { into: [], leftOut: [{ output: 0, reason: 'cover' }] })
  const plain = await ffmpegToPipe([...audioInput(), '-f', 'mp3'])
  for (const by of ['pipe', 'seek'] as const) {
    const made = await run(plain, by, { ...KEEP, args: AAC })
    t.same((await coverOf(made.file, 'out.m4a')).kinds, ['aac 0'], by)
    t.same(made.remarks, [])
  }
})

t.test('logs a cover that an MP4 cannot hold, or that is too large', async t => {
  const gif = await song('song.mp3', 'libmp3lame', ['-c:v', 'gif'])
  const large = await song('song.mp3', 'libmp3lame', ['-c:v', 'bmp'], '1800x1600')
  for (const [bytes, message] of [
    [gif, /^The cover 0:1 is left out: .* JPEG, a PNG or a BMP/],
    [large, /^The cover 0:1 is left out: .* larger than 8388608 bytes/],
  ] as const) {
    const { file, streams, remarks } = await run(bytes, 'seek', {
      ...KEEP,
      onMissing: 'tell',
      args: ['-vn', ...AAC],
    })
    t.same((await coverOf(file, 'out.m4a')).kinds, ['aac 0'])
    t.match(remarks, [message])
    t.same(streams[1]!.into, [])
  }
  const error = await failing(t, gif, { output: { ...KEEP, args: AAC } })
  t.match(error, { code: 'AVIO_ERR_STREAM_MISSING', message: /0:1 \(video, gif\) is cover art/ })
})
