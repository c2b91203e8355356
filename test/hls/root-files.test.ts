import t from 'tap'
import { RootFiles } from '../../lib/hls/root-files.js'
import { CommitRefusal } from '../../lib/s3/commit/commit-refusal.js'
import { StoredObjects } from '../../lib/hls/storage/stored-objects.js'
import { MemoryStorage } from '../support/hls.js'

const FILES = [
  { name: 'm.mpd', text: 'run 2' },
  { name: 'main.m3u8', text: 'run 2' },
]

function setUp(storage = new MemoryStorage()) {
  const cacheControl = { segments: undefined, playlists: 'no-cache' }
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  return { storage, objects, roots: new RootFiles(objects) }
}

function failingAt(name: string, error = new Error('no room')): MemoryStorage {
  const storage = new MemoryStorage()
  storage.onStore = stored => {
    if (stored === name) throw error
  }
  return storage
}

t.test('stores files in order, and counts as visible from then on', async t => {
  const { storage, roots } = setUp()
  t.equal(roots.mayBeVisible, false)
  await roots.putAll(FILES)
  t.same(storage.log, ['store m.mpd', 'store main.m3u8'])
  t.equal(roots.mayBeVisible, true)
})

t.test('stays invisible if the first file fails', async t => {
  const { storage, roots } = setUp(failingAt('m.mpd'))
  await t.rejects(roots.putAll(FILES), { code: 'AVIO_ERR_HLS_STORE_FAILED', object: 'm.mpd' })
  t.equal(roots.mayBeVisible, false)
  t.same(storage.names(), [])
})

t.test('reports published files if the second fails, unless they existed before', async t => {
  const { storage, roots } = setUp(failingAt('main.m3u8'))
  await t.rejects(roots.putAll(FILES), {
    name: 'CommitError',
    code: 'AVIO_ERR_COMMIT_PARTIAL',
    committed: ['m.mpd'],
    failed: ['main.m3u8'],
    cause: { code: 'AVIO_ERR_HLS_STORE_FAILED', object: 'main.m3u8' },
  })
  t.equal(roots.mayBeVisible, true)
  storage.onStore = () => undefined
  await roots.putAll(FILES)
  storage.onStore = () => {
    throw new Error('no room')
  }
  await t.rejects(roots.putAll(FILES.map(({ name }) => ({ name, text: 'the rest of run 2' }))), {
    code: 'AVIO_ERR_HLS_STORE_FAILED',
    object: 'm.mpd',
  })
})

t.test('checks whether a file exists after its request failed', async t => {
  for (const there of ['run 2', 'run 1']) {
    const { storage, roots } = setUp()
    storage.onStore = name => {
      storage.objects.set(name, Buffer.from(there))
      throw new Error('the response was lost')
    }
    const [file] = FILES
    if (there === 'run 2') await roots.putAll([file!])
    else await t.rejects(roots.putAll([file!]), { code: 'AVIO_ERR_HLS_STORE_FAILED' })
    t.equal(roots.mayBeVisible, there === 'run 2')
  }
})

t.test('counts as visible if the storage can not tell, or after an abort', async t => {
  const unknown = Object.assign(new Error('no answer'), { code: 'AVIO_ERR_OUTCOME_UNKNOWN' })
  const { roots } = setUp(failingAt('m.mpd', unknown))
  await t.rejects(roots.putAll(FILES), { code: 'AVIO_ERR_HLS_STORE_FAILED', cause: unknown })
  t.equal(roots.mayBeVisible, true)

  const stuck = setUp()
  const reason = new Error('given up')
  stuck.storage.onStore = () => {
    stuck.objects.abort(reason)
    return new Promise(() => undefined)
  }
  await t.rejects(stuck.roots.putAll(FILES), reason)
  t.equal(stuck.roots.mayBeVisible, true)
})

t.test('fails with the reason of a storage that does not replace what is newer', async t => {
  for (const [name, refused, isVisible, code] of [
    ['m.mpd', 'lost', false, 'NEWER'],
    ['main.m3u8', 'overtaken', true, 'NEWER'],
    ['main.m3u8', 'foreign', true, 'AVIO_ERR_COMMIT_PARTIAL'],
  ] as const) {
    const reason = Object.assign(new Error('newer'), { code: 'NEWER' })
    const { storage, roots } = setUp(failingAt(name, new CommitRefusal(refused, reason)))
    // The newer file may be the same: that does not make it this run's.
    for (const file of FILES) storage.objects.set(file.name, Buffer.from(file.text))
    await t.rejects(roots.putAll(FILES), { code })
    t.equal(roots.mayBeVisible, isVisible, `${name} ${refused}`)
  }
})
