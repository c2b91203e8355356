import type { EventEmitter } from 'node:events'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import type { FfmpegOutputOptions } from '../../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import { LateTrackWatch, hasTrueTimes, withTrueTimes } from '../../../lib/ffmpeg/args/late-tracks.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { LINK } from '../../../lib/io/pipeline/link.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'
import { exists } from '../../support/child.js'
import { AAC, audioInput, ffmpegToFile, packetsOf, videoInput } from '../../support/media.js'
import { HeadSink, bothLayouts } from '../../support/faststart.js'
import { ChunkedSource, Collector } from '../../support/sources.js'
import { failing } from '../../support/transform.js'

const DEFAULTS = ['frag_keyframe', 'delay_moov', 'default_base_moof']
const REMEDY = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof+frag_discont']

/** Video with audio from 40 s on: a fragment on a pipe can't list all the samples before that. */
function meeting(): Promise<Buffer> {
  const video = videoInput({ seconds: 41, size: '16x16', rate: 60 })
  const codecs = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-bf',
    '2',
    '-g',
    '300',
    '-pix_fmt',
    'yuv420p',
    ...AAC,
  ]
  const inputs = [...video, '-itsoffset', '40', ...audioInput({ seconds: 1 })]
  return ffmpegToFile([...inputs, '-map', '0', '-map', '1', ...codecs], 'meeting.mkv')
}

const timed = async (bytes: Buffer) =>
  (await packetsOf(bytes))
    .map(({ codec_type, pts, dts, size }) => `${codec_type} ${pts} ${dts} ${size}`)
    .sort()

async function made(stage: FfmpegReadable | FfmpegTransform, source?: ChunkedSource) {
  let spawns = 0
  const seeks: string[] = []
  const emitter: EventEmitter = stage
  emitter.on('spawn', () => spawns++)
  emitter.on('seek', ({ reason }: { reason: string }) => seeks.push(reason))
  const sink = new HeadSink()
  const isHeaded = stage[LINK].header !== undefined
  const plain = { file: Buffer.alloc(0) }
  const collect = async (stream: AsyncIterable<Buffer>) => {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    plain.file = Buffer.concat(chunks)
  }
  const stages = [...(source ? [source] : []), stage, isHeaded ? sink : collect]
  await pipeline(stages as never)
  return { file: isHeaded ? sink.file : plain.file, spawns, seeks }
}

t.test("reads an input again if its audio begins late, and matches ffmpeg's own file", async t => {
  const bytes = await meeting()
  const { faststart } = await bothLayouts(bytes, 'meeting.mkv')
  const plain = await timed(faststart)
  for (const layout of ['stream', 'file'] as const) {
    const output: FfmpegOutputOptions = { format: 'mp4', layout, args: ['-c', 'copy'] }
    const seeking = await made(new FfmpegReadable({ input: { source: new BytesSource({ bytes }) }, output }))
    const linked = new ChunkedSource(bytes)
    Object.defineProperty(linked, LINK, { value: { randomAccess: new BytesSource({ bytes }) } })
    const piped = await made(new FfmpegTransform({ output }), linked)
    t.equal(seeking.spawns, 2)
    t.same([piped.spawns, piped.seeks], [2, ['late-track']])
    for (const { file } of [seeking, piped]) {
      const own = await timed(file)
      t.same(
        own.filter(packet => plain.includes(packet)),
        plain,
        layout,
      )
      t.ok(own.length - plain.length <= 1, 'ffmpeg rounds its edit down, and may lose the last packet')
    }
  }
})

t.test('leaves no child behind when destroyed between the two runs', async t => {
  const bytes = await meeting()
  const linked = new ChunkedSource(bytes)
  Object.defineProperty(linked, LINK, { value: { randomAccess: new BytesSource({ bytes }) } })
  const stage = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } })
  const pids: number[] = []
  stage.on('spawn', ({ pid }) => pids.push(pid))
  const boom = new Error('boom')
  stage.once('seek', () => setImmediate(() => stage.destroy(boom)))
  const closed = new Promise(resolve => stage.once('close', resolve)).then(() => pids.filter(exists))
  await t.rejects(pipeline(linked, stage, new Collector()), boom)
  t.same(await closed, [])
  t.ok(pids.length > 0)
})

t.test('accepts flags that do not wait, for an input that can be read only once', async t => {
  const bytes = await meeting()
  const { faststart } = await bothLayouts(bytes, 'meeting.mkv')
  const plain = await timed(faststart)
  const error = await failing(t, bytes, { output: { format: 'mp4', args: ['-c', 'copy'] } })
  t.match(error, {
    code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
    message: new RegExp(REMEDY[1]!.replaceAll('+', '\\+')),
  })
  for (const layout of ['stream', 'file'] as const) {
    const output: FfmpegOutputOptions = { format: 'mp4', layout, args: ['-c', 'copy', ...REMEDY] }
    const { file, spawns } = await made(new FfmpegTransform({ output }), new ChunkedSource(bytes))
    t.equal(spawns, 1)
    t.same(
      (await timed(file)).filter(packet => plain.includes(packet)),
      plain,
      layout,
    )
  }
})

t.test('omits a track that never begins from an ordinary file, as ffmpeg does', async t => {
  const bytes = await meeting()
  const output: FfmpegOutputOptions = {
    format: 'mp4',
    layout: 'file',
    args: ['-c', 'copy', '-t', '38'],
  }
  const { file, spawns } = await made(
    new FfmpegReadable({ input: { source: new BytesSource({ bytes }) }, output }),
  )
  t.equal(spawns, 2)
  t.equal(file.indexOf('mp4a'), -1)
  const packets = await packetsOf(file)
  t.ok(Math.abs(packets.length - 38 * 60) <= 3)
})

t.test('lets a validator accept a track without samples only if the input has none', async t => {
  const bytes = await ffmpegToFile(
    [
      ...videoInput({ seconds: 4 }),
      '-itsoffset',
      '3',
      ...audioInput({ seconds: 1 }),
      '-c:v',
      'libx264',
      ...AAC,
    ],
    'soon.mkv',
  )
  // The audio begins after the cut, so that the input has no packet of it.
  const trimming = {
    input: { format: 'matroska' },
    output: { format: 'matroska', args: ['-map', '0', '-c', 'copy', '-t', '1'] },
  }
  const cut = (await made(new FfmpegTransform(trimming), new ChunkedSource(bytes))).file
  for (const args of [
    ['-c', 'copy'],
    ['-c:v', 'copy', '-c:a', 'aac'],
  ]) {
    const stage = new FfmpegReadable({
      input: { source: new BytesSource({ bytes: cut }) },
      output: { format: 'mp4', args },
    })
    const validator = new Fmp4Validator()
    await pipeline(stage, validator, new Collector())
    t.equal(validator.report!.tracks.length > 0, true)
  }
  const lost = ['-c:v', 'copy', '-c:a', 'aac', '-af', 'atrim=start=100']
  const stage = new FfmpegReadable({
    input: { source: new BytesSource({ bytes }) },
    output: { format: 'mp4', args: lost },
  })
  await t.rejects(pipeline(stage, new Fmp4Validator(), new Collector()), { code: 'AVIO_ERR_MP4_NO_FRAGMENT' })
})

t.test('detects an output waiting for a track by its progress, if other flags could write it', async t => {
  const watch = (args: string[] = [], flags = DEFAULTS) => new LateTrackWatch(args, flags)
  const asked = (one: LateTrackWatch, ...reports: [number, number][]) =>
    reports.map(([outTime, bytes]) => one.isWaiting(outTime, bytes))
  t.same(asked(watch(), [14, 0], [16, 0], [17, 0]), [false, false, true], 'only at the second report')
  t.same(asked(watch(), [16, 0], [17, 1], [18, 1]), [false, false, false], 'bytes have arrived')
  t.same(
    asked(watch(['-frag_duration', '60000000']), [16, 0], [17, 0]),
    [false, false],
    'a fragment may be that long',
  )
  t.same(
    asked(watch([], ['frag_keyframe', 'empty_moov']), [16, 0], [17, 0]),
    [false, false],
    'these flags do not wait',
  )
  t.same(asked(watch([], [...DEFAULTS, 'cmaf']), [16, 0], [17, 0]), [false, false])
  const ac3 = watch()
  ac3.see({ level: 'info', message: "Output #0, mp4, to 'pipe:1':" })
  ac3.see({ level: 'info', message: '  Stream #0:1: Audio: ac3 (ac-3 / 0x332D6361), 48000 Hz, stereo' })
  t.equal(ac3.isAble, false, 'AC-3 has its parameters in its packets')
})

t.test('recognizes the flags that do not wait', async t => {
  t.equal(hasTrueTimes(DEFAULTS), false)
  t.equal(hasTrueTimes(REMEDY[1]!.split('+')), true)
  t.equal(hasTrueTimes([...REMEDY[1]!.split('+'), 'cmaf']), false)
  t.equal(hasTrueTimes(['empty_moov', 'default_base_moof']), false)
  t.equal(hasTrueTimes(withTrueTimes(DEFAULTS)), true)
})
