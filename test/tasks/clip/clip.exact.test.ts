import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { clip } from '../../../lib/tasks/clip/clip.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'
import {
  AAC,
  audioInput,
  bothInputs,
  ffmpegToFile,
  ffprobeJson,
  framesOf,
  shownAt,
  videoInput,
} from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'
import { Collector } from '../../support/sources.js'
import { LONG_GOP, STILL_SCREENS, VP8, stillScreen } from '../../support/still-screens.js'

const RAW = ['-pix_fmt', 'yuv420p', '-c:v', 'rawvideo']
/** Lossless, with frames that are decoded before they are shown. */
const LOSSLESS = [
  '-preset',
  'veryfast',
  '-qp',
  '0',
  '-bf',
  '2',
  '-x264-params',
  'b-adapt=0',
  '-pix_fmt',
  'yuv420p',
]

interface Span {
  readonly start: number
  readonly end: number
}

/** Runs an exact clip through the validator. */
async function cut(bytes: Buffer, span: Span, args: readonly string[] = LOSSLESS) {
  const validator = new Fmp4Validator()
  const sink = new Collector()
  const stream = clip({ source: new LoggedAccess(bytes), ...span, exact: true, args })
  const remarks: string[] = []
  stream.on('log', ({ component, message }) => {
    if (component === 'avio-streams') remarks.push(message)
  })
  await pipeline(stream, validator, sink)
  const tracks = validator.report!.tracks.map(({ kind, duration }) => [kind, Math.round(duration * 10) / 10])
  return { bytes: sink.bytes, tracks, remarks }
}

/** Compares a clip to its source, decoded from the first frame to the last. */
async function compare(t: Test, bytes: Buffer, name: string, { start, end }: Span, args?: readonly string[]) {
  const frames = await framesOf(bytes, name, RAW)
  const first = shownAt(frames, start)
  const later = frames.filter(
    frame => frame.time > start + 5e-7 && frame.time < end - 5e-7 && frame !== first,
  )
  const wanted = [{ ...first, time: start }, ...later]
  const made = await cut(bytes, { start, end }, args)
  t.same(
    (await framesOf(made.bytes, 'clip.mp4', RAW)).map(({ time, hash }) => [time.toFixed(3), hash]),
    wanted.map(({ time, hash }) => [(time - start).toFixed(3), hash]),
    `${name} from ${start} to ${end}`,
  )
  return made
}

for (const [name, codec, audio] of STILL_SCREENS) {
  t.test(`holds exactly the frames of its span in still video: ${name}`, async t => {
    const bytes = await stillScreen(name, codec, audio)
    const track = (kind: string, duration: number) =>
      kind === 'audio' && audio.length === 0 ? [] : [[kind, duration]]
    const still = await compare(t, bytes, name, { start: 3, end: 5.5 })
    t.same(still.tracks, [...track('video', 2.5), ...track('audio', 2.5)], 'the only frame lasts to the end')
    const edge = await compare(t, bytes, name, { start: 1.93, end: 6.1 })
    t.same(edge.tracks, [...track('video', 4.2), ...track('audio', 4.2)])
  })
}

t.test('holds the frames of its span if no index leads to a key frame', async t => {
  const codecs = {
    'h264.ts': [...LONG_GOP, '-g', '50'],
    'mpeg4.ts': ['-c:v', 'mpeg4', '-g', '60'],
  }
  for (const [name, codec] of Object.entries(codecs)) {
    const bytes = await ffmpegToFile([...videoInput({ seconds: 7 }), ...codec], name)
    await compare(t, bytes, name, { start: 5.21, end: 6.3 })
  }
})

t.test('begins with the first frame if its span starts before it', async t => {
  const late = ['-itsoffset', '0.067', ...videoInput(), ...audioInput(), '-map', '0', '-map', '1']
  const bytes = await ffmpegToFile([...late, '-fps_mode', 'passthrough', ...LONG_GOP, ...AAC], 'late.mp4')
  await compare(t, bytes, 'late.mp4', { start: 0, end: 0.5 })
  await compare(t, bytes, 'late.mp4', { start: 0.02, end: 0.05 })
})

t.test('holds the last frame for as long as there is audio', async t => {
  const args = [...videoInput({ seconds: 2 }), ...audioInput({ seconds: 4 }), ...LONG_GOP, ...AAC]
  const bytes = await ffmpegToFile(args, 'longer-audio.mp4')
  const after = await compare(t, bytes, 'longer-audio.mp4', { start: 2.5, end: 3.5 })
  t.same(after.tracks, [
    ['video', 1],
    ['audio', 1],
  ])
  const past = await compare(t, bytes, 'longer-audio.mp4', { start: 1, end: 60 })
  t.same(
    past.tracks,
    [
      ['video', 3],
      ['audio', 3],
    ],
    'to the end of the media',
  )
})

t.test('holds the last frame to the end of a recording that does not state its length', async t => {
  const live = ['-live', '1', '-f', 'webm', '-frames:v', '50']
  for (const audio of [[], ['-c:a', 'libopus']]) {
    const input = audio.length > 0 ? bothInputs({ seconds: 2 }) : videoInput({ seconds: 2 })
    const bytes = await ffmpegToFile([...input, ...VP8, ...audio, ...live], 'recorded.webm')
    const { format } = await ffprobeJson<{ format: { duration?: string } }>(bytes, ['-show_format'])
    t.equal(format.duration, undefined, 'the file states no length')
    const past = await compare(t, bytes, 'recorded.webm', { start: 1, end: 60 })
    t.same(past.tracks, [['video', 1], ...(audio.length > 0 ? [['audio', 1]] : [])])
  }
})

t.test('has no audio if the source has none in the span, and logs that', async t => {
  const late = [...videoInput({ seconds: 4 }), '-itsoffset', '3', ...audioInput({ seconds: 1 })]
  const two = [...late, ...audioInput({ seconds: 4 })]
  const codecs = [...LONG_GOP, ...AAC]
  const bytes = await ffmpegToFile([...two, '-map', '0', '-map', '1', '-map', '2', ...codecs], 'two.mp4')
  const one = await ffmpegToFile([...late, '-map', '0', '-map', '1', ...codecs], 'late.ts')
  const silent = await cut(one, { start: 1, end: 2 })
  t.same(silent.tracks, [['video', 1]])
  t.same(silent.remarks, ['The clip has no audio: from 1 s to 2 s the source has no data in 0:a:0.'])
  const half = await cut(bytes, { start: 1, end: 2 })
  t.same(half.tracks, [
    ['video', 1],
    ['audio', 1],
  ])
  t.match(half.remarks, [/lacks some audio tracks: from 1 s to 2 s the source has no data in 0:a:0/])
  const heard = await cut(bytes, { start: 2.5, end: 3.5 })
  t.same(
    heard.tracks,
    [
      ['video', 1],
      ['audio', 0.5],
      ['audio', 1],
    ],
    'keeps audio that begins in the span',
  )
  t.same(heard.remarks, [])
  t.same((await cut(one, { start: 1, end: 2 }, ['-an'])).remarks, [], 'excluded audio is not missing')
})

t.test('obeys arguments for filters, rates and copied audio', async t => {
  const bytes = await stillScreen('still.mp4', LONG_GOP, AAC)
  const span = { start: 3, end: 5 }
  const both = [
    ['video', 2],
    ['audio', 2],
  ]
  t.same((await cut(bytes, span, ['-vf', 'scale=80:-2', '-af', 'volume=0.5'])).tracks, both)
  const rate = await cut(bytes, span, ['-r', '10'])
  t.same(rate.tracks, both)
  t.equal((await framesOf(rate.bytes)).length, 20, 'a constant rate repeats the frame to the end')
  const copied = await cut(bytes, span, ['-c:a', 'copy'])
  t.ok(Math.abs(Number(copied.tracks[1]![1]) - 2) < 0.05, 'whole packets')
  t.same((await cut(bytes, span, ['-t', '1'])).tracks, [
    ['video', 1],
    ['audio', 1],
  ])
  t.same(
    (await cut(await ffmpegToFile([...audioInput(), ...AAC], 'a.m4a'), { start: 1, end: 1.5 }, [])).tracks,
    [['audio', 0.5]],
  )
})

t.test('leaves audio without data in the span out of a copied clip, too', async t => {
  const late = [...videoInput({ seconds: 4 }), '-itsoffset', '3', ...audioInput({ seconds: 1 })]
  const bytes = await ffmpegToFile([...late, ...LONG_GOP, ...AAC], 'late.mp4')
  const validator = new Fmp4Validator()
  const stream = clip({ source: new LoggedAccess(bytes), start: 0, end: 2 })
  const remarks: string[] = []
  stream.on('log', ({ component, message }) => component === 'avio-streams' && remarks.push(message))
  await pipeline(stream, validator, new Collector())
  t.same(
    validator.report!.tracks.map(({ kind }) => kind),
    ['video'],
  )
  t.match(remarks, [/^The clip has no audio/])
})
