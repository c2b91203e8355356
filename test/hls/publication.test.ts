import t from 'tap'
import { packagerSettings } from '../../lib/hls/packager-options.js'
import type { PresentationMode } from '../../lib/hls/presentation/presentation.js'
import { Publication } from '../../lib/hls/publication.js'
import { RenditionLog } from '../../lib/hls/rendition/rendition-log.js'
import { type RenditionOptions, renditionSettings } from '../../lib/hls/rendition/rendition-options.js'
import { StoredObjects } from '../../lib/hls/storage/stored-objects.js'
import { MemoryStorage } from '../support/hls.js'
import { AUDIO_TRACK, VIDEO_TRACK, initOf } from '../support/renditions.js'

function setUp(mode: PresentationMode, ...renditions: (RenditionOptions & { track?: typeof AUDIO_TRACK })[]) {
  const storage = new MemoryStorage()
  const settings = packagerSettings({ storage, mode, targetDuration: 2, mpd: 'm.mpd' })
  const logs = renditions.map(({ track = AUDIO_TRACK, ...options }) => {
    const log = new RenditionLog(renditionSettings(options), options.name, settings)
    log.addInit(initOf(track), undefined)
    return log
  })
  const { cacheControl } = settings
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  return { storage, logs, publication: new Publication(settings, logs, objects) }
}

function addTo(log: RenditionLog, seconds = 2): void {
  const durationTicks = seconds * log.init!.track.timescale
  const span = {
    startTicks: 0,
    durationTicks,
    byteLength: 9,
    sampleCount: 50,
    sampleTicks: durationTicks,
    jumpTicks: 0,
  }
  const name = `${log.name}/segment-0000${log.count + 1}.m4s`
  log.add(span, { name, offset: 0, byteLength: 9, isRange: false })
}

t.test('makes the first of a group its default, unless another one is marked', async t => {
  const defaults = (...renditions: RenditionOptions[]): boolean[] =>
    setUp('vod', ...renditions)
      .publication.presentation()
      .renditions.map(({ isDefault }) => isDefault)
  t.same(defaults({ name: 'a' }, { name: 'b' }, { name: 'c', groupId: 'x' }), [true, false, true])
  t.same(defaults({ name: 'a' }, { name: 'b', default: true }), [false, true])
  t.same(defaults({ name: 'a', default: false }, { name: 'b' }), [false, true])
  t.same(defaults({ name: 'a', default: false }), [false])
})

t.test('states the target of the longest segment of all', async t => {
  const { logs, publication } = setUp('vod', { name: 'a' }, { name: 'b' })
  for (const log of logs) addTo(log)
  t.equal(publication.presentation().targetDuration, 2)
  addTo(logs[1]!, 2.6)
  t.match(publication.presentation(), { targetDuration: 3, duration: 4.6, isEnded: false })
})

t.test('publishes everything at once, referring files last', async t => {
  const { storage, logs, publication } = setUp('vod', { name: 'a' }, { name: 'b', track: VIDEO_TRACK })
  for (const log of logs) addTo(log)
  t.same(
    [...(await publication.publishMedia()), ...(await publication.publishRoots())],
    ['a/index.m3u8', 'b/index.m3u8', 'm.mpd', 'main.m3u8'],
  )
  const order = ['a/index.m3u8', 'b/index.m3u8', 'main.m3u8', 'm.mpd']
  t.same(
    storage.log,
    order.map(name => `store ${name}`),
    'the multivariant playlist decides',
  )
  t.match(publication.numbers(), { segments: 2, bytes: Number, duration: 2 })
})

t.test('delays files that name all renditions until the last one has a segment, while it grows', async t => {
  const { storage, logs, publication } = setUp('event', { name: 'a' }, { name: 'b' })
  addTo(logs[0]!)
  await publication.publish(logs[0]!)
  t.same(storage.log, ['store a/index.m3u8'])
  addTo(logs[1]!)
  await publication.publish(logs[1]!)
  t.same(storage.log.slice(1), ['store b/index.m3u8', 'store main.m3u8', 'store m.mpd'])
  const began = /availabilityStartTime="([^"]+)"/.exec(storage.text('m.mpd'))![1]
  addTo(logs[0]!)
  await publication.publish(logs[0]!)
  t.same(
    storage.log.slice(4),
    ['store a/index.m3u8', 'store m.mpd'],
    'the multivariant playlist is stored once',
  )
  t.match(
    storage.text('m.mpd'),
    `availabilityStartTime="${began}"`,
    'the clock of the manifest does not move',
  )
})

t.test('reports a failure to publish, and may succeed the next time', async t => {
  const { storage, logs, publication } = setUp('event', { name: 'a' })
  addTo(logs[0]!)
  storage.onStore = name => {
    if (name === 'm.mpd') throw new Error('no room')
  }
  await t.rejects(publication.publish(logs[0]!), {
    code: 'AVIO_ERR_COMMIT_PARTIAL',
    cause: { name: 'HlsError', object: 'm.mpd' },
  })
  storage.onStore = () => undefined
  await publication.publish(logs[0]!)
  t.match(storage.text('m.mpd'), 'MPD')
})
