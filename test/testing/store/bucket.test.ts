import t from 'tap'
import { Bucket, compareKeys, type Journal, newId } from '../../../lib/testing/store/bucket.js'
import { MemoryContent } from '../../../lib/testing/store/memory-content.js'
import type { ObjectVersion, StoredObject } from '../../../lib/testing/store/stored-object.js'

function bucketWithLog() {
  const log: string[] = []
  const name = (version: ObjectVersion) => (version.kind === 'object' ? version.etag : 'marker')
  const journal: Journal = {
    bucketChanged: ({ versioning }) => void log.push(`versioning ${versioning ?? 'off'}`),
    bucketRemoved: () => void log.push('removed'),
    versionStored: (_bucket, version) => void log.push(`+${name(version)}`),
    versionRemoved: (_bucket, version) => void log.push(`-${name(version)}`),
  }
  const bucket = new Bucket('box', journal)
  const store = (key: string, etag: string) => {
    const content = new MemoryContent([])
    content.release = () => void log.push(`released ${etag}`)
    const object: StoredObject = {
      kind: 'object',
      key,
      etag,
      content,
      versionId: bucket.newVersionId(),
      lastModified: new Date(),
      headers: {},
      metadata: {},
      storageClass: 'STANDARD',
      customerKeyMd5: undefined,
      checksum: undefined,
      parts: undefined,
    }
    bucket.store(object)
    return object
  }
  return { bucket, store, log }
}

t.test('replaces the old object without versioning', async t => {
  const { bucket, store, log } = bucketWithLog()
  store('k', 'one')
  store('k', 'two')
  t.equal(bucket.current('k')?.etag, 'two')
  t.equal(bucket.versionsOf('k').length, 1)
  t.same(bucket.delete('k'), { versionId: undefined, isMarker: false })
  t.same(bucket.delete('k'), { versionId: undefined, isMarker: false }, 'a second delete changes nothing')
  t.equal(bucket.isEmpty, true)
  t.same(log, ['+one', '+two', '-one', 'released one', '-two', 'released two'])
})

t.test('keeps every version until it is deleted by its id, with versioning', async t => {
  const { bucket, store, log } = bucketWithLog()
  bucket.versioning = 'Enabled'
  const one = store('k', 'one')
  const two = store('k', 'two')
  t.not(one.versionId, two.versionId)
  t.equal(bucket.find('k').etag, 'two')
  t.equal(bucket.find('k', one.versionId).etag, 'one')
  const marker = bucket.delete('k')
  t.equal(marker.isMarker, true)
  t.equal(bucket.current('k'), undefined)
  t.throws(() => bucket.find('k'), { code: 'NoSuchKey', headers: { 'x-amz-delete-marker': 'true' } })
  t.throws(() => bucket.find('k', marker.versionId), { code: 'MethodNotAllowed' })
  t.throws(() => bucket.find('k', 'other'), { code: 'NoSuchVersion' })
  t.equal(bucket.find('k', two.versionId), two)
  t.equal(bucket.versionsOf('k')[0]?.kind, 'delete-marker')
  t.same(bucket.delete('k', marker.versionId), { versionId: marker.versionId, isMarker: true })
  t.equal(bucket.current('k'), two, 'the object reappears without its marker')
  bucket.delete('k', two.versionId)
  t.equal(bucket.current('k'), one)
  t.same(log, ['versioning Enabled', '+one', '+two', '+marker', '-marker', '-two', 'released two'])
})

t.test('replaces the null version and keeps the others while versioning is suspended', async t => {
  const { bucket, store } = bucketWithLog()
  const before = store('k', 'before')
  t.equal(before.versionId, 'null')
  bucket.versioning = 'Enabled'
  const versioned = store('k', 'versioned')
  bucket.versioning = 'Suspended'
  store('k', 'after')
  t.same(
    bucket.versionsOf('k').map(version => version.versionId),
    ['null', versioned.versionId],
  )
  t.equal(bucket.find('k', 'null').etag, 'after')
})

t.test('lists keys in order of their UTF-8 bytes', async t => {
  const { bucket, store } = bucketWithLog()
  const keys = ['b', 'a', '\u{1F600}', '\uFF21', 'é', 'a/b', 'a.b', 'B']
  for (const key of keys) store(key, key)
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  t.same(bucket.keys, sorted)
  bucket.delete('b')
  t.same(
    bucket.keys,
    sorted.filter(key => key !== 'b'),
  )
  t.equal(compareKeys('a', 'a'), 0)
  t.ok(compareKeys('a', 'ab') < 0)
})

t.test('sorts ids by creation time', async t => {
  const ids = Array.from({ length: 1000 }, newId)
  t.same([...ids].sort(), ids)
  t.equal(new Set(ids).size, 1000)
})
