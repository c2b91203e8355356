import { finished } from 'node:stream/promises'
import type { Writable } from 'node:stream'
import t from 'tap'
import { PACKAGE_METADATA } from '../../../lib/hls/storage/committing-storage.js'
import { commitStorage } from '../../../lib/job/split/commit-storage.js'
import type { PlannedPackage, SplitPlan } from '../../../lib/job/split/split-plan.js'
import { PLAN_METADATA, resultUnderKey } from '../../../lib/job/split/target-state.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { openSplit } from '../../support/split.js'

const OUTPUT = {
  ...{ type: 'package', bucket: 'web', prefix: 'p/', run: 'r', playlist: 'main.m3u8', mpd: 'a.mpd' },
  ...{ targetDuration: 2, layout: 'segments', renditions: [{ name: 'hd' }], removeReplaced: false },
} as unknown as PlannedPackage
const NUMBERS = { run: 'r', segments: 3, bytes: 4, duration: 1.5 }
const INFO = { contentType: 'text/plain', cacheControl: 'max-age=1' }

async function setUp(t: Parameters<typeof openSplit>[0]) {
  const { s3, client } = await openSplit(t, Buffer.from('x'))
  const store = new WorkStore({ client })
  const open = (more: Partial<PlannedPackage> = {}) => {
    const output: PlannedPackage = { ...OUTPUT, ...more }
    const { storage } = commitStorage({ hash: 'h', output } as SplitPlan, output, store)
    storage.describe(NUMBERS)
    return storage
  }
  const result = (more: Partial<PlannedPackage> = {}) =>
    resultUnderKey({ hash: 'h', output: { ...OUTPUT, ...more } } as SplitPlan, store)
  return { s3, store, open, result }
}

async function put(sink: Writable, text: string): Promise<void> {
  sink.end(text)
  await finished(sink)
}

t.test('marks the playlist and the manifest, and no other object', async t => {
  const { store, open, result } = await setUp(t)
  const storage = open()
  for (const name of ['r/hd/init.mp4', 'main.m3u8', 'a.mpd']) {
    t.equal(await result(), undefined)
    await put(storage.open(name, INFO), name)
  }
  const metadata = async (key: string) => (await store.head({ bucket: 'web', key }))?.metadata
  t.same(await metadata('p/r/hd/init.mp4'), {})
  const marks = { [PLAN_METADATA]: 'h', [PACKAGE_METADATA]: JSON.stringify(NUMBERS) }
  for (const key of ['p/a.mpd', 'p/main.m3u8']) t.match(await metadata(key), marks)
  t.match(await result(), {
    ...{ bucket: 'web', key: 'p/main.m3u8', etag: /^"/, bytes: 4 },
    package: {
      ...{ run: 'r', segments: 3, duration: 1.5, leftBehind: [] },
      playlists: ['r/hd/index.m3u8', 'a.mpd', 'main.m3u8'],
    },
  })
})

const CHANGED = { cause: { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' } }

t.test('replaces only what the plan has seen', async t => {
  const { s3, open } = await setUp(t)
  const { etag: replaces } = await s3.put('web', 'p/main.m3u8', 'older')
  await put(open({ replaces }).open('main.m3u8', INFO), 'new')
  t.equal(String(await s3.get('web', 'p/main.m3u8')), 'new')
  await s3.put('web', 'p/main.m3u8', 'newer')
  for (const more of [{}, { replaces: '"other"' }])
    await t.rejects(put(open(more).open('main.m3u8', INFO), 'late'), CHANGED)
  t.equal(String(await s3.get('web', 'p/main.m3u8')), 'newer')
})

t.test('keeps what another run of its plan has stored, and what is of others', async t => {
  const { s3, open } = await setUp(t)
  for (const text of ['first', 'second'])
    for (const name of ['main.m3u8', 'a.mpd']) await put(open().open(name, INFO), text)
  for (const name of ['main.m3u8', 'a.mpd']) t.equal(String(await s3.get('web', `p/${name}`)), 'first')
  await s3.put('web', 'p/a.mpd', 'of others')
  await t.rejects(put(open().open('a.mpd', INFO), 'third'), CHANGED)
  s3.delete('web', 'p/main.m3u8')
  await t.rejects(put(open().open('main.m3u8', INFO), 'third'), CHANGED)
  t.same(s3.keys('web'), ['p/a.mpd'])
})
