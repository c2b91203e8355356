import t from 'tap'
import { atOnce } from '../../lib/io/async/turns.js'
import { segmentDuration, timestampScale, trackCues } from '../../lib/matroska/cues.js'
import { EbmlData } from '../../lib/matroska/element.js'
import { ID, type Segment } from '../../lib/matroska/segment.js'
import type { MatroskaTrack } from '../../lib/matroska/tracks.js'
import { cue, element } from '../support/ebml.js'

const VIDEO: MatroskaTrack = { number: 1, kind: 'video', codecDelay: 0 }

function segment(cues: Buffer[], info: Buffer[] = []): Segment {
  return {
    start: 1000,
    info: EbmlData.of(ID.info, Buffer.concat(info), 0),
    tracks: undefined,
    cues: EbmlData.of(ID.cues, Buffer.concat(cues), 0, true),
  }
}

const cuesOf = (of: Segment, track: MatroskaTrack) => atOnce(trackCues(of, track))

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

t.test('lists the cues of one track: times in seconds, offsets of clusters in the file', async t => {
  const cues = [
    cue(0, [1, 50]),
    cue(500, [2, 60]),
    cue(1500, [2, 70], [1, 80]),
    element(0xec),
    cue(900, [1, 75]),
  ]
  t.same(cuesOf(segment(cues), VIDEO), [
    { time: 0, offset: 1050 },
    { time: 0.9, offset: 1075 },
    { time: 1.5, offset: 1080 },
  ])
  t.same(cuesOf(segment(cues), { ...VIDEO, number: 3 }), [])
})

t.test('reads the length of a tick from the file', async t => {
  const microseconds = segment([cue(2_000_000, [1, 5])], [element(ID.timestampScale, 1000)])
  t.equal(timestampScale(microseconds), 1000)
  t.equal(cuesOf(microseconds, VIDEO)[0]?.time, 2)
  t.equal(timestampScale(segment([], [element(ID.timestampScale, 0)])), 1_000_000, 'the default instead of 0')
})

t.test('subtracts a codec delay, in whole ticks', async t => {
  const opus: MatroskaTrack = { number: 1, kind: 'audio', codecDelay: 6_500_000 }
  t.equal(cuesOf(segment([cue(0, [1, 5])]), opus)[0]?.time, -0.007)
})

t.test('reads the length of the segment, if stated', async t => {
  t.equal(segmentDuration(segment([], [element(ID.duration, float(4021))])), 4.021)
  for (const value of [0, -1, Infinity, NaN]) {
    t.equal(segmentDuration(segment([], [element(ID.duration, float(value))])), undefined)
  }
  t.equal(segmentDuration({ start: 0, info: undefined, tracks: undefined, cues: undefined }), undefined)
})

t.test('leaves out cues without a position, and rejects more than half a million', async t => {
  t.same(cuesOf(segment([element(ID.cuePoint), cue(5)]), VIDEO), [])
  const point = Buffer.from('bb8bb38100b786f78101f18100', 'hex')
  const many = Buffer.alloc(point.length * (2 ** 19 + 1), point)
  t.throws(() => cuesOf(segment([many]), VIDEO), { code: 'AVIO_ERR_MATROSKA_LIMIT' })
})
