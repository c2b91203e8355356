import t from 'tap'
import { RenditionOutput } from '../../../lib/hls/rendition/rendition-output.js'
import { StoredObjects } from '../../../lib/hls/storage/stored-objects.js'
import { MemoryStorage } from '../../support/hls.js'

const cacheControl = { segments: undefined, playlists: undefined }
const bytes = (text: string): Buffer[] => [Buffer.from(text)]

t.test('stores each segment as an object of its own, numbered', async t => {
  const storage = new MemoryStorage()
  const output = new RenditionOutput(
    'a',
    'segments',
    new StoredObjects(storage, { cacheControl, maxObjects: Infinity }),
  )
  t.same(await output.storeInit(bytes('init'), 'video'), {
    name: 'a/init.mp4',
    offset: 0,
    byteLength: 4,
    isRange: false,
  })
  await output.storeSegment(1, bytes('one'), 'video')
  await output.storeInit(bytes('other'), 'video')
  t.match(await output.storeSegment(123_456, bytes('two'), 'video'), {
    name: 'a/segment-123456.m4s',
    byteLength: 3,
  })
  await output.end()
  t.same(storage.names(), ['a/init-2.mp4', 'a/init.mp4', 'a/segment-00001.m4s', 'a/segment-123456.m4s'])
})

t.test('stores a part of a rendition under other names', async t => {
  const storage = new MemoryStorage()
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  const names = { segment: 'chunk-1-', media: 'chunk-1' }
  const parts = new RenditionOutput('a', 'segments', objects, names)
  t.match(await parts.storeSegment(1, bytes('one'), 'video'), { name: 'a/chunk-1-00001.m4s' })
  const whole = new RenditionOutput('a', 'byterange', objects, names)
  const segment = { name: 'a/chunk-1.mp4', offset: 0, byteLength: 3, isRange: true }
  t.same(await whole.storeSegment(1, bytes('one'), 'video'), segment)
  await whole.end()
  t.same(storage.names(), ['a/chunk-1-00001.m4s', 'a/chunk-1.mp4'])
})

t.test('stores the last initialization segment anew', async t => {
  const storage = new MemoryStorage()
  const objects = new StoredObjects(storage, { cacheControl, maxObjects: Infinity })
  const output = new RenditionOutput('a', 'segments', objects)
  for (const name of ['a/init.mp4', 'a/init-2.mp4']) {
    t.match(await output.storeInit(bytes('init'), 'video'), { name })
    await output.storeSegment(1, bytes('one'), 'video')
    t.match(await output.storeInitAnew(bytes('another'), 'video'), { name, byteLength: 7 })
    t.equal(storage.text(name), 'another')
  }
})

t.test('stores all segments as one object, complete at the end', async t => {
  const storage = new MemoryStorage()
  const output = new RenditionOutput(
    'a',
    'byterange',
    new StoredObjects(storage, { cacheControl, maxObjects: Infinity }),
  )
  t.match(await output.storeInit(bytes('init'), 'audio'), { offset: 0, byteLength: 4, isRange: true })
  t.match(await output.storeSegment(1, bytes('one'), 'audio'), {
    name: 'a/media.mp4',
    offset: 4,
    byteLength: 3,
  })
  t.match(await output.storeSegment(2, bytes('two'), 'audio'), { offset: 7, byteLength: 3, isRange: true })
  t.same(storage.names(), [])
  await output.end()
  t.equal(storage.text('a/media.mp4'), 'initonetwo')
  t.match(storage.infos.get('a/media.mp4'), { contentType: 'audio/mp4', large: true })
})
