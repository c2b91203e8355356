import t from 'tap'
import { type TrackKeys, keySamples } from '../../lib/mp4/key-samples.js'
import { MAX_KEY_SAMPLES } from '../../lib/mp4/limits.js'
import { parseMovie } from '../../lib/mp4/movie.js'
import { AUDIO, type EditSpec, VIDEO, moov } from '../support/fmp4.js'
import { type TablesSpec, tables, topLevel } from '../support/sample-tables.js'

/** Ten samples of 100 ticks; the 1st, 4th and 8th decode by themselves. */
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
  return keySamples(box.needChild('trak'), movie.tracks[0]!, movie.timescale)
}

const times = ({ keys: found }: TrackKeys) => found.map(({ time }) => time)

t.test('without edits: the sync samples as they stand', async t => {
  t.same(keys(TEN), {
    keys: [
      { time: 0, offset: 1000, size: 7 },
      { time: 300, offset: 1021, size: 7 },
      { time: 700, offset: 2014, size: 7 },
    ],
    end: 1000,
  })
  const late = keys({ ...TEN, compositions: [[10, 200]] })
  t.same([times(late), late.end], [[200, 500, 900], 1200], 'a delay that no edit takes back stays')
})

t.test('a piece begins with the sync sample at or before its start, which comes out before 0', async t => {
  t.same(times(keys(TEN, [[0, 300]])), [0, 400])
  t.same(times(keys(TEN, [[0, 500]])), [-200, 200])
})

t.test(
  'the first picture of a piece is shown when the piece begins, also where the edit starts before it',
  async t => {
    t.same(times(keys(TEN, [[0, 450]])), [-200, 200], 'the picture at 500 is the first')
    t.same(times(keys({ ...TEN, compositions: [[10, 200]] }, [[0, 0]])), [0, 300, 700])
  },
)

t.test('what comes after a piece is not listed', async t => {
  const cut = keys(TEN, [[400, 300]])
  t.same([times(cut), cut.end], [[0], 400])
})

t.test('waits move what follows, and every piece is listed', async t => {
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

t.test('sound is shown where it is, from a second before the piece on', async t => {
  const sound = { ...TEN, durations: [[10, 400]] as const, sync: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
  t.same(times(keys(sound, [[0, 2100]], AUDIO)), [-1300, -900, -500, -100, 300, 700, 1100, 1500])
})

t.test('more than is looked at is refused', async t => {
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
  const long = {
    ...TEN,
    durations: [[100_000, 1]] as const,
    sizes: { count: 100_000, size: 1 },
    map: [[1, 100_000]] as const,
  }
  t.throws(() => keys(long, edits), { code: 'AVIO_ERR_MP4_LIMIT' }, 'each edit is a walk of its own')
  const empty = {
    ...TEN,
    durations: [...Array.from({ length: 40_000 }, () => [0, 0] as const), [10, 1] as const],
  }
  t.throws(
    () => keys(empty, edits),
    { code: 'AVIO_ERR_MP4_LIMIT' },
    'also over entries that stand for nothing',
  )
})
