import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { CommittingStorage } from '../../../lib/hls/storage/committing-storage.js'
import { StoredObjects } from '../../../lib/hls/storage/stored-objects.js'
import { CommitSet } from '../../../lib/s3/commit/commit-set.js'
import { MemoryStorage } from '../../support/hls.js'

const cacheControl = { segments: 'max-age=9', playlists: undefined }

t.test('stores objects with their type and cache header', async t => {
  const storage = new MemoryStorage()
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  await objects.put('a/init.mp4', [Buffer.from('x'), Buffer.from('y')], { cache: 'segments', media: 'audio' })
  await objects.put('main.m3u8', [], { cache: 'playlists' })
  t.equal(storage.text('a/init.mp4'), 'xy')
  t.same(storage.infos.get('a/init.mp4'), { contentType: 'audio/mp4', cacheControl: 'max-age=9' })
  t.same(storage.infos.get('main.m3u8'), { contentType: 'application/vnd.apple.mpegurl' })
})

t.test('removes all stored objects, the last first, each name once', async t => {
  const storage = new MemoryStorage()
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  for (const name of ['a', 'b', 'a', 'c']) await objects.put(name, [], { cache: 'segments' })
  storage.log.length = 0
  await objects.removeAll()
  t.same(storage.log, ['delete c', 'delete a', 'delete b'])
})

t.test('keeps objects that players may have seen, and never removes a root', async t => {
  const storage = new MemoryStorage()
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  await objects.put('main.m3u8', [], { cache: 'playlists', isRoot: true })
  await objects.put('a', [], { cache: 'segments' })
  await objects.removeAll()
  t.same(storage.names(), ['main.m3u8'])
  await objects.put('b', [], { cache: 'segments' })
  objects.keep()
  await objects.removeAll()
  t.same(storage.names(), ['b', 'main.m3u8'])
})

t.test(
  'rejects one object more than the limit, counting only objects present at a time and no playlists',
  async t => {
    const storage = new MemoryStorage()
    const objects = new StoredObjects(storage, { cacheControl, maxObjects: 2 })
    for (const name of ['a', 'b']) await objects.put(name, [], { cache: 'segments' })
    for (const name of ['x.m3u8', 'y.m3u8']) await objects.put(name, [], { cache: 'playlists' })
    await objects.removeOld(['a'])
    await objects.put('c', [], { cache: 'segments' })
    await t.rejects(objects.put('d', [], { cache: 'segments' }), {
      code: 'AVIO_ERR_LIMIT_OBJECTS',
      object: 'd',
      message: /limits\.maxObjects allows \(2\)/,
    })
    t.notOk(storage.names().includes('d'))
  },
)

t.test('removes objects of another packaging, and reports those it could not', async t => {
  const storage = new MemoryStorage()
  for (const name of ['a', 'b', 'c']) storage.objects.set(name, Buffer.alloc(0))
  const remove = storage.delete.bind(storage)
  storage.delete = name => (name === 'b' ? Promise.reject(new Error('no')) : remove(name))
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  t.same(await objects.removeOthers(['a', 'b']), ['b'])
  t.same(storage.names(), ['b', 'c'])
})

t.test('removes all others if one removal fails', async t => {
  const storage = new MemoryStorage()
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  const names = Array.from({ length: 40 }, (_, n) => `segment-${n}`)
  for (const name of names) await objects.put(name, [], { cache: 'segments' })
  const asked: string[] = []
  storage.delete = name => {
    asked.push(name)
    return name === 'segment-30' ? Promise.reject(new Error('no')) : Promise.resolve()
  }
  await t.rejects(objects.removeAll(), { code: 'AVIO_ERR_HLS_STORE_FAILED', object: 'segment-30' })
  t.same(asked, names.toReversed())
})

t.test('retries the removal of old objects without failing', async t => {
  const storage = new MemoryStorage()
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  for (const name of ['a', 'b', 'c']) await objects.put(name, [], { cache: 'segments' })
  const remove = storage.delete.bind(storage)
  storage.delete = name => (name === 'a' ? Promise.reject(new Error('no')) : remove(name))
  t.same(await objects.removeOld(['a', 'b']), ['a'])
  t.same(storage.names(), ['a', 'c'])
  storage.delete = remove
  t.same(await objects.removeOld(['c']), [])
  t.same(storage.names(), [])
})

t.test('opens nothing after an abort, and ends open objects', async t => {
  const storage = new MemoryStorage()
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  const reason = new Error('no more')
  const open = objects.open('a', { cache: 'segments', large: true })
  t.match(storage.infos.get('a'), { large: true })
  objects.abort(reason)
  await t.rejects(open.end(), reason)
  await objects.settled()
  t.throws(() => objects.open('b', { cache: 'segments' }), reason)
  t.same(storage.names(), [])
})

t.test('reports a name refused by the storage like any other failure', async t => {
  const storage = new MemoryStorage()
  const cause = new Error('no such name')
  storage.open = () => {
    throw cause
  }
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  await t.rejects(objects.put('a', [], { cache: 'segments' }), { code: 'AVIO_ERR_HLS_STORE_FAILED', cause })
})

t.test('tells a storage that marks roots what they describe', t => {
  const numbers = { run: 'r', segments: 1, bytes: 2, duration: 3 }
  const told: unknown[] = []
  class Marking extends CommittingStorage {
    override describe(one: unknown): void {
      told.push(one)
    }
  }
  const options = { client: new S3Client({ region: 'eu-central-1' }), bucket: 'b' }
  const set = new CommitSet({
    ...{ ...options, prefix: '', decision: 'main', replaces: new Map(), kind: 'kind' },
    mark: { name: 'run', value: 'a' },
    changed: () => new Error('changed'),
  })
  for (const storage of [new Marking(options, set), new MemoryStorage()])
    new StoredObjects(storage, { cacheControl, maxObjects: 1 }).describe(numbers)
  t.same(told, [numbers])
  t.end()
})
