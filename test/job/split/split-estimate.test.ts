import { readFileSync } from 'node:fs'
import t from 'tap'
import { AUDIO_SPEED, IMAGE_SPEED, decodeSpeed, encodeSpeed } from '../../../lib/job/encoding/encode-speed.js'
import { JOIN_SPEED, splitTimes } from '../../../lib/job/grid/split-gain.js'
import { type EstimateSpec, estimateSplit, estimateText } from '../../../lib/job/split/split-estimate.js'

const LOAD = { encoder: 'libx264', args: [], width: 1920, height: 1080, fps: 25 }

/** An hour on eight processors, or on 20 workers. */
const SPEC: EstimateSpec = {
  ...{ seconds: 3600, chunks: 60, chunkSeconds: 60, workers: 20 },
  ...{
    source: { width: 1920, height: 1080, fps: 25 },
    encodings: [LOAD],
    audios: 1,
    images: 0,
    runUpSeconds: 1,
  },
  ...{ isCopied: true, threads: 1, processors: 8, stated: undefined },
}

/** To the three digits of an estimate. */
const near = (speed: number) => Number(speed.toPrecision(3))

t.test('assumes the speed of a core, and that a single run uses all processors', async t => {
  const { terms, speed, encodings, wholeThreads, ...times } = estimateSplit(SPEC)
  t.same([speed, encodings, wholeThreads], ['assumed', ['libx264 medium, 1920x1080, 25 frames/s'], 8])
  const decode = decodeSpeed(SPEC.source)
  const core = 1 / (1 / decode + 1 / encodeSpeed(LOAD))
  t.same(terms, {
    ...{ seconds: 3600, chunks: 60, chunkSeconds: 60, workers: 20 },
    ...{ chunkSpeed: near(core), wholeSpeed: near(8 * core), decodeSpeed: near(decode) },
    ...{ startSeconds: 1, runUpSeconds: 1 },
    ...{ audioSeconds: near(1 + 3600 / AUDIO_SPEED), imagesSeconds: 0, joinSeconds: 1 + 3600 / JOIN_SPEED },
  })
  t.same(times, splitTimes(terms), 'the results follow from the terms alone')
})

t.test('each property of the plan changes the estimate', async t => {
  const of = (more: Partial<EstimateSpec>) => estimateSplit({ ...SPEC, ...more }).terms
  const { chunkSpeed, wholeSpeed } = of({})
  const four = of({ threads: 4 })
  t.ok(Math.abs(four.chunkSpeed / chunkSpeed - 4) < 0.02, 'four threads')
  t.equal(four.wholeSpeed, wholeSpeed)
  t.equal(of({ processors: 1 }).wholeSpeed, chunkSpeed)
  t.equal(of({ processors: 64 }).wholeSpeed, of({ processors: 34 }).wholeSpeed, 'no more than x264 can')
  t.equal(of({ threads: 64 }).chunkSpeed, of({ threads: 34 }).chunkSpeed)
  t.ok(
    of({ encodings: [LOAD, { ...LOAD, width: 640, height: 360 }] }).chunkSpeed < chunkSpeed,
    'a second rendition',
  )
  t.ok(of({ source: { width: 3840, height: 2160, fps: 50 } }).chunkSpeed < chunkSpeed, 'a larger source')
  t.equal(of({ audios: 0 }).audioSeconds, 0)
  t.equal(of({ audios: 3 }).audioSeconds, near(1 + (3 * 3600) / AUDIO_SPEED))
  t.equal(of({ images: 360 }).imagesSeconds, near(1 + 360 / IMAGE_SPEED))
  t.equal(of({ isCopied: false }).joinSeconds, 1, 'the join of a package reads no media')
})

t.test('takes stated speeds, and derives the other one by the processors', async t => {
  for (const [stated, chunkSpeed, wholeSpeed] of [
    [{ chunk: 0.5 }, 0.5, 4],
    [{ whole: 4 }, 0.5, 4],
    [{ chunk: 0.5, whole: 2 }, 0.5, 2],
  ] as const)
    t.match(estimateSplit({ ...SPEC, stated }), { terms: { chunkSpeed, wholeSpeed }, speed: 'stated' })
  t.same(estimateSplit({ ...SPEC, stated: {} }), estimateSplit(SPEC))
})

t.test('tells the estimate in sentences', async t => {
  const long = { ...SPEC, seconds: 36_000, chunks: 600, audios: 0, stated: { chunk: 0.5, whole: 2 } }
  t.same(estimateText(estimateSplit(long)), [
    'With 20 at a time, 600 chunks would take about 62 min, a single run about 5 h.',
    'A chunk takes 2 min, the join 91 s. Speeds by "encodeSpeed": 0.5 × for a chunk, 2 × for a single run on 8 ' +
      'processors.',
  ])
  const brief = { seconds: 3, chunks: 2, chunkSeconds: 2, runUpSeconds: 0 }
  const short = { ...SPEC, ...brief, stated: { chunk: 12.34 } }
  t.match(estimateText(estimateSplit(short)), [
    /chunks would take about \d\.\d s, a single run about 1 s\.$/,
    /^A chunk takes 1\.2 s, the audio 1\.1 s, the join 1 s\. .*: 12 × for a chunk, 99 × for a single run/,
  ])
  t.match(
    estimateText(estimateSplit({ ...short, images: 3600 }))[1],
    /the audio 1\.1 s, the images \d+ min, the join/,
  )
  const [, basis] = estimateText(estimateSplit({ ...SPEC, processors: 1 }))
  t.match(
    basis,
    /Speeds assumed for libx264 medium, 1920x1080, 25 frames\/s \(set "encodeSpeed" to measured ones\): /,
  )
  t.match(basis, /single run on one processor\.$/)
})

t.test('the page shows this estimate, and the constants of the formula', async t => {
  const file = new URL('../../../docs/splitting.md', import.meta.url)
  const page = readFileSync(file, 'utf8').replaceAll(/\s+/g, ' ')
  const { terms } = estimateSplit(SPEC)
  for (const said of [
    ...[estimateText(estimateSplit(SPEC)).join(' ')],
    ...[`${terms.startSeconds} s: a process, the index of the source, the upload`],
    ...[`a start, and ${AUDIO_SPEED} × for each output of audio`],
    ...[`a start, and ${IMAGE_SPEED} thumbnails a second`, `assumed: ${JOIN_SPEED} × for an object`],
  ])
    t.ok(page.includes(said), said)
})
