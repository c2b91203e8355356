import t from 'tap'
import { publishedObjects } from '../../lib/hls/older-presentation.js'
import { MemoryStorage } from '../support/hls.js'

function storageOf(files: Record<string, string>): MemoryStorage {
  const storage = new MemoryStorage()
  for (const [name, text] of Object.entries(files)) storage.objects.set(name, Buffer.from(text))
  return storage
}

const MAIN =
  '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="r/s/index.m3u8"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nr/v/index.m3u8\n'
const VIDEO = '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2,\nsegment-1.m4s\n#EXTINF:2,\nsegment-2.m4s\n'
const SOUND =
  '#EXTM3U\n#EXT-X-MAP:URI="media.mp4",BYTERANGE="7@0"\n#EXTINF:2,\nmedia.mp4\nhttps://cdn.example/x.m4s\n'

t.test('lists the media playlists of a presentation and their entries, each once', async t => {
  const storage = storageOf({ 'main.m3u8': MAIN, 'r/v/index.m3u8': VIDEO, 'r/s/index.m3u8': SOUND })
  t.same(await publishedObjects(storage, ['main.m3u8']), [
    ...['r/s/index.m3u8', 'r/v/index.m3u8'],
    ...['r/s/media.mp4', 'r/v/init.mp4', 'r/v/segment-1.m4s', 'r/v/segment-2.m4s'],
  ])
})

t.test('finds a manifest without a multivariant playlist by the playlists beside its segments', async t => {
  const mpd = '<SegmentTemplate initialization="q/v/init.mp4" media="q/v/segment-$Number$.m4s"/>'
  const storage = storageOf({ 'main.m3u8': MAIN, 'm.mpd': mpd, 'q/v/index.m3u8': VIDEO })
  t.same(
    await publishedObjects(storage, ['m.mpd', 'main.m3u8']),
    [...['q/v/index.m3u8', 'q/v/init.mp4', 'q/v/segment-1.m4s', 'q/v/segment-2.m4s']],
    'nothing of the others has to be removed',
  )
})

t.test('lists nothing if nothing is published, and returns undefined if the storage can’t read', async t => {
  t.same(await publishedObjects(storageOf({}), ['main.m3u8']), [])
  t.same(await publishedObjects(storageOf({ 'main.m3u8': 'no playlist' }), ['main.m3u8']), [])
  t.same(await publishedObjects(storageOf({ 'main.m3u8': '#EXTM3U\nmain.m3u8' }), ['main.m3u8']), [])
  const writing = { read: undefined }
  t.equal(await publishedObjects(writing, ['main.m3u8']), undefined)
  const failing = storageOf({ 'main.m3u8': MAIN })
  failing.read = () => Promise.reject(new Error('not allowed'))
  await t.rejects(publishedObjects(failing, ['main.m3u8']), { message: 'not allowed' })
})
