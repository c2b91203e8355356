import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { CmafPackager } from '../../../lib/hls/cmaf-packager.js'
import { DirectoryStorage } from '../../../lib/hls/storage/directory-storage.js'
import { formatMpd } from '../../../lib/hls/manifests/mpd.js'
import type { Presentation } from '../../../lib/hls/presentation/presentation.js'
import { packageAll, pictureOf, soundOf } from '../../support/hls.js'
import { imageTrackOf } from '../../support/renditions.js'
import { initOf, presentationOf, renditionOf, segmentsOf, trackOf } from '../../support/presentations.js'

const CLOCK = { startedAt: new Date('2030-01-01T00:00:00Z'), publishedAt: new Date('2030-01-01T00:01:00Z') }

function manifest(overrides: Partial<Presentation> = {}): string {
  const segments = segmentsOf(initOf([trackOf('video')]), [2000, 2000])
  return formatMpd(presentationOf([renditionOf(segments)], overrides), CLOCK)
}

/** The attributes of the `MPD` element. */
function root(xml: string): Record<string, string> {
  const [, list = ''] = /<MPD ([^>]*)>/.exec(xml) ?? []
  return Object.fromEntries(
    [...list.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

t.test('writes a complete presentation as static, with its duration', async t => {
  t.same(root(manifest()), {
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
    type: 'static',
    mediaPresentationDuration: 'PT4S',
    minBufferTime: 'PT2S',
    maxSegmentDuration: 'PT2.5S',
  })
  t.match(root(manifest({ layout: 'byterange' })), { profiles: 'urn:mpeg:dash:profile:isoff-main:2011' })
  t.equal(root(manifest({ mode: 'event' }))['type'], 'static')
})

t.test('writes a growing presentation as dynamic, with the clock and the update period', async t => {
  const growing = root(manifest({ mode: 'event', isEnded: false }))
  t.match(growing, {
    type: 'dynamic',
    availabilityStartTime: '2030-01-01T00:00:00.000Z',
    publishTime: '2030-01-01T00:01:00.000Z',
    minimumUpdatePeriod: 'PT2S',
    suggestedPresentationDelay: 'PT6S',
  })
  t.notOk('mediaPresentationDuration' in growing)
  t.notOk('timeShiftBufferDepth' in growing)
})

t.test('turns a live stream static at its end, and keeps its timeline', async t => {
  t.match(root(manifest({ mode: 'live', windowSize: 5, isEnded: false })), { timeShiftBufferDepth: 'PT10S' })
  const segments = segmentsOf(initOf([trackOf('video')]), [2000, 2000, 2000]).slice(1)
  const live = { mode: 'live' as const, windowSize: 2, isEnded: true, duration: 6 }
  const ended = formatMpd(presentationOf([renditionOf(segments)], live), CLOCK)
  t.match(root(ended), { type: 'static', mediaPresentationDuration: 'PT6S' })
  for (const name of ['minimumUpdatePeriod', 'timeShiftBufferDepth', 'availabilityStartTime']) {
    t.notOk(name in root(ended))
  }
  t.match(ended, '<S t="2000" d="2000" r="1"/>')
})

t.test('ends the presentation with its last period, whatever the renditions lasted before', async t => {
  const video = initOf([trackOf('video')])
  const sound = initOf([trackOf('audio')])
  const second = { discontinuity: true, stretch: { start: 2, startTicks: 0 } }
  const [picture] = segmentsOf(video, [2000], { start: 2, number: 2 })
  const heard = { ...segmentsOf(sound, [96_000], { start: 2.5, number: 2 })[0]!, ...second }
  const renditions = [
    renditionOf([...segmentsOf(video, [2000]), { ...picture!, ...second }]),
    renditionOf([...segmentsOf(sound, [120_000]), { ...heard, stretch: { start: 2.5, startTicks: 0 } }]),
  ]
  t.match(root(formatMpd(presentationOf(renditions, { duration: 4.5 }), CLOCK)), {
    mediaPresentationDuration: 'PT4S',
  })
})

t.test('takes the present as the end without a clock', async t => {
  const segments = segmentsOf(initOf([trackOf('video')]), [2000])
  const { availabilityStartTime, publishTime } = root(
    formatMpd(presentationOf([renditionOf(segments)], { isEnded: false })),
  )
  t.equal(Date.parse(publishTime!) - Date.parse(availabilityStartTime!), 8000)
})

t.test('closes every element, in order', async t => {
  const lines = manifest().split('\n')
  t.equal(lines[0], '<?xml version="1.0" encoding="UTF-8"?>')
  const open: string[] = []
  for (const [, close, name = '', empty] of manifest().matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (close) t.equal(open.pop(), name)
    else if (!empty) open.push(name)
  }
  t.same(open, [])
})

t.test('writes a manifest from which ffmpeg plays all of a ladder', async t => {
  const path = t.testdir()
  const packager = new CmafPackager({
    storage: new DirectoryStorage({ path }),
    targetDuration: 2,
    mpd: 'manifest.mpd',
  })
  const [low, high, sound] = await Promise.all([pictureOf('160x90'), pictureOf('320x180'), soundOf()])
  await packageAll(packager, { low, high, sound })
  const asked = ['-count_packets', '-show_entries', 'stream=codec_type,width,nb_read_packets:format=duration']
  const { stdout } = await promisify(execFile)(
    process.env['FFPROBE_PATH'] ?? 'ffprobe',
    ['-v', 'error', ...asked, '-of', 'json', join(path, 'manifest.mpd')],
    { timeout: 60_000 },
  )
  const { streams, format } = JSON.parse(stdout) as { streams: object[]; format: object }
  t.match(streams, [
    { codec_type: 'video', width: 160, nb_read_packets: '200' },
    { codec_type: 'video', width: 320, nb_read_packets: '200' },
    { codec_type: 'audio', nb_read_packets: '376' },
  ])
  t.match(format, { duration: '8.000000' })
})

t.test('lists images for seek bars if there is a single period', async t => {
  const images = [imageTrackOf()]
  t.match(manifest({ images }), /contentType="image"[^]*thumbnail_tile[^]*<\/Period>/)
  const init = initOf([trackOf('video')])
  const [first, second] = segmentsOf(init, [2000, 2000])
  const stretch = { start: 2, startTicks: 2000 }
  const segments = [first!, { ...second!, discontinuity: true, stretch }]
  t.notMatch(formatMpd(presentationOf([renditionOf(segments)], { images }), CLOCK), 'image')
})
