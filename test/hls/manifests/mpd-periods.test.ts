import t from 'tap'
import { endOf, periodsOf, timelineOf } from '../../../lib/hls/manifests/mpd-periods.js'
import { initOf, presentationOf, renditionOf, segmentsOf, trackOf } from '../../support/presentations.js'

const VIDEO = initOf([trackOf('video')])
const AUDIO = initOf([trackOf('audio')], { shiftTicks: -1024 })

t.test('merges equal segments into one entry, and states a time only if it does not follow', async t => {
  t.same(timelineOf(segmentsOf(VIDEO, [2000, 2000, 2000, 1500], { startTicks: 500 })), [
    { t: 500, d: 2000, r: 2 },
    { t: undefined, d: 1500, r: undefined },
  ])
  const [first, , third] = segmentsOf(VIDEO, [2000, 2000, 2000])
  t.same(timelineOf([first!, third!]), [
    { t: 0, d: 2000, r: undefined },
    { t: 4000, d: 2000, r: undefined },
  ])
})

t.test('presents neither audio priming nor a video delay', async t => {
  const [first, second] = segmentsOf(AUDIO, [96_256, 96_256])
  t.same(timelineOf([{ ...first!, durationTicks: 95_232 }, second!]), [
    { t: 0, d: 95_232, r: undefined },
    { t: undefined, d: 96_256, r: undefined },
  ])
  const late = initOf([trackOf('video')], { shiftTicks: 300 })
  t.same(timelineOf(segmentsOf(late, [2000])), [{ t: 300, d: 2000, r: undefined }])
})

t.test('writes one period from 0 on without a discontinuity', async t => {
  const renditions = [renditionOf(segmentsOf(VIDEO, [2000, 2000])), renditionOf(segmentsOf(AUDIO, [96_000]))]
  t.match(periodsOf(presentationOf(renditions)), [{ id: 0, start: 0, mediaStart: 0, runs: { length: 2 } }])
})

t.test('presents late media from the start, in the same relation', async t => {
  const renditions = [
    renditionOf(segmentsOf(VIDEO, [2000], { startTicks: 10_500 })),
    renditionOf(segmentsOf(AUDIO, [96_000], { startTicks: 481_024 })),
  ]
  t.match(periodsOf(presentationOf(renditions)), [{ start: 0, mediaStart: 10 }])
})

t.test('begins a period at a discontinuity, with its own media time', async t => {
  const other = initOf([trackOf('video')])
  const [third, fourth] = segmentsOf(other, [2000, 2000], { start: 4, number: 3, startTicks: 125 })
  const stretch = { start: 4, startTicks: 125 }
  const segments = [
    ...segmentsOf(VIDEO, [2000, 2000]),
    { ...third!, discontinuity: true, stretch },
    { ...fourth!, stretch },
  ]
  t.match(periodsOf(presentationOf([renditionOf(segments)])), [
    { id: 0, start: 0, mediaStart: 0, runs: [{ init: VIDEO, segments: { length: 2 } }] },
    { id: 1, start: 4, mediaStart: 0.125, runs: [{ init: other, segments: { length: 2 } }] },
  ])
})

t.test('keeps a segment at its time while a window moves on', async t => {
  const segments = segmentsOf(VIDEO, Array<number>(6).fill(2000), { startTicks: 700 })
  for (const from of [0, 1, 3]) {
    const [period] = periodsOf(presentationOf([renditionOf(segments.slice(from))]))
    t.match(period, { id: 0, start: 0 })
    t.ok(Math.abs(period!.mediaStart - 0.7) < 1e-9)
  }
  const [later] = periodsOf(presentationOf([renditionOf(segments.slice(3), { discontinuitiesBefore: 2 })]))
  t.match(later, { id: 2, start: 6 })
  t.ok(Math.abs(later!.mediaStart - 6.7) < 1e-9)
})

t.test('writes no period without segments', async t => {
  const empty = { ...renditionOf(segmentsOf(VIDEO, [1])), segments: [] }
  t.same(periodsOf(presentationOf([empty])), [])
})

t.test('starts a period together after renditions of different length', async t => {
  const second = (init: typeof VIDEO, start: number, ticks: number) => {
    const stretch = { start, startTicks: 10 * init.track.timescale }
    return segmentsOf(init, [ticks, ticks], { start, number: 2, startTicks: stretch.startTicks }).map(
      (segment, n) => ({ ...segment, stretch, discontinuity: n === 0 }),
    )
  }
  const sound = initOf([trackOf('audio')])
  const pictures = [...segmentsOf(VIDEO, [2000]), ...second(VIDEO, 2, 2000)]
  const sounds = [...segmentsOf(sound, [97_024]), ...second(sound, 97_024 / 48_000, 96_000)]
  const periods = periodsOf(presentationOf([renditionOf(pictures), renditionOf(sounds)]))
  t.match(periods, [
    { start: 0, mediaStart: 0 },
    { start: 2, mediaStart: 10 },
  ])
  t.equal(endOf(periods), 6)
  const window = { discontinuitiesBefore: 1 }
  const later = presentationOf([renditionOf(pictures.slice(2), window), renditionOf(sounds.slice(2), window)])
  t.match(periodsOf(later), [{ id: 1, start: 4, mediaStart: 12 }], 'unchanged after the window moved on')
})

t.test('treats only audio just before the video as its priming', async t => {
  const sound = initOf([trackOf('audio')])
  for (const [startTicks, mediaStart] of [
    [478_976, 10],
    [470_400, 9.8],
    [490_000, 10],
  ] as const) {
    const renditions = [
      renditionOf(segmentsOf(VIDEO, [2000], { startTicks: 10_000 })),
      renditionOf(segmentsOf(sound, [96_000], { startTicks })),
    ]
    t.match(periodsOf(presentationOf(renditions)), [{ start: 0, mediaStart }])
    t.match(periodsOf(presentationOf(renditions.slice(1))), [{ mediaStart: startTicks / 48_000 }])
  }
})

t.test('presents no priming at the start of a period', async t => {
  const primed = segmentsOf(AUDIO, [96_256]).map(segment => ({ ...segment, durationTicks: 95_232 }))
  const periods = periodsOf(presentationOf([renditionOf(primed)]))
  t.match(periods, [{ start: 0, mediaStart: 0 }])
  t.equal(endOf(periods), 1.984)
  const sound = initOf([trackOf('audio')])
  const second = { discontinuitiesBefore: 1 }
  const renditions = [
    renditionOf(segmentsOf(VIDEO, [2000], { start: 2, startTicks: 10_000 }), second),
    renditionOf(segmentsOf(sound, [96_000], { start: 2, startTicks: 478_976 }), second),
  ]
  t.match(periodsOf(presentationOf(renditions)), [{ id: 1, start: 2, mediaStart: 10 }])
})

t.test('ends a presentation with the last of its renditions', async t => {
  const sound = initOf([trackOf('audio')])
  const renditions = [renditionOf(segmentsOf(VIDEO, [2000])), renditionOf(segmentsOf(sound, [120_000]))]
  t.equal(endOf(periodsOf(presentationOf(renditions))), 2.5)
  t.equal(endOf(periodsOf(presentationOf(renditions.toReversed()))), 2.5)
})

t.test('orders periods, whichever rendition still lists the first', async t => {
  const segments = segmentsOf(VIDEO, [2000, 2000]).map((segment, n) => ({
    ...segment,
    discontinuity: n === 1,
  }))
  const renditions = [renditionOf(segments.slice(1)), renditionOf(segments)]
  t.same(
    periodsOf(presentationOf(renditions)).map(({ id }) => id),
    [0, 1],
  )
})

t.test('ends an empty presentation at 0', async t => {
  t.equal(endOf([]), 0)
})
