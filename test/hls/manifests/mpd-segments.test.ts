import t from 'tap'
import type { MediaSegment } from '../../../lib/hls/presentation/presentation.js'
import { segmentsOf as formatSegments, isTemplated } from '../../../lib/hls/manifests/mpd-segments.js'
import { initOf, renditionOf, segmentsOf, trackOf } from '../../support/presentations.js'

const INIT = initOf([trackOf('video')])

/** The lines for segments of one rendition. */
function format(segments: readonly MediaSegment[], mediaStart = 0): string {
  const run = { rendition: renditionOf(segments), init: segments[0]!.init, segments }
  return formatSegments(run, { id: 0, start: 0, mediaStart, runs: [run] }).join('\n')
}

t.test('writes a template for one object per segment', async t => {
  t.equal(
    format(segmentsOf(INIT, [2000, 2000], { number: 7, startTicks: 14_000 }), 2),
    [
      '<SegmentTemplate timescale="1000" presentationTimeOffset="2000" startNumber="7" ' +
        'initialization="a/init.mp4" media="a/segment-$Number%05d$.m4s">',
      '  <SegmentTimeline>',
      '    <S t="14000" d="2000" r="1"/>',
      '  </SegmentTimeline>',
      '</SegmentTemplate>',
    ].join('\n'),
  )
})

t.test('escapes a template sign in a name', async t => {
  const folder = 'a$1'
  t.match(
    format(segmentsOf({ ...INIT, name: 'a$1/init.mp4' }, [2000], { folder })),
    /media="a\$\$1\/segment-\$N/,
  )
})

t.test('lets numbers outgrow their digits', async t => {
  t.match(format(segmentsOf(INIT, [2000, 2000], { number: 99_999 })), /startNumber="99999" .*\$Number%05d\$/)
})

t.test('writes a list for names without consecutive numbers', async t => {
  const [first, , third] = segmentsOf(INIT, [2000, 2000, 2000])
  const list = format([first!, third!])
  t.match(list, /<SegmentList timescale="1000">\n {2}<Initialization sourceURL="a\/init.mp4"\/>/)
  t.match(list, /<SegmentURL media="a\/segment-00003.m4s"\/>/)
})

t.test('gives objects without a pattern in their names one duration, too', async t => {
  const segments = segmentsOf(INIT, [2000, 2000, 1000]).map((segment, n) => ({
    ...segment,
    name: `a/chunk-${n % 2}-part.m4s`,
  }))
  t.match(format(segments), /^<SegmentList timescale="1000" duration="2000">/)
  t.notMatch(format(segments), /SegmentTimeline/)
  const run = (parts: readonly MediaSegment[]) => ({
    rendition: renditionOf(parts),
    init: INIT,
    segments: parts,
  })
  t.equal(isTemplated(run(segments)), false)
  t.equal(isTemplated(run(segmentsOf(INIT, [2000, 2000]))), true)
})

/** Segments as ranges of one object, each with the given number of ticks. */
function rangesOf(durations: readonly number[], startTicks = 0): MediaSegment[] {
  const stored = { name: 'a/media.mp4', isRange: true }
  return segmentsOf({ ...INIT, ...stored }, durations, { startTicks }).map((segment, n) => ({
    ...segment,
    ...stored,
    offset: 100 + n * 1000,
  }))
}

t.test('writes a list for ranges of one object, both ends inclusive', async t => {
  t.equal(
    format(rangesOf([2000, 2000])),
    [
      '<SegmentList timescale="1000" duration="2000">',
      '  <Initialization sourceURL="a/media.mp4" range="0-99"/>',
      '  <SegmentURL media="a/media.mp4" mediaRange="100-1099"/>',
      '  <SegmentURL media="a/media.mp4" mediaRange="1100-2099"/>',
      '</SegmentList>',
    ].join('\n'),
  )
})

t.test('gives a list one duration if all begin near to it, else a timeline', async t => {
  t.match(format(rangesOf([1900, 2150, 1950, 700], 60_000), 60), /<SegmentList [^>]*duration="2000">/)
  t.match(format(rangesOf([700])), /duration="700">/)
  for (const uneven of [rangesOf([1000, 1000, 4000, 4000]), rangesOf([2000, 2000], 1001)]) {
    t.match(format(uneven), /<SegmentList timescale="1000">[^]*<SegmentTimeline>/)
    t.notMatch(format(uneven), / duration=/)
  }
})
