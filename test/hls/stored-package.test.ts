import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import t from 'tap'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import { Fmp4Cutter } from '../../lib/hls/segments/fmp4-cutter.js'
import { type StoredRendition, type StoredSegment, publishStored } from '../../lib/hls/stored-package.js'
import { type ImageSheet, storeImages } from '../../lib/hls/image-store.js'
import { StoredObjects } from '../../lib/hls/storage/stored-objects.js'
import { MemoryStorage, pictureOf, sheetOf, soundOf } from '../support/hls.js'

const MEDIA: Record<string, () => Promise<Buffer>> = {
  big: () => pictureOf('64x48'),
  small: () => pictureOf('32x24'),
  sound: () => soundOf(),
}
const SETTINGS = { targetDuration: 2, run: 'v1', mpd: 'main.mpd' }

/** What is stored of a rendition: with the names that the packager gives its segments. */
function cut(name: string, bytes: Buffer): StoredRendition {
  const cutter = new Fmp4Cutter({
    rendition: name,
    targetDuration: 2,
    maxSegmentSize: 1e8,
    allowMixed: false,
  })
  cutter.write(bytes)
  cutter.end()
  let init = Buffer.alloc(0)
  let shiftTicks = 0
  const segments: StoredSegment[] = []
  for (const one of cutter.take()) {
    const byteLength = one.bytes.reduce((sum, { length }) => sum + length, 0)
    if (one.kind === 'segment') {
      const file = `segment-${String(segments.length + 1).padStart(5, '0')}.m4s`
      segments.push({
        span: one.span,
        stored: { name: `v1/${name}/${file}`, offset: 0, byteLength, isRange: false },
      })
    } else {
      init = Buffer.concat(one.bytes)
      shiftTicks = one.init.shiftTicks
    }
  }
  return { options: { name }, init, shiftTicks, segments }
}

const stored = async () =>
  await Promise.all(Object.entries(MEDIA).map(async ([name, make]) => cut(name, await make())))

t.test('publishes what the packager publishes of the same segments', async t => {
  const storage = new MemoryStorage()
  const packager = new CmafPackager({ storage, ...SETTINGS })
  const sinks = Object.keys(MEDIA).map(name => packager.rendition({ name }))
  const sources = await Promise.all(Object.values(MEDIA).map(make => make()))
  await Promise.all(sources.map((bytes, n) => pipeline(Readable.from([bytes]), sinks[n]!)))
  const packaged = await packager.result
  const other = new MemoryStorage()
  const published = await publishStored({ storage: other, ...SETTINGS }, await stored())
  t.same(published, packaged)
  for (const name of other.names()) t.equal(other.text(name), storage.text(name), name)
  t.same(
    storage.names().filter(name => !other.names().includes(name) && !name.endsWith('.m4s')),
    [],
    'all but the media',
  )
  const last = other.log.slice(-2)
  t.same(last, ['store main.m3u8', 'store main.mpd'])
})

t.test('lists thumbnails as the packager lists them', async t => {
  const texts = async (
    publish: (storage: MemoryStorage, sheets: () => AsyncGenerator<ImageSheet>) => unknown,
  ) => {
    const storage = new MemoryStorage()
    await publish(storage, async function* () {
      yield sheetOf(6, 0)
    })
    return ['main.m3u8', 'main.mpd', 'v1/thumbs/index.m3u8'].map(name => storage.text(name))
  }
  const packaged = await texts(async (storage, sheets) => {
    const packager = new CmafPackager({ storage, ...SETTINGS })
    const sinks = Object.keys(MEDIA).map(name => packager.rendition({ name }))
    packager.images(sheets(), { name: 'thumbs' })
    const sources = await Promise.all(Object.values(MEDIA).map(make => make()))
    await Promise.all(sources.map((bytes, n) => pipeline(Readable.from([bytes]), sinks[n]!)))
    t.equal((await packager.result).playlists[3], 'v1/thumbs/index.m3u8')
  })
  const published = await texts(async (storage, sheets) => {
    const objects = new StoredObjects(storage, {
      cacheControl: { segments: undefined, playlists: undefined },
      maxObjects: Infinity,
    })
    const images = await storeImages('thumbs', 'v1/thumbs', sheets(), objects)
    const { playlists } = await publishStored({ storage, ...SETTINGS }, await stored(), images)
    t.equal(playlists[3], 'v1/thumbs/index.m3u8')
  })
  t.same(published, packaged)
  t.match(published[0], /#EXT-X-IMAGE-STREAM-INF/)
})

t.test('checks the renditions as the packager does', async t => {
  const [big, small, sound] = await stored()
  const publish = async (...renditions: StoredRendition[]) => {
    const storage = new MemoryStorage()
    const published = publishStored({ storage, ...SETTINGS }, renditions)
    return await published.finally(() => t.notOk(storage.names().includes('main.m3u8')))
  }
  const uneven = { ...small!, segments: small!.segments.slice(1) }
  await t.rejects(publish(big!, uneven), { code: 'AVIO_ERR_HLS_NOT_ALIGNED' })
  const short = { ...small!, segments: small!.segments.slice(0, -1) }
  await t.rejects(publish(big!, short), { code: 'AVIO_ERR_HLS_NOT_ALIGNED' })
  const same = { ...sound!, options: { name: 'other', label: 'sound' } }
  await t.rejects(publish(big!, sound!, same), { code: 'AVIO_ERR_OPTION', option: 'label' })
})

t.test('can be called again after a failure, and keeps its own objects', async t => {
  const storage = new MemoryStorage()
  const renditions = await stored()
  storage.onStore = name => {
    if (name === 'main.mpd') throw new Error('full')
  }
  const options = { storage, ...SETTINGS, removeReplaced: true }
  await t.rejects(publishStored(options, renditions), { code: 'AVIO_ERR_COMMIT_PARTIAL' })
  t.ok(storage.names().includes('main.m3u8'), 'the multivariant playlist is published')
  storage.onStore = () => undefined
  const { replaced, leftBehind } = await publishStored(options, renditions)
  t.same([replaced, leftBehind], [[], []], 'the published playlist is of this run')
  t.notOk(storage.log.some(line => line.startsWith('delete')))
})

t.test('ends with the signal, before the commit', async t => {
  const storage = new MemoryStorage()
  const controller = new AbortController()
  const options = { storage, ...SETTINGS, signal: controller.signal }
  storage.onStore = name => {
    if (name.endsWith('sound/index.m3u8')) controller.abort()
  }
  await t.rejects(publishStored(options, await stored()), { name: 'AbortError' })
  t.notOk(storage.names().includes('main.mpd'))
  await t.rejects(publishStored(options, []), { name: 'AbortError' })
})
