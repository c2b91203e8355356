import t from 'tap'
import { formatMediaPlaylist } from '../../../lib/hls/manifests/media-playlist.js'
import type { MediaSegment, Presentation, Rendition } from '../../../lib/hls/presentation/presentation.js'
import { VIDEO_TRACK, initOf, presentationOf, renditionOf, segmentsOf } from '../../support/renditions.js'

const init = initOf(VIDEO_TRACK)

function playlist(
  segments: MediaSegment[],
  rendition: Partial<Rendition> = {},
  presentation: Partial<Presentation> = {},
): string[] {
  const whole = renditionOf(VIDEO_TRACK, { segments, ...rendition })
  return formatMediaPlaylist(presentationOf([whole], presentation), whole).split('\n')
}

t.test('lists a complete rendition with its end', async t => {
  t.same(playlist(segmentsOf(init, 2)), [
    ...['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:2', '#EXT-X-MEDIA-SEQUENCE:1'],
    ...['#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-INDEPENDENT-SEGMENTS', '#EXT-X-MAP:URI="init.mp4"'],
    ...['#EXTINF:2.000000,', 'segment-00001.m4s', '#EXTINF:2.000000,', 'segment-00002.m4s'],
    ...['#EXT-X-ENDLIST', ''],
  ])
})

t.test('writes no end for an event before it has ended', async t => {
  const lines = playlist(segmentsOf(init, 1), { isEnded: false }, { mode: 'event', isEnded: false })
  t.ok(lines.includes('#EXT-X-PLAYLIST-TYPE:EVENT'))
  t.notOk(lines.includes('#EXT-X-ENDLIST'))
})

t.test('states where a window begins, and the number of discontinuities before it', async t => {
  const lines = playlist(segmentsOf(init, 5).slice(2), { discontinuitiesBefore: 4 }, { mode: 'live' })
  t.same(lines.slice(3, 5), ['#EXT-X-MEDIA-SEQUENCE:3', '#EXT-X-DISCONTINUITY-SEQUENCE:4'])
  t.notMatch(lines.join('\n'), 'PLAYLIST-TYPE')
})

t.test('lists ranges of one object with length and offset', async t => {
  const ranged = initOf(VIDEO_TRACK, { name: 'a/media.mp4', byteLength: 700, isRange: true })
  const [segment] = segmentsOf(ranged, 1)
  const lines = playlist([{ ...segment!, name: 'a/media.mp4', offset: 700, byteLength: 50, isRange: true }])
  t.ok(lines.includes('#EXT-X-MAP:URI="media.mp4",BYTERANGE="700@0"'))
  t.match(lines.join('\n'), '#EXTINF:2.000000,\n#EXT-X-BYTERANGE:50@700\nmedia.mp4\n')
})

t.test('marks a discontinuity, with its new tracks and clock', async t => {
  const [first, second, third] = segmentsOf(init, 3)
  const other = initOf(VIDEO_TRACK, { name: 'a/init-2.mp4' })
  const lines = playlist([
    { ...first!, dateTime: new Date(0) },
    { ...second!, dateTime: new Date(2000) },
    { ...third!, init: other, discontinuity: true, dateTime: new Date(9000) },
  ])
  t.same(lines.slice(6, -2), [
    '#EXT-X-MAP:URI="init.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z',
    ...['#EXTINF:2.000000,', 'segment-00001.m4s', '#EXTINF:2.000000,', 'segment-00002.m4s'],
    '#EXT-X-DISCONTINUITY',
    '#EXT-X-MAP:URI="init-2.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:09.000Z',
    ...['#EXTINF:2.000000,', 'segment-00003.m4s'],
  ])
})
