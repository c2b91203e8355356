import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { type Fragment, parseFragment } from '../../../lib/mp4/fragments/fragment.js'
import { SampleData } from '../../../lib/mp4/fragments/sample-data.js'
import { type TrafSpec, fullBox, moof, u32 } from '../../support/fmp4.js'

const MOOF = 1000
const MDAT = { path: 'mdat[0]', offset: 1192 }

/** The fragment of a `moof` at byte 1000, with data from byte 1200 on. */
function fragmentOf(...tracks: TrafSpec[]): Fragment {
  const bytes = moof({ sequence: 1, tracks, at: MOOF }, 200)
  return parseFragment(Box.topLevel(bytes, 0, bytes.length, MOOF, 0), () => undefined)
}

/** What is expected of its data. */
function dataOf(...tracks: TrafSpec[]): SampleData {
  const data = new SampleData()
  data.expect(fragmentOf(...tracks))
  return data
}

const run = (size: number, shift: number | null = 0): TrafSpec['runs'][number] => ({
  samples: [{ size }],
  shift,
})
const ranges = ({ tracks }: Fragment): number[][] =>
  tracks.flatMap(({ runs }) => runs.map(({ trackId, start, end }) => [trackId, start, end]))

t.test(
  'counts offsets from the moof, from an explicit base, or from the end of the previous data',
  async t => {
    const expected = [
      [1, 1200, 1210],
      [2, 1210, 1230],
    ]
    for (const base of ['moof', 'stated', 'neither'] as const) {
      const tracks = [
        { id: 1, time: 0, base, runs: [run(10)] },
        { id: 2, time: 0, base, runs: [run(20)] },
      ]
      t.same(ranges(fragmentOf(...tracks)), expected, base)
    }
  },
)

t.test('places a run without an offset after the previous one', async t => {
  const fragment = fragmentOf({ id: 1, time: 0, runs: [run(10), run(20, null), run(5, null)] })
  t.same(
    ranges(fragment).map(range => range[1]),
    [1200, 1210, 1230],
  )
  t.same(
    ranges(fragmentOf({ id: 1, time: 0, runs: [run(10, null)] })),
    [[1, 1000, 1010]],
    'the first one at the base',
  )
})

t.test('ignores runs without data', async t => {
  t.equal(dataOf({ id: 1, time: 0, runs: [run(0), { samples: [] }] }).missing, undefined)
})

t.test('requires the runs to fill an mdat exactly, in any order', async t => {
  // In the second fragment, the data of the second run comes first.
  for (const runs of [
    [run(10), run(20)],
    [run(10, 20), run(20, -10)],
  ]) {
    const data = dataOf({ id: 1, time: 0, runs })
    t.equal(data.missing?.start, 1200)
    t.equal(data.take(MDAT, 1200, 1230), undefined)
    t.equal(data.missing, undefined)
  }
})

t.test('accepts several mdats per fragment, including empty ones', async t => {
  const data = dataOf({ id: 1, time: 0, runs: [run(10), run(20, 8)] })
  t.equal(data.take(MDAT, 1200, 1200), undefined)
  t.equal(data.take(MDAT, 1200, 1210), undefined)
  t.equal(data.missing?.start, 1218)
  t.equal(data.take(MDAT, 1218, 1238), undefined)
  t.equal(data.missing, undefined)
})

t.test('rejects data that do not fill an mdat exactly, with the position', async t => {
  const two = { id: 7, time: 0, runs: [run(10), run(20)] }
  const cases: [string, TrafSpec, [number, number], object][] = [
    [
      'before it',
      two,
      [1201, 1231],
      { code: 'AVIO_ERR_MP4_DATA_OFFSET', boxPath: 'moof[0]/traf[0]/trun[0]', trackId: 7 },
    ],
    ['wholly before it', two, [1300, 1330], { code: 'AVIO_ERR_MP4_DATA_OFFSET', trackId: 7 }],
    [
      'after it',
      two,
      [1100, 1130],
      {
        code: 'AVIO_ERR_MP4_DATA_OFFSET',
        message: /start at byte 1200, but mdat\[0\] holds bytes 1100 to 1130/,
      },
    ],
    [
      'past its end',
      two,
      [1200, 1229],
      { code: 'AVIO_ERR_MP4_SAMPLE_SIZE', boxPath: 'moof[0]/traf[0]/trun[1]' },
    ],
    [
      'a byte too many',
      two,
      [1200, 1231],
      { code: 'AVIO_ERR_MP4_SAMPLE_SIZE', boxPath: 'mdat[0]', byteOffset: 1192 },
    ],
    ['a hole', { ...two, runs: [run(10), run(20, 1)] }, [1200, 1231], { message: /bytes 1210 to 1211/ }],
    [
      'an overlap',
      { ...two, runs: [run(10), run(20, -1)] },
      [1200, 1229],
      { message: /starts at byte 1209, inside/ },
    ],
  ]
  for (const [name, traf, [start, end], error] of cases) {
    t.match(dataOf(traf).take(MDAT, start, end), error, name)
  }
})

t.test('allows gaps that may hold encryption data', async t => {
  const boxes = fullBox('saio', 0, 0, u32(0))
  const data = dataOf({ id: 1, time: 0, boxes, runs: [run(10), run(20, 4)] })
  t.equal(data.take(MDAT, 1190, 1300), undefined)
  t.equal(data.missing, undefined)
})

t.test('stops waiting for data after an error', async t => {
  const data = dataOf({ id: 1, time: 0, runs: [run(10)] })
  data.giveUp()
  t.equal(data.missing, undefined)
})
