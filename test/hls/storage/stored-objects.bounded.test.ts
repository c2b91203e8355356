import { mock } from 'node:test'
import { PassThrough, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { CmafPackager, type SegmentStorage } from '../../../lib/index.js'
import { STORAGE_GRACE } from '../../../lib/hls/storage/stored-objects.js'
import { MemoryStorage } from '../../support/hls.js'
import { fragmentedMp4 } from '../../support/media.js'

t.afterEach(() => mock.timers.reset())

t.test('settles although the storage neither closes nor removes anything', async t => {
  let opened!: () => void
  const isOpened = new Promise<void>(resolve => (opened = resolve))
  const storage: SegmentStorage = {
    open: () => {
      opened()
      return new Writable({ write: () => undefined, destroy: () => undefined })
    },
    delete: () => new Promise(() => undefined),
  }
  const abort = new AbortController()
  const packager = new CmafPackager({ storage, signal: abort.signal })
  const source = new PassThrough()
  source.end(await fragmentedMp4())
  const piped = pipeline(source, packager.rendition({ name: 'v' }))
  await isOpened
  mock.timers.enable({ apis: ['setTimeout'] })
  abort.abort()
  const ends = Promise.allSettled([piped, packager.result])
  const state = { isOver: false }
  void ends.then(() => (state.isOver = true))
  for (let n = 0; n < 5 && !state.isOver; n++) {
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    mock.timers.tick(STORAGE_GRACE)
  }
  const [, result] = await ends
  t.match(result, {
    status: 'rejected',
    reason: { name: 'AbortError', cleanupError: { message: /has not answered for 10000 ms/ } },
  })
})

t.test('treats a storage that never answers a read as unable to read', async t => {
  let asked!: () => void
  const isAsked = new Promise<void>(resolve => (asked = resolve))
  const storage = new MemoryStorage()
  storage.read = () => {
    asked()
    return new Promise(() => undefined)
  }
  const packager = new CmafPackager({ storage })
  const source = new PassThrough()
  source.end(await fragmentedMp4())
  const piped = pipeline(source, packager.rendition({ name: 'v' }))
  mock.timers.enable({ apis: ['setTimeout'] })
  await isAsked
  mock.timers.tick(STORAGE_GRACE)
  const [, { replaced, playlists }] = await Promise.all([piped, packager.result])
  t.equal(replaced, undefined)
  t.ok(playlists.length > 0)
  t.ok(
    storage.names().includes('main.m3u8') || storage.names().includes('master.m3u8'),
    storage.names().join(),
  )
})
