import { finished } from 'node:stream/promises'
import type { Writable } from 'node:stream'
import t from 'tap'
import { CommitStorage } from '../../../lib/job/split/commit-storage.js'
import type { PlannedPackage, SplitPlan } from '../../../lib/job/split/split-plan.js'
import { PACKAGE_METADATA, PLAN_METADATA } from '../../../lib/job/split/target-state.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { openSplit } from '../../support/split.js'

const OUTPUT = {
  ...{ type: 'package', bucket: 'web', prefix: 'p/', run: 'r', playlist: 'main.m3u8', mpd: 'a.mpd' },
  ...{ targetDuration: 2, layout: 'segments', renditions: [{ name: 'hd' }], removeReplaced: false },
} as unknown as PlannedPackage
const NUMBERS = { segments: 3, bytes: 4, duration: 1.5 }
const INFO = { contentType: 'text/plain', cacheControl: 'max-age=1' }

async function setUp(t: Parameters<typeof openSplit>[0]) {
  const { s3, client } = await openSplit(t, Buffer.from('x'))
  const store = new WorkStore({ client })
  const open = (more: Partial<PlannedPackage> = {}) => {
    const output: PlannedPackage = { ...OUTPUT, ...more }
    return CommitStorage.open({ hash: 'h', output } as SplitPlan, output, NUMBERS, store)
  }
  return { s3, store, open }
}

async function put(sink: Writable, text: string): Promise<void> {
  sink.end(text)
  await finished(sink)
}

t.test('marks the manifest and the playlist, and no other object', async t => {
  const { store, open } = await setUp(t)
  const storage = await open()
  for (const name of ['r/hd/init.mp4', 'a.mpd', 'main.m3u8']) await put(storage.open(name, INFO), name)
  const metadata = async (key: string) => (await store.head({ bucket: 'web', key }))?.metadata
  t.same(await metadata('p/r/hd/init.mp4'), {})
  const marks = { [PLAN_METADATA]: 'h', [PACKAGE_METADATA]: JSON.stringify(NUMBERS) }
  for (const key of ['p/a.mpd', 'p/main.m3u8']) t.match(await metadata(key), marks)
  t.match(await storage.committed(), {
    ...{ bucket: 'web', key: 'p/main.m3u8', etag: /^"/, bytes: 4 },
    package: {
      ...{ run: 'r', segments: 3, duration: 1.5, leftBehind: [] },
      playlists: ['r/hd/index.m3u8', 'a.mpd', 'main.m3u8'],
    },
  })
})

t.test('replaces only what the plan has seen', async t => {
  const { s3, store, open } = await setUp(t)
  await s3.put('web', 'p/main.m3u8', 'older')
  const { etag: replaces } = (await store.head({ bucket: 'web', key: 'p/main.m3u8' }))!
  await put((await open({ replaces })).open('main.m3u8', INFO), 'new')
  for (const more of [{}, { replaces: '"other"' }]) {
    await s3.put('web', 'p/main.m3u8', 'newer')
    const storage = await open(more)
    await t.rejects(put(storage.open('main.m3u8', INFO), 'late'), {
      code: 'AVIO_ERR_COMMIT_REFUSED',
      cause: { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' },
    })
    t.equal(await storage.committed(), undefined)
  }
})

t.test('replaces a manifest of its own plan, and no other one', async t => {
  const { s3, open } = await setUp(t)
  await put((await open()).open('a.mpd', INFO), 'first')
  await put((await open()).open('a.mpd', INFO), 'second')
  t.equal(String(await s3.get('web', 'p/a.mpd')), 'second')
  await s3.put('web', 'p/a.mpd', 'of others')
  await t.rejects(open(), { code: 'AVIO_ERR_PLAN_TARGET_CHANGED', message: /p\/a\.mpd/ })
})
