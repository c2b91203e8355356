import t from 'tap'
import { formatImagePlaylist } from '../../../lib/hls/manifests/image-playlist.js'
import { imageTrackOf } from '../../support/renditions.js'

t.test('lists each sheet with its grid and the time of each tile', async t => {
  t.same(formatImagePlaylist(imageTrackOf()).split('\n'), [
    ...['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:12', '#EXT-X-MEDIA-SEQUENCE:1'],
    ...['#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-IMAGES-ONLY'],
    '#EXTINF:12.000000,',
    '#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=3x2,DURATION=2.000000',
    'sheet-00001.jpg',
    '#EXTINF:4.000000,',
    '#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=3x1,DURATION=2.000000',
    'sheet-00002.jpg',
    ...['#EXT-X-ENDLIST', ''],
  ])
})
