import t from 'tap'
import { RenditionLog } from '../../../lib/hls/rendition/rendition-log.js'
import { type RenditionOptions, renditionSettings } from '../../../lib/hls/rendition/rendition-options.js'
import type { SegmentSpan } from '../../../lib/hls/segments/segmenter.js'
import { AUDIO_TRACK, VIDEO_TRACK, initOf } from '../../support/renditions.js'

const SETTINGS = { targetDuration: 2, windowSize: undefined, programDateTime: undefined }
const SECOND = VIDEO_TRACK.timescale

function logOf(
  changes: Partial<ConstructorParameters<typeof RenditionLog>[2]> = {},
  options: Partial<RenditionOptions> = {},
): RenditionLog {
  return new RenditionLog(renditionSettings({ name: 'a', ...options }), 'a', { ...SETTINGS, ...changes })
}

/** A segment of some seconds, at 25 frames a second. */
function span(start: number, seconds: number, changes: Partial<SegmentSpan> = {}): SegmentSpan {
  const durationTicks = seconds * SECOND
  return {
    ...{ startTicks: start * SECOND, durationTicks, byteLength: 1000, sampleTicks: durationTicks },
    ...{ sampleCount: Math.round(seconds * 25), jumpTicks: 0 },
    ...changes,
  }
}

function stored(name: string, byteLength = 1000) {
  return { name, offset: 0, byteLength, isRange: false }
}

t.test('reads properties of a rendition from its tracks, or measures them', async t => {
  const log = logOf()
  t.equal(log.kind, undefined)
  const turned = { ...VIDEO_TRACK, rotation: 90, width: 640, height: 360 }
  log.addInit(initOf(turned, { tracks: [turned, { ...AUDIO_TRACK, id: 2 }] }), 'HLG')
  log.add(span(0, 2), stored('1'))
  log.add(span(2, 2), stored('2', 3000))
  log.end()
  t.match(log.rendition(false), {
    ...{ kind: 'video', groupId: undefined, playlist: 'a/index.m3u8', codecs: ['avc1.64001f', 'mp4a.40.2'] },
    ...{ width: 360, height: 640, channels: 2, language: 'en', videoRange: 'HLG', frameRate: 25 },
    ...{ bandwidth: 12_000, averageBandwidth: 8000, isEnded: true },
  })
  t.match(log, { count: 2, duration: 4, longest: 2, byteLength: 4700 })
})

t.test('assigns a replaced initialization segment to its segments, and no others', async t => {
  const log = logOf()
  const sound = { ...AUDIO_TRACK, id: 2 }
  const both = () => initOf(VIDEO_TRACK, { tracks: [VIDEO_TRACK, sound] })
  const first = { ...both(), name: 'init.mp4', byteLength: 700 }
  log.addInit(first, undefined)
  log.add(span(0, 2), stored('1'))
  const second = { ...both(), name: 'init-2.mp4', byteLength: 700 }
  log.addInit(second, undefined)
  log.add(span(0, 2), stored('2'))
  const anew = { ...initOf(VIDEO_TRACK), name: 'init-2.mp4', byteLength: 400 }
  log.replaceInit(anew)
  const { segments, codecs, channels } = log.rendition(false)
  t.same(
    segments.map(({ init }) => init),
    [first, anew],
  )
  t.same(codecs, ['avc1.64001f', 'mp4a.40.2'], 'the first one has audio')
  t.equal(channels, undefined)
  t.equal(log.byteLength, 700 + 400 + 2000)
  const alone = logOf()
  alone.addInit(first, undefined)
  alone.replaceInit(anew)
  t.same(alone.rendition(false).codecs, ['avc1.64001f'])
})

t.test('assigns audio to a group, without a size', async t => {
  const log = logOf({}, { groupId: 'surround', language: 'de' })
  log.addInit(initOf({ ...AUDIO_TRACK, width: 5, height: 5 }), undefined)
  t.match(log.rendition(true), {
    ...{ kind: 'audio', groupId: 'surround', language: 'de', isDefault: true },
    ...{ width: undefined, height: undefined, frameRate: undefined },
  })
})

t.test('takes the highest frame rate of segments long enough to measure', async t => {
  const log = logOf()
  log.addInit(initOf(VIDEO_TRACK), undefined)
  log.add(span(0, 0.04, { sampleCount: 4 }), stored('1'))
  t.equal(log.rendition(false).frameRate, 100, 'if there is no other')
  log.add(span(1, 2), stored('2'))
  log.add(span(3, 2, { sampleCount: 60 }), stored('3'))
  t.equal(log.rendition(false).frameRate, 30)
})

t.test('continues the timeline through jumps', async t => {
  const log = logOf({ programDateTime: new Date(0) })
  log.addInit(initOf(VIDEO_TRACK), undefined)
  log.add(span(100, 2), stored('1'))
  const segment = log.add(span(107, 2, { jumpTicks: 5 * SECOND }), stored('2'))
  t.match(segment, { number: 2, start: 2, duration: 2, discontinuity: true, dateTime: new Date(7000) })
  t.match(log.add(span(109, 2), stored('3')), { start: 4, discontinuity: false, dateTime: new Date(9000) })
})

t.test('restarts the clock for other tracks, but not the wall clock', async t => {
  const log = logOf({ programDateTime: new Date(0) })
  log.addInit(initOf(VIDEO_TRACK), undefined)
  log.add(span(0, 2), stored('1'))
  const other = { ...VIDEO_TRACK, timescale: SECOND, codec: 'avc1.42c00b' }
  log.addInit(initOf(other, { name: 'a/init-2.mp4' }), undefined)
  t.match(log.add(span(0, 2), stored('2')), { start: 2, discontinuity: true, dateTime: new Date(2000) })
  t.same(log.rendition(false).codecs, ['avc1.64001f', 'avc1.42c00b'])
  log.addInit(initOf(other, { name: 'a/init-3.mp4' }), undefined, new Date(60_000))
  t.match(log.add(span(0, 2), stored('3')), { start: 4, dateTime: new Date(60_000) })
})

t.test(
  'keeps twice the listed window plus one segment, and initialization segments while needed',
  async t => {
    const log = logOf({ windowSize: 3 })
    const gone: string[] = []
    for (let n = 1; n <= 12; n++) {
      if (n === 1 || n === 5) log.addInit(initOf(VIDEO_TRACK, { name: `init of ${n}` }), undefined)
      log.add(span(n, 1), stored(String(n)))
      gone.push(...log.moveOn())
    }
    t.same(gone, ['1', '2', '3', '4', 'init of 1', '5'])
    const { segments, discontinuitiesBefore } = log.rendition(false)
    t.same(
      segments.map(({ number }) => number),
      [10, 11, 12],
    )
    t.equal(discontinuitiesBefore, 1)
    t.equal(log.count, 12)
  },
)

t.test('keeps all segments without a window', async t => {
  const log = logOf()
  log.addInit(initOf(VIDEO_TRACK), undefined)
  for (let n = 1; n <= 20; n++) log.add(span(n, 1), stored(String(n)))
  t.same(log.moveOn(), [])
  t.equal(log.rendition(false).segments.length, 20)
})
