import t from 'tap'
import { cacheControlOption } from '../../../lib/hls/storage/cache-control.js'

t.test('keeps segments for a year, and playlists for an hour once they are complete', async t => {
  const segments = 'public, max-age=31536000'
  t.same(cacheControlOption({}, true), { segments, playlists: 'public, max-age=3600' })
  t.same(cacheControlOption({}, false), { segments, playlists: 'no-cache' })
})

t.test('takes the given value for each kind', async t => {
  const cacheControl = { playlists: 'max-age=2' }
  t.match(cacheControlOption({ cacheControl }, false), { segments: /31536000/, playlists: 'max-age=2' })
})

t.test('rejects an unknown kind of object, and an invalid header', async t => {
  for (const cacheControl of [{ images: 'no-cache' }, { segments: 7 }, 'no-cache', null]) {
    t.throws(() => cacheControlOption({ cacheControl }, true), { code: 'AVIO_ERR_OPTION' })
  }
})
