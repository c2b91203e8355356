import t from 'tap'
import { atOnce } from '../../../lib/io/async/turns.js'
import { type TrackKeys, keySamples } from '../../../lib/mp4/index/moov-key-samples.js'
import { MAX_KEY_SAMPLES } from '../../../lib/mp4/boxes/limits.js'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import { seeded } from '../../support/hostile.js'
import { AUDIO, type EditSpec, VIDEO, moov } from '../../support/fmp4.js'
import { type TablesSpec, tables, topLevel } from '../../support/sample-tables.js'

/** Ten samples of 100 ticks; the 1st, 4th and 8th are sync samples. */
const TEN: TablesSpec = {
  durations: [[10, 100]],
  sizes: { count: 10, size: 7 },
  sync: [1, 4, 8],
  map: [[1, 5]],
  chunks: [1000, 2000],
}

function keys(spec: TablesSpec, edits: readonly EditSpec[] = [], track = VIDEO): TrackKeys {
  const box = topLevel(moov([{ ...track, edits, tables: tables(spec) }], { mvex: false }))
  const movie = parseMovie(box)
  return atOnce(keySamples(box.needChild('trak'), movie.tracks[0]!, movie.timescale))
}

const times = ({ keys: found }: TrackKeys) => found.map(({ time }) => time)

t.test('lists the sync samples unchanged without edits', async t => {
  t.same(keys(TEN), {
    keys: [
      { time: 0, offset: 1000, size: 7 },
      { time: 300, offset: 1021, size: 7 },
      { time: 700, offset: 2014, size: 7 },
    ],
    end: 1000,
  })
  const late = keys({ ...TEN, compositions: [[10, 200]] })
  t.same([times(late), late.end], [[200, 500, 900], 1200], 'a delay stays without an edit')
})

t.test('starts a piece with the sync sample at or before its start, at a time below 0', async t => {
  t.same(times(keys(TEN, [[0, 300]])), [0, 400])
  t.same(times(keys(TEN, [[0, 500]])), [-200, 200])
})

t.test('starts a piece at its first presented frame, also if the edit starts before it', async t => {
  t.same(times(keys(TEN, [[0, 450]])), [-200, 200], 'the frame at 500 is the first')
  t.same(times(keys({ ...TEN, compositions: [[10, 200]] }, [[0, 0]])), [0, 300, 700])
})

t.test('lists nothing after a piece', async t => {
  const cut = keys(TEN, [[400, 300]])
  t.same([times(cut), cut.end], [[0], 400])
})

t.test('shifts samples by waits, and lists every piece', async t => {
  t.same(
    times(
      keys(TEN, [
        [50, -1],
        [0, 0],
      ]),
    ),
    [50, 350, 750],
  )
  t.same(
    times(
      keys(TEN, [
        [300, 700],
        [300, 0],
      ]),
    ),
    [0, 300],
  )
})

t.test('places audio where it is heard, from a second before the piece on', async t => {
  const sound = { ...TEN, durations: [[10, 400]] as const, sync: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
  t.same(times(keys(sound, [[0, 2100]], AUDIO)), [-1300, -900, -500, -100, 300, 700, 1100, 1500])
})

t.test('rejects more samples than the limit', async t => {
  const { sync, ...all } = TEN
  t.equal(sync?.length, 3)
  const many = MAX_KEY_SAMPLES + 1
  const tooMany = {
    ...all,
    durations: [[many, 1]] as const,
    sizes: { count: many, size: 1 },
    map: [[1, many]] as const,
  }
  t.throws(() => keys(tooMany), { code: 'AVIO_ERR_MP4_LIMIT', trackId: 1 })
  const edits = Array.from({ length: 1000 }, () => [10, 0] as const)
  t.equal(keys(TEN, edits).keys.length, 1000)
  const half = {
    ...tooMany,
    durations: [[many / 2 + 1, 1]] as const,
    sizes: { count: many / 2 + 1, size: 1 },
  }
  const twice = [
    [0, 0],
    [0, 0],
  ] as const
  t.throws(() => keys(half, twice), { code: 'AVIO_ERR_MP4_LIMIT' }, 'all pieces together')
})

t.test('reads the samples once, whatever the number of edits', async t => {
  const work = (samples: number, edits: number): number => {
    const spec = {
      ...TEN,
      durations: [[samples, 1]] as const,
      sizes: { count: samples, size: 1 },
      map: [[1, samples]] as const,
    }
    const list = Array.from({ length: edits }, (_, n) => [10, n] as const)
    const box = topLevel(moov([{ ...VIDEO, edits: list, tables: tables(spec) }], { mvex: false }))
    const movie = parseMovie(box)
    let visited = 0
    for (const step of keySamples(box.needChild('trak'), movie.tracks[0]!, movie.timescale)) visited += step
    return visited
  }
  t.ok(work(200_000, 10) > 190_000, 'visited samples are counted')
  t.ok(work(200_000, 5000) <= 1.1 * work(200_000, 10))
  t.ok(work(400_000, 5000) <= 2.2 * work(200_000, 2500))
})

t.test('handles each piece independently, even if pieces overlap or run backwards', async t => {
  const random = seeded(7)
  for (let round = 0; round < 300; round++) {
    const samples = Array.from({ length: 1 + Math.floor(random() * 40) }, () => ({
      duration: Math.floor(random() * 5),
      shift: Math.floor(random() * 7) - 3,
      sync: random() < 0.4,
    }))
    const edits = Array.from(
      { length: Math.floor(random() * 5) },
      () => [Math.floor(random() * 60), Math.floor(random() * 90) - 1] as const,
    )
    const spec: TablesSpec = {
      durations: samples.map(({ duration }) => [1, duration] as const),
      compositions: samples.map(({ shift }) => [1, shift] as const),
      sizes: samples.map((_, n) => n + 1),
      sync: samples.flatMap(({ sync }, n) => (sync ? [n + 1] : [])),
      map: [[1, samples.length]],
      chunks: [0],
    }
    const timed = withTimes(samples)
    // In media, the sync samples have the same order in time and in decoding.
    const order = timed.filter(({ sync }) => sync).map(({ time }) => time)
    if (order.some((time, n) => n > 0 && time <= order[n - 1]!)) continue
    t.same(times(keys(spec, edits)), expectedTimes(timed, edits), JSON.stringify({ samples, edits }))
  }
})

interface Timed {
  time: number
  sync: boolean
}

function withTimes(samples: readonly { duration: number; shift: number; sync: boolean }[]): Timed[] {
  let decoded = 0
  return samples.map(({ duration, shift, sync }) => {
    const time = decoded + shift
    decoded += duration
    return { time, sync }
  })
}

/** The expected times, computed piece by piece. */
function expectedTimes(samples: readonly Timed[], edits: readonly EditSpec[]): number[] {
  let at = 0
  const pieces = edits.flatMap(([length, start]) => {
    const piece = start < 0 ? [] : [{ at, from: start, to: length === 0 ? Infinity : start + length }]
    at += length
    return piece
  })
  if (pieces.length === 0) pieces.push({ at, from: 0, to: Infinity })
  return pieces.flatMap(({ at: shown, from, to }) => {
    const within = samples.filter(({ time }) => time < to)
    const first = Math.min(...within.filter(({ time }) => time >= from).map(({ time }) => time))
    const origin = edits.length === 0 || first === Infinity ? from : first
    const sync = within.filter(sample => sample.sync).map(({ time }) => time)
    const begin =
      edits.length === 0
        ? 0
        : Math.max(
            0,
            sync.findLastIndex(time => time <= from),
          )
    return sync.slice(begin).map(time => time + shown - origin)
  })
}
