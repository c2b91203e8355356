import t from 'tap'
import { contentTypeOf, storageName } from '../../../lib/hls/storage/segment-storage.js'

t.test('accepts only relative names within the storage', async t => {
  for (const name of ['master.m3u8', '720p/segment-00001.m4s', 'a b/ü.mp4', '..a/b..', '.hidden', 'a/...']) {
    t.equal(storageName(name), name)
  }
  const bad = [
    '',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    './a',
    'a/./b',
    '../a',
    'a/../b',
    'a/..',
    'a\\b',
    'a\0',
    'a\nb',
  ]
  for (const name of [...bad, undefined, null, 7]) {
    t.throws(() => storageName(name), { code: 'AVIO_ERR_OPTION', option: 'name' }, JSON.stringify(name))
  }
})

t.test('derives the media type from the ending, and for an MP4 from its content', async t => {
  t.equal(contentTypeOf('master.m3u8'), 'application/vnd.apple.mpegurl')
  t.equal(contentTypeOf('manifest.mpd'), 'application/dash+xml')
  t.equal(contentTypeOf('720p/init.mp4'), 'video/mp4')
  t.equal(contentTypeOf('720p/1.m4s'), 'video/mp4')
  t.equal(contentTypeOf('en/init.MP4', 'audio'), 'audio/mp4')
  t.equal(contentTypeOf('en/1.m4s', 'audio'), 'audio/mp4')
  t.equal(contentTypeOf('en.m4a'), 'audio/mp4')
  t.equal(contentTypeOf('subtitles.vtt', 'audio'), 'text/vtt')
  t.equal(contentTypeOf('sprite-1.jpg'), 'image/jpeg')
  t.equal(contentTypeOf('readme'), 'application/octet-stream')
  t.equal(contentTypeOf('constructor'), 'application/octet-stream')
})
