import t from 'tap'
import { type TrackTimes, editsOfTracks, rescaled } from '../../../lib/mp4/faststart/edit-lists.js'

type Row = readonly [segmentDuration: number, mediaTime: number]

/** A track of 1,000 ticks a second with 10 s of media, unless `rest` differs. */
function track(edits: readonly Row[], rest: Partial<TrackTimes> = {}): TrackTimes {
  const list = edits.map(([segmentDuration, mediaTime]) => ({ segmentDuration, mediaTime, mediaRate: 1 }))
  return {
    timescale: 1000,
    edits: list,
    start: 0,
    presentationStart: 0,
    presentationEnd: 10_000,
    duration: 10_000,
    ...rest,
  }
}

function placed(...tracks: TrackTimes[]): { edits: Row[]; duration: number }[] {
  return editsOfTracks(tracks, 100).map(({ edits, duration }) => ({
    edits: edits.map(({ segmentDuration, mediaTime }) => [segmentDuration, mediaTime]),
    duration,
  }))
}

t.test('computes the duration of an edit to the end, rounded up', t => {
  t.same(placed(track([[0, 1024]])), [{ edits: [[898, 1024]], duration: 898 }])
  t.same(placed(track([[0, 0]], { presentationEnd: 10_001 })), [{ edits: [[1001, 0]], duration: 1001 }])
  t.same(placed(track([[500, 0]])), [{ edits: [[500, 0]], duration: 500 }], 'a stated duration stays')
  t.end()
})

t.test('adds no edit list if there was none', t => {
  t.same(placed(track([])), [{ edits: [], duration: 1000 }])
  t.same(placed(track([], { duration: 0, presentationEnd: 0 })), [{ edits: [], duration: 0 }])
  t.end()
})

t.test('shows a single frame without a duration for a moment, from the start of its edit', t => {
  const place = placed(track([[0, 80]], { duration: 0, presentationEnd: 81 }))
  t.same(place, [{ edits: [[1, 80]], duration: 1 }])
  t.end()
})

t.test('keeps empty edits of the source', t => {
  const edits: Row[] = [
    [70, -1],
    [0, 40],
  ]
  t.same(placed(track(edits)), [
    {
      edits: [
        [70, -1],
        [996, 40],
      ],
      duration: 1066,
    },
  ])
  t.end()
})

t.test('turns a late first fragment into a wait, unless all tracks have it', t => {
  const hour = 3_600_000
  t.same(
    placed(track([[0, 0]], { start: hour }), track([], { start: hour + 500 })),
    [
      { edits: [[1000, 0]], duration: 1000 },
      {
        edits: [
          [50, -1],
          [1000, 0],
        ],
        duration: 1050,
      },
    ],
    'a live stream starts at once, and its audio half a second later',
  )
  t.same(placed(track([[0, hour + 40]], { start: hour })), [{ edits: [[996, 40]], duration: 996 }])
  t.same(placed(track([[0, 0]]), track([[0, 0]], { duration: 0, presentationEnd: 0 }))[1], {
    edits: [],
    duration: 0,
  })
  t.end()
})

t.test('starts a late track with its first frame, and keeps the audio beside it in place', t => {
  const start = 3_600_000
  const pictures = { start, presentationStart: 80, presentationEnd: 10_080 }
  const late = (wait: number) => ({
    edits: [
      [wait, -1],
      [1000, 80],
    ],
    duration: 1000 + wait,
  })
  const sound = { edits: [[1000, 0]], duration: 1000 }
  t.same(placed(track([[0, 80]], pictures), track([[0, 20]], { start })), [late(2), sound])
  t.same(placed(track([], pictures), track([], { start })), [late(8), { edits: [], duration: 1000 }])
  t.same(placed(track([], pictures)), [{ edits: [[1000, 80]], duration: 1000 }])
  t.end()
})

t.test('drops the part before the first sample from each edit', t => {
  const edits: Row[] = [
    [100, 500],
    [200, 3000],
    [50, 0],
  ]
  t.same(placed(track(edits, { start: 1000 }), track([[0, 0]])), [
    {
      edits: [
        [50, -1],
        [50, 0],
        [200, 2000],
        [50, -1],
      ],
      duration: 350,
    },
    { edits: [[1000, 0]], duration: 1000 },
  ])
  t.end()
})

t.test('rounds up ticks of another clock, exactly at any size', t => {
  t.equal(rescaled(1, 48_000, 1000), 1)
  t.equal(rescaled(48_000, 48_000, 1000), 1000)
  t.equal(rescaled(2 ** 52, 90_000, 1000), Math.ceil(2 ** 52 / 90))
  t.end()
})
