import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { type TrackFragment, parseFragment } from '../../../lib/mp4/fragments/fragment.js'
import { TrackTimeline } from '../../../lib/mp4/checks/track-timeline.js'
import type { Mp4Track } from '../../../lib/mp4/movie/track.js'
import { type EditSpec, type SampleSpec, type TrafSpec, moof } from '../../support/fmp4.js'

function track(edits: readonly EditSpec[] = []): Mp4Track {
  return {
    ...{
      id: 1,
      kind: 'video',
      handler: 'vide',
      timescale: 1000,
      codec: 'avc1',
      sampleEntry: 'avc1',
      language: 'und',
    },
    ...{
      width: 1,
      height: 1,
      rotation: 0,
      pixelAspect: undefined,
      channels: undefined,
      sampleRate: undefined,
      defaults: undefined,
    },
    edits: edits.map(([segmentDuration, mediaTime]) => ({ segmentDuration, mediaTime, mediaRate: 1 })),
  }
}

function traf(samples: SampleSpec[], more: Partial<TrafSpec> = {}): TrackFragment {
  const bytes = moof({ sequence: 1, tracks: [{ id: 1, time: 0, runs: [{ samples }], ...more }] }, 0)
  return parseFragment(Box.topLevel(bytes, 0, bytes.length, 0, 0), () => undefined).tracks[0]!
}

const two = [
  { size: 10, duration: 40 },
  { size: 20, duration: 40, sync: false },
]

t.test('detects whether fragments touch, overlap or leave a gap', async t => {
  const timeline = new TrackTimeline(track())
  const first = timeline.advance(traf(two), 500)
  t.same(first.continuity, { kind: 'seamless' })
  t.equal(first.isFirst, true)
  t.same(first.part, {
    trackId: 1,
    start: 0.5,
    duration: 0.08,
    startTicks: 500,
    durationTicks: 80,
    sampleCount: 2,
    byteLength: 30,
    sync: true,
  })
  t.equal(timeline.end, 580)
  const second = timeline.advance(traf(two), 580)
  t.same([second.continuity.kind, second.isFirst], ['seamless', false])
  t.same(timeline.advance(traf(two), 661).continuity, { kind: 'gap', expected: 660, found: 661 })
  t.same(timeline.advance(traf(two), 740).continuity, { kind: 'overlap', expected: 741, found: 740 })
})

t.test('counts time without samples', async t => {
  const timeline = new TrackTimeline(track())
  const pause = timeline.advance(traf([], { durationIsEmpty: true, defaults: { duration: 300 } }), 0)
  t.same([pause.part.durationTicks, pause.part.sampleCount, pause.isFirst], [300, 0, false])
  t.equal(timeline.advance(traf(two), 300).isFirst, true, 'the first samples come after it')
  t.equal(timeline.report(1000).start, 0)
})

t.test('takes the delay of the first frame from the earliest one', async t => {
  const reordered = [
    { size: 1, offset: 80 },
    { size: 1, offset: 120 },
    { size: 1, offset: 0 },
  ]
  t.equal(new TrackTimeline(track()).advance(traf(reordered), 200).presentationDelay, 80)
})

t.test(
  'measures a track from its first presented frame to the end of its last, edit list applied',
  async t => {
    // Decoded 0–120, shown 80–200.
    const delayed = [
      { size: 1, offset: 80 },
      { size: 1, offset: 120 },
      { size: 1, offset: 40 },
    ]
    const shown = (edits: EditSpec[]): unknown => {
      const timeline = new TrackTimeline(track(edits))
      timeline.advance(traf(delayed), 0)
      return [timeline.presentation(100), timeline.report(100).duration]
    }
    t.same(shown([]), [{ start: 0.08, end: 0.2 }, 0.12000000000000001])
    t.same(shown([[0, 80]]), [{ start: 0, end: 0.12000000000000001 }, 0.12000000000000001])
    t.same(shown([[0, 100]]), [{ start: 0, end: 0.1 }, 0.1], 'nothing before the edit is shown')
    t.same(
      shown([
        [50, -1],
        [0, 80],
      ]),
      [{ start: 0.5, end: 0.62 }, 0.12],
      'after a wait of half a second',
    )
    t.equal(new TrackTimeline(track()).presentation(100), undefined)
    t.equal(new TrackTimeline(track()).report(100).duration, 0)
  },
)

t.test('rejects ticks past 2^53', async t => {
  const timeline = new TrackTimeline(track())
  t.throws(() => timeline.advance(traf(two), Number.MAX_SAFE_INTEGER - 10), {
    code: 'AVIO_ERR_MP4_BOX_INVALID',
    boxPath: 'moof[0]/traf[0]',
  })
})
