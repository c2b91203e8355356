import t from 'tap'
import { formatMultivariantPlaylist } from '../../../lib/hls/manifests/multivariant-playlist.js'
import type { Rendition } from '../../../lib/hls/presentation/presentation.js'
import { AUDIO_TRACK, VIDEO_TRACK, presentationOf, renditionOf } from '../../support/renditions.js'

function lines(...renditions: Rendition[]): string[] {
  return formatMultivariantPlaylist(presentationOf(renditions)).split('\n').slice(3, -1)
}

const low = renditionOf(VIDEO_TRACK, { name: 'low', playlist: 'low/index.m3u8' })
const high = renditionOf(VIDEO_TRACK, { name: 'high', playlist: 'high/index.m3u8', videoRange: 'PQ' })
const english = renditionOf(AUDIO_TRACK, { label: 'English' })
const german = renditionOf(AUDIO_TRACK, {
  label: 'Deutsch',
  language: 'de',
  isDefault: false,
  bandwidth: 7000,
})

t.test('lists video with its own audio as a variant by itself', async t => {
  const both = { ...low, codecs: ['avc1.64001f', 'mp4a.40.2'] }
  t.same(lines(both), [
    '#EXT-X-STREAM-INF:BANDWIDTH=5000,AVERAGE-BANDWIDTH=4000,CODECS="avc1.64001f,mp4a.40.2",' +
      'RESOLUTION=640x360,FRAME-RATE=25.000',
    'low/index.m3u8',
  ])
})

t.test('lists every video with the group, and counts its heaviest audio', async t => {
  t.same(lines(low, english, high, german), [
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,' +
      'CHANNELS="2",URI="a/index.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,' +
      'CHANNELS="2",URI="a/index.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=12000,AVERAGE-BANDWIDTH=8000,CODECS="avc1.64001f,mp4a.40.2",' +
      'RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio"',
    'low/index.m3u8',
    '#EXT-X-STREAM-INF:BANDWIDTH=12000,AVERAGE-BANDWIDTH=8000,CODECS="avc1.64001f,mp4a.40.2",' +
      'RESOLUTION=640x360,FRAME-RATE=25.000,VIDEO-RANGE=PQ,AUDIO="audio"',
    'high/index.m3u8',
  ])
})

t.test('lists a variant for each video with each of several groups', async t => {
  const surround = renditionOf(AUDIO_TRACK, { groupId: 'surround', codecs: ['ec-3'], channels: 6 })
  const variants = lines(low, english, surround, high).filter(line => line.startsWith('#EXT-X-STREAM-INF'))
  t.equal(variants.length, 4)
  t.match(variants[0], /CODECS="avc1.64001f,mp4a.40.2".*AUDIO="audio"/)
  t.match(variants[1], /CODECS="avc1.64001f,ec-3".*AUDIO="surround"/)
})

t.test('lists audio alone as a variant', async t => {
  t.same(lines(english), [
    '#EXT-X-STREAM-INF:BANDWIDTH=5000,AVERAGE-BANDWIDTH=4000,CODECS="mp4a.40.2"',
    'a/index.m3u8',
  ])
})

t.test('leaves out unknown properties', async t => {
  const [media] = lines(low, { ...english, language: undefined, channels: undefined, autoselect: false })
  t.equal(
    media,
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",DEFAULT=YES,AUTOSELECT=NO,URI="a/index.m3u8"',
  )
})
