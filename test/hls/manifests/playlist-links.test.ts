import t from 'tap'
import { linksOf, linksOfMpd, nameOf } from '../../../lib/hls/manifests/playlist-links.js'

t.test('finds the entries of a playlist, in order, without keys', async t => {
  const playlist = [
    '#EXTM3U',
    '#EXT-X-KEY:METHOD=AES-128,URI="key.bin"',
    '#EXT-X-SESSION-DATA:DATA-ID="x",URI="data.json"',
    '#EXT-X-MEDIA:TYPE=AUDIO,NAME="a,URI=b",URI="sound/index.m3u8"',
    '#EXT-X-MAP:URI="init.mp4",BYTERANGE="7@0"',
    '# a comment with URI="nothing"',
    '#EXTINF:2,',
    'segment-1.m4s\r',
    '',
    ' spaced.m4s ',
  ].join('\n')
  t.same(linksOf(playlist), ['sound/index.m3u8', 'init.mp4', 'segment-1.m4s', 'spaced.m4s'])
})

t.test('finds the entries of a manifest', async t => {
  const mpd =
    '<SegmentTemplate initialization="r/a/init.mp4" media="r/a/segment-$Number%05d$.m4s"/>' +
    '<Initialization sourceURL="r/b/media.mp4"/><SegmentURL media="r/b/media.mp4" mediaRange="0-9"/>'
  t.same(linksOfMpd(mpd), ['r/a/init.mp4', 'r/a/segment-$Number%05d$.m4s', 'r/b/media.mp4', 'r/b/media.mp4'])
})

t.test('resolves a name against its playlist, and none that lies elsewhere', async t => {
  for (const [base, uri, name] of [
    ['main.m3u8', 'r/a/index.m3u8', 'r/a/index.m3u8'],
    ['r/a/index.m3u8', 'init.mp4', 'r/a/init.mp4'],
    ['r/a/index.m3u8', './x/../init.mp4?v=1#t', 'r/a/init.mp4'],
    ['r/a/index.m3u8', '../b/init.mp4', 'r/b/init.mp4'],
    ['r/a/index.m3u8', 'a%20b.mp4', 'r/a/a b.mp4'],
    ['r/a/index.m3u8', '../../../x', undefined],
    ['r/a/index.m3u8', '/x', undefined],
    ['r/a/index.m3u8', 'https://host/x', undefined],
    ['r/a/index.m3u8', 's3:x', undefined],
    ['r/a/index.m3u8', '%2e%2e/%2e%2e/%2e%2e/x', undefined],
    ['r/a/index.m3u8', 'a%ff', undefined],
    ['r/a/index.m3u8', 'a%00', undefined],
    ['r/a/index.m3u8', '?v=1', undefined],
  ] as const) {
    t.equal(nameOf(base, uri), name, `${uri} in ${base}`)
  }
})
