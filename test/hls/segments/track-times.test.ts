import t from 'tap'
import { TrackTimes } from '../../../lib/hls/segments/track-times.js'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { parseFragment } from '../../../lib/mp4/fragments/fragment.js'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import { AUDIO, type TrafSpec, VIDEO, moof, moov } from '../../support/fmp4.js'

const LATE = [
  [500, -1],
  [0, 80],
] as const

function timesOf(): TrackTimes {
  const bytes = moov([
    { ...VIDEO, edits: LATE },
    { ...AUDIO, edits: LATE },
  ])
  const box = Box.topLevel(bytes, 0, bytes.length, 24, 0)
  const times = new TrackTimes(box, parseMovie(box))
  // The bytes belong to a chunk of the caller.
  bytes.fill(0)
  return times
}

function fragmentOf(...tracks: TrafSpec[]) {
  const bytes = moof({ sequence: 1, tracks }, 0)
  return parseFragment(Box.topLevel(bytes, 0, bytes.length, 0, 0), () => undefined)
}

const picture: TrafSpec = { id: 1, time: 0, runs: [{ samples: [] }, { samples: [{ size: 1, offset: 80 }] }] }
const sound: TrafSpec = { id: 2, time: 0, runs: [{ samples: [{ size: 1 }] }] }
const read = (bytes: Buffer | undefined) =>
  parseFragment(Box.topLevel(bytes!, 0, bytes!.length, 0, 0), () => undefined).tracks

t.test('decides on audio by the moov, and on video by its first sample', async t => {
  const times = timesOf()
  t.match(times.of(2), { decodeShift: 500, edits: [{ mediaTime: 80 }] })
  t.equal(times.of(1), undefined)
  t.match(read(times.moof(fragmentOf(sound))), [{ trackId: 2, decodeTime: 500 }])
  t.equal(times.of(1), undefined, 'audio says nothing about video')
  t.match(read(times.moof(fragmentOf(picture, sound))), [{ decodeTime: 500 }, { decodeTime: 500 }])
  t.match(times.of(1), { decodeShift: 500, offsetShift: 80, edits: [] })
})

t.test('returns the moov and its tracks with the remaining edit lists', async t => {
  const times = timesOf()
  times.moof(fragmentOf(picture))
  const bytes = times.moov()
  t.equal(
    times.moovSize,
    moov([
      { ...VIDEO, edits: LATE },
      { ...AUDIO, edits: LATE },
    ]).length,
  )
  const { tracks } = parseMovie(Box.topLevel(bytes, 0, bytes.length, 0, 0))
  t.same(
    tracks.map(({ edits }) => edits.map(({ mediaTime }) => mediaTime)),
    [[], [80]],
  )
  t.same(
    tracks.map(track => times.track(track)),
    tracks,
  )
})

t.test('requires all fragments to match the first', async t => {
  const times = timesOf()
  times.moof(fragmentOf(picture))
  const later = {
    ...picture,
    time: 400,
    runs: [
      {
        samples: [
          { size: 1, offset: 0 },
          { size: 1, offset: 120 },
        ],
      },
    ],
  }
  const [track] = read(times.moof(fragmentOf(later)))
  t.equal(track!.decodeTime, 900)
  t.same(
    [0, 1].map(n => track!.runs[0]!.compositionOffsetAt(n)),
    [-80, 40],
  )
})
