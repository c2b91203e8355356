import t from 'tap'
import { packagerSettings } from '../../lib/hls/packager-options.js'
import { packagingResult } from '../../lib/hls/packaging-result.js'
import { Publication } from '../../lib/hls/publication.js'
import { RenditionLog } from '../../lib/hls/rendition/rendition-log.js'
import { renditionSettings } from '../../lib/hls/rendition/rendition-options.js'
import { StoredObjects } from '../../lib/hls/storage/stored-objects.js'
import { MemoryStorage } from '../support/hls.js'
import { AUDIO_TRACK, VIDEO_TRACK, initOf } from '../support/renditions.js'

t.test('adds up all renditions', async t => {
  const storage = new MemoryStorage()
  const settings = packagerSettings({ storage, targetDuration: 2 })
  const logs = [VIDEO_TRACK, AUDIO_TRACK].map((track, n) => {
    const log = new RenditionLog(renditionSettings({ name: `r${n}` }), `r${n}`, settings)
    log.addInit(initOf(track, { byteLength: 100 }), undefined)
    const durationTicks = (2 + n) * track.timescale
    const counts = { startTicks: 0, byteLength: 9, sampleCount: 50, jumpTicks: 0 }
    const stored = { name: 'x', offset: 0, byteLength: 9, isRange: false }
    for (let segments = 0; segments <= n; segments++)
      log.add({ ...counts, durationTicks, sampleTicks: durationTicks }, stored)
    return log
  })
  const objects = new StoredObjects(storage, { cacheControl: settings.cacheControl, maxObjects: Infinity })
  const publication = new Publication(settings, logs, objects)
  const playlists = ['a.m3u8']
  const result = packagingResult({ publication, run: 'v1', playlists, leftBehind: ['old'] })
  t.match(result, {
    ...{ run: 'v1', playlists, leftBehind: ['old'], replaced: undefined },
    ...{
      segments: 3,
      bytes: 227,
      duration: 6,
      presentation: { renditions: [{ name: 'r0' }, { name: 'r1' }] },
    },
  })
})
