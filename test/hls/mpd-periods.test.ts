import t from 'tap'
import { periodsOf, timelineOf } from '../../lib/hls/mpd-periods.js'
import { initOf, presentationOf, renditionOf, segmentsOf, trackOf } from '../support/presentations.js'

const VIDEO = initOf([trackOf('video')])
const AUDIO = initOf([trackOf('audio')], { shiftTicks: -1024 })

t.test('equal segments are one entry, and a time is said only where it does not follow', async t => {
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

t.test('the priming of audio is not presented, and a delay of video is', async t => {
  t.same(timelineOf(segmentsOf(AUDIO, [96_256, 96_256])), [
    { t: 0, d: 95_232, r: undefined },
    { t: undefined, d: 96_256, r: undefined },
  ])
  const late = initOf([trackOf('video')], { shiftTicks: 300 })
  t.same(timelineOf(segmentsOf(late, [2000])), [{ t: 300, d: 2000, r: undefined }])
})

t.test('without a discontinuity there is one period, from 0 on', async t => {
  const renditions = [renditionOf(segmentsOf(VIDEO, [2000, 2000])), renditionOf(segmentsOf(AUDIO, [96_000]))]
  t.match(periodsOf(presentationOf(renditions)), [{ id: 0, start: 0, mediaStart: 0, runs: { length: 2 } }])
})

t.test('media that begin late are presented from the start, in the same relation', async t => {
  const renditions = [
    renditionOf(segmentsOf(VIDEO, [2000], { startTicks: 10_500 })),
    renditionOf(segmentsOf(AUDIO, [96_000], { startTicks: 481_024 })),
  ]
  t.match(periodsOf(presentationOf(renditions)), [{ start: 0, mediaStart: 10 }])
})

t.test('a discontinuity begins a period, whose media time is its own', async t => {
  const other = initOf([trackOf('video')])
  const [third, fourth] = segmentsOf(other, [2000, 2000], { start: 4, number: 3, startTicks: 125 })
  const segments = [...segmentsOf(VIDEO, [2000, 2000]), { ...third!, discontinuity: true }, fourth!]
  t.match(periodsOf(presentationOf([renditionOf(segments)])), [
    { id: 0, start: 0, mediaStart: 0, runs: [{ init: VIDEO, segments: { length: 2 } }] },
    { id: 1, start: 4, mediaStart: 0.125, runs: [{ init: other, segments: { length: 2 } }] },
  ])
})

t.test('while a window moves on, a segment stays where it was', async t => {
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

t.test('nothing gives no period', async t => {
  const empty = { ...renditionOf(segmentsOf(VIDEO, [1])), segments: [] }
  t.same(periodsOf(presentationOf([empty])), [])
})
