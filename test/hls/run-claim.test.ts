import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import { claimName, claimedRun, publishedRun } from '../../lib/hls/run-claim.js'
import { DirectoryStorage } from '../../lib/hls/storage/directory-storage.js'
import { S3Storage } from '../../lib/hls/storage/s3-storage.js'
import type { SegmentStorage, StoredObjectInfo } from '../../lib/hls/storage/segment-storage.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { MemoryStorage, packageAll, pictureOf } from '../support/hls.js'

/** Two packagers at the same time, to whose runs the user has given one name. */

const low = await pictureOf('160x90')
const other = await pictureOf('160x90', { seconds: 4 })

interface Place {
  readonly storage: SegmentStorage
  readonly names: () => string[]
}

async function bucket(t: Test): Promise<Place> {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  return { storage: new S3Storage({ client, bucket: 'web' }), names: () => [...s3.keys('web')].sort() }
}

function directory(t: Test): Promise<Place> {
  const folder = t.testdir()
  const names = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(one => one.isFile())
      .map(one => join(one.parentPath, one.name).slice(folder.length + 1))
      .sort()
  return Promise.resolve({ storage: new DirectoryStorage({ path: folder }), names })
}

/** The same storage, which waits before the end of the first object with that name. */
function held(storage: SegmentStorage, ending: string) {
  let reach!: () => void
  let release!: () => void
  const reached = new Promise<void>(resolve => (reach = resolve))
  const released = new Promise<void>(resolve => (release = resolve))
  const waiting = new Proxy(storage, {
    get: (target, name: keyof SegmentStorage) => {
      if (name !== 'open') return (target[name] as (() => void) | undefined)?.bind(target)
      return (object: string, info: StoredObjectInfo) => {
        const sink = target.open(object, info)
        if (!object.endsWith(ending)) return sink
        const end = sink.end.bind(sink)
        sink.end = ((...given: []) => {
          reach()
          void released.then(() => end(...given))
          return sink
        }) as typeof sink.end
        return sink
      }
    },
  })
  return { storage: waiting, reached, release }
}

const packager = (storage: SegmentStorage) => new CmafPackager({ storage, targetDuration: 2, run: 'r' })

for (const [where, open, claim] of [
  ['a bucket', bucket, /remove s3:\/\/web\/r\/\.claim$/],
  ['a directory', directory, /remove the object "r\/\.claim" below the same prefix$/],
] as const) {
  for (const moment of ['init.mp4', 'segment-00002.m4s', 'index.m3u8', 'main.m3u8']) {
    t.test(`of two runs into ${where}, the second stores nothing before ${moment} of the first`, async t => {
      const { storage, names } = await open(t)
      const first = held(storage, moment)
      const over = packageAll(packager(first.storage), { low })
      await first.reached
      const lost = await packageAll(packager(storage), { low: other }).catch((error: unknown) => error)
      t.match(lost, {
        ...{ code: 'AVIO_ERR_OPTION', option: 'run', retryable: false },
        message: /Another run named "r" .*choose another name/,
      })
      t.match((lost as Error).message, claim)
      t.ok(names().includes(claimName('r')), 'it left the claim of the first alone')
      first.release()
      const { run, playlists, leftBehind } = await over
      t.same([run, leftBehind], ['r', []])
      t.same(
        names().filter(name => !/\.m4s$/.test(name)),
        ['main.m3u8', 'r/low/index.m3u8', 'r/low/init.mp4'],
        'and the claim is gone',
      )
      t.equal(playlists.length, 2)
      await t.rejects(packageAll(packager(storage), { low }), { message: /"r" is already published/ })
    })
  }
}

t.test('a run that fails gives up its name', async t => {
  const { storage, names } = await bucket(t)
  await t.rejects(packageAll(packager(storage), { low: low.subarray(0, low.length / 2) }))
  t.same(names(), [])
  t.equal((await packageAll(packager(storage), { low })).run, 'r')
})

t.test('a run that was published while another one looked is found after the claim', async t => {
  const storage = new MemoryStorage()
  await packageAll(packager(storage), { low })
  const before = new Map(storage.objects)
  storage.objects.delete('main.m3u8')
  storage.onStore = name => {
    if (name === claimName('r')) storage.objects.set('main.m3u8', before.get('main.m3u8')!)
  }
  await t.rejects(packageAll(packager(storage), { low: other }), { message: /already published/ })
  t.same([...storage.objects].sort(), [...before].sort())
})

t.test('whoever lost the claim leaves the objects to those who have it', async t => {
  const { storage, names } = await bucket(t)
  const first = held(storage, 'segment-00002.m4s')
  const over = new AbortController()
  const one = new CmafPackager({ storage: first.storage, targetDuration: 2, run: 'r', signal: over.signal })
  const running = packageAll(one, { low })
  await first.reached
  // As the error of another run tells its user.
  await storage.delete!(claimName('r'))
  const second = held(storage, 'main.m3u8')
  const next = packageAll(packager(second.storage), { low })
  await second.reached
  const stored = names()
  over.abort()
  first.release()
  await t.rejects(running, { name: 'AbortError' })
  t.same(names(), stored)
  second.release()
  t.equal((await next).run, 'r')
})

t.test('a storage that removes nothing gets no claim, and one that refuses it fails the run', async t => {
  const storage = new MemoryStorage()
  await packageAll(packager({ open: storage.open.bind(storage) }), { low })
  t.notOk(storage.log.some(line => line.includes('.claim')))
  const full = new MemoryStorage()
  full.onStore = () => {
    throw new Error('no room')
  }
  await t.rejects(packageAll(packager(full), { low }), {
    ...{ code: 'AVIO_ERR_HLS_STORE_FAILED', object: claimName('r') },
  })
  const stuck = new MemoryStorage()
  stuck.delete = () => Promise.reject(new Error('no'))
  t.same((await packageAll(packager(stuck), { low })).leftBehind, [claimName('r')])
})

t.test('names its claim so that no rendition has that name', t => {
  t.equal(claimName('r'), 'r/.claim')
  t.throws(() => packager(new MemoryStorage()).rendition({ name: '.claim' }), { code: 'AVIO_ERR_OPTION' })
  const cause = new Error('x')
  t.match(claimedRun('r', cause), { code: 'AVIO_ERR_OPTION', option: 'run', cause })
  t.match(publishedRun('r'), { code: 'AVIO_ERR_OPTION', option: 'run' })
  t.end()
})
