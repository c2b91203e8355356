import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import type { CmafPackagerOptions } from '../../lib/hls/packager-options.js'
import { DirectoryStorage } from '../../lib/hls/storage/directory-storage.js'
import { S3Storage } from '../../lib/hls/storage/s3-storage.js'
import type { SegmentStorage, StoredObjectInfo } from '../../lib/hls/storage/segment-storage.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { MemoryStorage, packageAll, pictureOf } from '../support/hls.js'

/** A packager alone, with `ifNoneMatch`: over targets that exist, and that appear before each object is stored. */

const MODES = ['vod', 'event', 'live'] as const
const low = await pictureOf('160x90')
const ROOTS = ['main.m3u8', 'manifest.mpd']

/** What appears, before the end of which object, and whether the playlist is published by then. */
const APPEARS: readonly (readonly [name: string, moment: string, isPublished?: boolean])[] = [
  ...['init.mp4', 'segment-00002.m4s', 'main.m3u8'].map(moment => ['main.m3u8', moment] as const),
  ...['init.mp4', 'segment-00002.m4s'].map(moment => ['manifest.mpd', moment] as const),
  ...['main.m3u8', 'manifest.mpd'].map(moment => ['manifest.mpd', moment, true] as const),
]

interface Place {
  readonly storage: SegmentStorage
  /** The code of a target that exists. */
  readonly exists: string
  readonly put: (name: string, text: string) => Promise<unknown>
  readonly names: () => string[]
  readonly text: (name: string) => Promise<string>
}

async function bucket(t: Test): Promise<Place> {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  return {
    storage: new S3Storage({ client, bucket: 'web', prefix: 'p' }),
    exists: 'AVIO_ERR_PRECONDITION_FAILED',
    put: (name, text) => s3.put('web', `p/${name}`, text),
    names: () => s3.keys('web').map(key => key.slice(2)),
    text: async name => String(await s3.get('web', `p/${name}`)),
  }
}

function directory(t: Test): Promise<Place> {
  const folder = t.testdir()
  return Promise.resolve({
    storage: new DirectoryStorage({ path: folder }),
    exists: 'AVIO_ERR_FILE_EXISTS',
    put: (name: string, text: string) => writeFile(join(folder, name), text),
    names: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(one => one.isFile())
        .map(one => join(one.parentPath, one.name).slice(folder.length + 1)),
    text: (name: string) => Promise.resolve(readFileSync(join(folder, name), 'utf8')),
  })
}

/** The same storage; calls `action` before the end of an object, once. */
function watched(storage: SegmentStorage, ending: string, action: () => Promise<unknown>): SegmentStorage {
  let isOver = false
  return new Proxy(storage, {
    get: (target, name: keyof SegmentStorage) => {
      if (name !== 'open') return (target[name] as (() => void) | undefined)?.bind(target)
      return (object: string, info: StoredObjectInfo) => {
        const sink = target.open(object, info)
        if (isOver || !object.endsWith(ending)) return sink
        isOver = true
        // Everything is there, and its end is about to be told.
        const end = sink.end.bind(sink)
        sink.end = ((...given: []) => {
          void action().then(() => end(...given))
          return sink
        }) as typeof sink.end
        return sink
      }
    },
  })
}

const run = (storage: SegmentStorage, more: Partial<CmafPackagerOptions> = {}) =>
  packageAll(
    new CmafPackager({ storage, targetDuration: 2, mpd: 'manifest.mpd', ifNoneMatch: '*', ...more }),
    { low },
  )

for (const [where, open] of [
  ['a bucket', bucket],
  ['a directory', directory],
] as const) {
  t.test(`stores into ${where} only where no playlist and no manifest is`, async t => {
    for (const mode of MODES) {
      const { storage, exists, names, text } = await open(t)
      await run(storage, { mode })
      t.ok(
        ROOTS.every(name => names().includes(name)),
        `${mode}: growing files replace their own`,
      )
      const before = names()
      const playlist = await text('main.m3u8')
      let opened = 0
      const counted = watched(storage, '', () => Promise.resolve(opened++))
      await t.rejects(run(counted, { mode }), { code: exists })
      t.equal(opened, 0, `${mode}: before the first object`)
      t.same([names(), await text('main.m3u8')], [before, playlist], `${mode}: before anything is stored`)
      await run(storage, { mode, ifNoneMatch: undefined })
    }
  })

  t.test(`keeps what appears in ${where} meanwhile, and leaves nothing`, async t => {
    for (const mode of MODES) {
      for (const [name, moment, isPublished = false] of APPEARS) {
        // Growing files are published with the first segment.
        if (mode !== 'vod' && moment === 'segment-00002.m4s') continue
        const title = `${mode}: ${name} before ${moment}`
        const { storage, exists, put, names, text } = await open(t)
        const hooked = watched(storage, moment, () => put(name, 'newer'))
        const code = isPublished ? 'AVIO_ERR_COMMIT_PARTIAL' : exists
        await t.rejects(run(hooked, { mode }), { code }, title)
        t.equal(await text(name), 'newer', title)
        if (!isPublished) t.same(names(), [name], title)
      }
    }
  })
}

t.test('asks a storage of others for it, once for each file', async t => {
  for (const mode of MODES) {
    const storage = new MemoryStorage()
    const infos: string[] = []
    const open = storage.open.bind(storage)
    storage.open = (name, info) => {
      if (info.ifNoneMatch !== undefined) infos.push(`${name} ${info.ifNoneMatch}`)
      return open(name, info)
    }
    await run(storage, { mode })
    t.same(infos, ['main.m3u8 *', 'manifest.mpd *'], mode)
  }
  const refusing = Object.assign(new MemoryStorage(), {
    checkAbsent: (name: string) => Promise.reject(new Error(`${name} is taken`)),
  })
  await t.rejects(run(refusing), { message: 'manifest.mpd is taken' })
  t.same(refusing.names(), [])
  t.throws(() => new CmafPackager({ storage: refusing, ifNoneMatch: '"etag"' as '*' }), {
    code: 'AVIO_ERR_OPTION',
    message: /"ifNoneMatch" must be "\*"/,
  })
})

t.test('leaves it to the commit where nobody may look', async t => {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('web', 'main.m3u8', 'older')
  s3.fault({ operation: 'HeadObject', status: 403, code: 'AccessDenied', times: Infinity })
  const storage = new S3Storage({ client, bucket: 'web' })
  await storage.checkAbsent('main.m3u8')
  await t.rejects(run(storage), { code: 'AVIO_ERR_PRECONDITION_FAILED' })
  t.same(s3.keys('web'), ['main.m3u8'])
  s3.clearFaults()
  await t.rejects(storage.checkAbsent('main.m3u8'), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
    key: 'main.m3u8',
  })
  await storage.checkAbsent('other')
  s3.fault({ operation: 'HeadObject', status: 400, times: Infinity })
  await t.rejects(storage.checkAbsent('other'), { code: /AVIO_ERR_/ })
})

t.test('a directory tells of a file', async t => {
  const folder = t.testdir({ a: 'x' })
  const storage = new DirectoryStorage({ path: folder })
  await t.rejects(storage.checkAbsent('a'), { code: 'AVIO_ERR_FILE_EXISTS', path: join(folder, 'a') })
  await storage.checkAbsent('b/c')
  t.notOk(existsSync(join(folder, 'b')))
})
