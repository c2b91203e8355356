import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import { DirectoryStorage } from '../../lib/hls/storage/directory-storage.js'
import type { CmafPackagerOptions } from '../../lib/hls/packager-options.js'
import type { SegmentStorage } from '../../lib/hls/storage/segment-storage.js'
import {
  MemoryStorage,
  chunksOf,
  packageAll,
  pictureOf,
  probePlaylist,
  sheetOf,
  soundOf,
} from '../support/hls.js'

/** The objects that a second packaging finds under the same names, and their expected fate. */

const MODES = ['vod', 'event', 'live'] as const
const low = await pictureOf('160x90')
const sound = await soundOf()

function packager(storage: SegmentStorage, options: Partial<CmafPackagerOptions> = {}): CmafPackager {
  return new CmafPackager({ storage, targetDuration: 2, mpd: 'manifest.mpd', ...options })
}

async function published(options: Partial<CmafPackagerOptions> = {}) {
  const storage = new MemoryStorage()
  const result = await packageAll(packager(storage, options), { low, sound })
  const before = new Map(storage.objects)
  storage.log.length = 0
  return { storage, result, before }
}

/** Every earlier object is still there, byte for byte. */
function isUntouched(
  storage: MemoryStorage,
  before: ReadonlyMap<string, Buffer>,
  except: string[] = [],
): boolean {
  return [...before].every(
    ([name, bytes]) => except.includes(name) || storage.objects.get(name)?.equals(bytes) === true,
  )
}

t.test('keeps all objects of a run below its name, except the roots', async t => {
  const { storage, result } = await published()
  const roots = ['main.m3u8', 'manifest.mpd']
  t.ok(storage.names().every(name => roots.includes(name) || name.startsWith(`${result.run}/`)))
  t.match(storage.text('main.m3u8'), `\n${result.run}/low/index.m3u8\n`)
  t.match(storage.text('manifest.mpd'), `${result.run}/low/segment-$Number%05d$.m4s`)
  t.same(result.replaced, [])
})

t.test('leaves the published presentation intact, whichever object of a rerun fails', async t => {
  for (const mode of MODES) {
    const { storage, before } = await published()
    const names: string[] = []
    storage.onStore = name => void names.push(name)
    const run = { run: 'again', mode }
    await packageAll(packager(storage, { ...run }), { low, sound })
    const order = names.filter((name, n) => names.indexOf(name) === n)
    const firstRoot = order.findIndex(name => !name.includes('/'))
    t.ok(firstRoot > 0)
    for (const failing of order.slice(0, firstRoot + 1)) {
      const rerun = new MemoryStorage()
      for (const [name, bytes] of before) rerun.objects.set(name, bytes)
      rerun.onStore = name => {
        if (name === failing) throw new Error('no room')
      }
      const over = packageAll(packager(rerun, run), { low, sound })
      await t.rejects(over, { code: 'AVIO_ERR_HLS_STORE_FAILED', object: failing })
      t.ok(isUntouched(rerun, before), `${mode}: ${failing}`)
      t.same(
        rerun.names(),
        [...before.keys()].sort(),
        `${mode}: the run that failed at ${failing} leaves nothing`,
      )
    }
  }
})

t.test(
  'reports the published multivariant playlist if the manifest fails, and keeps the objects of both runs',
  async t => {
    for (const mode of MODES) {
      const { storage, before } = await published()
      storage.onStore = name => {
        if (name === 'manifest.mpd') throw new Error('no room')
      }
      await t.rejects(packageAll(packager(storage, { run: 'again', mode }), { low, sound }), {
        code: 'AVIO_ERR_COMMIT_PARTIAL',
        committed: ['main.m3u8'],
        failed: ['manifest.mpd'],
      })
      t.ok(isUntouched(storage, before, ['main.m3u8']), mode)
      const playlist = /^again\/low\/index\.m3u8$/m.exec(storage.text('main.m3u8'))![0]
      const [segment] = /^segment-\d+\.m4s$/m.exec(storage.text(playlist))!
      t.ok(storage.objects.has(`again/low/${segment}`), 'all objects in the playlists exist')
    }
  },
)

t.test('lists what it replaces, and removes that only on request', async t => {
  for (const mode of MODES) {
    const { storage, result, before } = await published({ mode: 'event' })
    const older = [...before.keys()].filter(name => name.includes('/')).sort()
    const second = await packageAll(packager(storage, { mode }), { low, sound })
    t.same([...second.replaced!].sort(), older, `${mode}: all of ${result.run}`)
    t.ok(isUntouched(storage, before, ['main.m3u8', 'manifest.mpd']))

    const third = await packageAll(packager(storage, { mode, removeReplaced: true }), { low, sound })
    const left = storage.names().filter(name => name.startsWith(`${second.run}/`))
    t.same(
      left.filter(name => third.replaced!.includes(name)),
      [],
    )
    t.ok(third.replaced!.length > 3)
    t.ok(
      isUntouched(storage, new Map([...before].filter(([name]) => name.includes('/')))),
      'the first run is not listed',
    )
    t.same(third.leftBehind, [])
  }
})

t.test('does not fail because of a failed removal', async t => {
  const { storage, result } = await published()
  storage.delete = name => (name.endsWith('init.mp4') ? Promise.reject(new Error('no')) : Promise.resolve())
  const { leftBehind, replaced } = await packageAll(packager(storage, { removeReplaced: true }), {
    low,
    sound,
  })
  t.same([...leftBehind].sort(), [`${result.run}/low/init.mp4`, `${result.run}/sound/init.mp4`])
  t.ok(replaced!.includes(`${result.run}/low/init.mp4`))
})

t.test('publishes without listing replaced objects if the storage can’t read', async t => {
  const { storage } = await published()
  const open = storage.open.bind(storage)
  t.equal((await packageAll(packager({ open }), { low, sound })).replaced, undefined)
  storage.read = () => Promise.reject(new Error('not allowed'))
  t.equal((await packageAll(packager(storage, { run: 'named' }), { low, sound })).replaced, undefined)
})

t.test('refuses a run that is already published, before it overwrites it', async t => {
  const { storage, before } = await published({ run: 'one' })
  for (const mode of MODES) {
    const again = packageAll(packager(storage, { run: 'one', mode }), { low, sound })
    await t.rejects(again, { code: 'AVIO_ERR_OPTION', option: 'run' })
  }
  const images = packager(storage, { run: 'one' })
  images.images(
    (async function* () {
      yield sheetOf(6, 0)
    })(),
  )
  await t.rejects(images.result, { code: 'AVIO_ERR_OPTION', option: 'run' })
  t.ok(isUntouched(storage, before))
  t.same(storage.log, [], 'nothing was stored, and nothing removed')
})

t.test('obeys an abort until the roots are sent, not later', async t => {
  for (const [at, isPublished] of [
    ['low/index.m3u8', false],
    ['manifest.mpd', true],
    ['main.m3u8', true],
  ] as const) {
    const { storage, before } = await published()
    const controller = new AbortController()
    storage.onStore = async name => {
      if (!name.endsWith(at)) return
      controller.abort()
      await new Promise(setImmediate)
    }
    const over = packageAll(packager(storage, { run: 'again', signal: controller.signal }), { low, sound })
    if (isPublished) t.match(await over, { run: 'again' })
    else await t.rejects(over, { name: 'AbortError' })
    t.equal(storage.text('main.m3u8').includes('again/'), isPublished, at)
    t.equal(storage.objects.has('again/low/init.mp4'), isPublished)
    t.ok(isUntouched(storage, before, isPublished ? ['main.m3u8', 'manifest.mpd'] : []))
  }
})

t.test('keeps the published objects of an event, and removes the others', async t => {
  const storage = new MemoryStorage()
  storage.onStore = name => {
    if (name === 'again/sound/segment-00001.m4s') throw new Error('no room')
  }
  const event = packager(storage, { run: 'again', mode: 'event' })
  await t.rejects(packageAll(event, { low, sound }), { code: 'AVIO_ERR_HLS_STORE_FAILED' })
  t.same(storage.names(), [], 'the multivariant playlist waits for all renditions')
})

t.test('stops at the limit of objects, and publishes nothing', async t => {
  const storage = new MemoryStorage()
  const limited = packager(storage, { limits: { maxObjects: 7 } })
  await t.rejects(packageAll(limited, { low, sound }), { code: 'AVIO_ERR_LIMIT_OBJECTS' })
  t.same(storage.names(), [])
  t.equal((await packageAll(packager(storage, { limits: { maxObjects: 10 } }), { low, sound })).segments, 8)

  const live = packager(new MemoryStorage(), {
    mode: 'live',
    windowSize: 3,
    targetDuration: 1,
    limits: { maxObjects: 9 },
  })
  const many = await packageAll(live, { low: await pictureOf('160x90', { seconds: 12 }) })
  t.equal(many.segments, 12, 'in a live window, objects present at the same time count')
})

t.test('replaces a presentation in a directory while an older player continues', async t => {
  const path = await mkdtemp(join(tmpdir(), 'avio-streams-runs-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  const storage = new DirectoryStorage({ path })
  const first = await packageAll(packager(storage), { low, sound })
  const broken = packager(storage)
  const stream = broken.rendition({ name: 'low' })
  await t.rejects(pipeline(chunksOf(low.subarray(0, low.length / 2)), stream))
  await t.rejects(broken.result, { code: 'AVIO_ERR_MP4_BOX_TRUNCATED' })
  t.same((await probePlaylist(join(path, 'main.m3u8'))).packets, [200])
  const second = await packageAll(packager(storage), { low, sound })
  t.ok(second.replaced!.includes(`${first.run}/low/segment-00001.m4s`))
  t.same((await probePlaylist(join(path, first.run, 'low/index.m3u8'))).packets, [200])
  t.same((await probePlaylist(join(path, 'main.m3u8'))).packets, [200])
})
