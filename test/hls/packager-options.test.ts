import t from 'tap'
import { packagerSettings } from '../../lib/hls/packager-options.js'
import { MemoryStorage } from '../support/hls.js'

const storage = new MemoryStorage()

t.test('needs only a storage', async t => {
  const { run, ...settings } = packagerSettings({ storage })
  t.match(run, /^\d{8}T\d{6}Z-[0-9a-f]{8}$/)
  t.same(settings, {
    isNamedRun: false,
    removeReplaced: false,
    maxObjects: Infinity,
    storage,
    targetDuration: 6,
    mode: 'vod',
    layout: 'segments',
    playlist: 'main.m3u8',
    mpd: undefined,
    windowSize: undefined,
    programDateTime: undefined,
    cacheControl: { segments: 'public, max-age=31536000', playlists: 'public, max-age=3600' },
    maxSegmentSize: 67_108_864,
    align: true,
    signal: undefined,
  })
})

t.test('keeps files that change out of caches', async t => {
  t.match(packagerSettings({ storage, mode: 'event' }), { cacheControl: { playlists: 'no-cache' } })
  t.match(packagerSettings({ storage, mode: 'live', cacheControl: { playlists: 'max-age=1' } }), {
    windowSize: 6,
    cacheControl: { playlists: 'max-age=1' },
  })
})

t.test('names the option that breaks its rule', async t => {
  for (const [option, options] of [
    ['CmafPackager', null],
    ['storage', {}],
    ['storage', { storage: null }],
    ['storage', { storage: { put: () => undefined } }],
    ['targetDuration', { storage, targetDuration: 2.5 }],
    ['mode', { storage, mode: 'VOD' }],
    ['mpd', { storage, mpd: 'main.m3u8' }],
    ['layout', { storage, layout: 'byterange', mode: 'event' }],
    ['windowSize', { storage, windowSize: 6 }],
    ['windowSize', { storage, windowSize: 2, mode: 'live' }],
    ['playlist', { storage, playlist: 'a/main.m3u8' }],
    ['mpd', { storage, mpd: '.mpd' }],
    ['programDateTime', { storage, programDateTime: new Date('no') }],
    ['segment', { storage, cacheControl: { segment: 'x' } }],
    ['cacheControl.segments', { storage, cacheControl: { segments: 5 } }],
    ['maxSegmentSize', { storage, maxSegmentSize: 10 }],
    ['align', { storage, align: 'no' }],
    ['signal', { storage, signal: {} }],
    ['segmentDuration', { storage, segmentDuration: 6 }],
  ] as const) {
    t.throws(() => packagerSettings(options as never), { code: 'AVIO_ERR_OPTION', option }, option)
  }
})
