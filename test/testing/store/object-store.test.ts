import t from 'tap'
import { memoryContents } from '../../../lib/testing/store/memory-content.js'
import { isBucketName, ObjectStore } from '../../../lib/testing/store/object-store.js'

const NO_JOURNAL = {
  bucketChanged: () => undefined,
  bucketRemoved: () => undefined,
  versionStored: () => undefined,
  versionRemoved: () => undefined,
}

t.test('creates, finds and deletes buckets by name', async t => {
  const store = new ObjectStore(memoryContents, NO_JOURNAL)
  const two = store.createBucket('two')
  store.createBucket('one')
  t.same(
    store.buckets.map(bucket => bucket.name),
    ['one', 'two'],
  )
  t.equal(store.bucket('two'), two)
  t.throws(() => store.createBucket('two'), { code: 'BucketAlreadyOwnedByYou', status: 409 })
  t.throws(() => store.bucket('three'), { code: 'NoSuchBucket', status: 404 })
  two.delete('k')
  store.deleteBucket('two')
  t.equal(store.has('two'), false)
  t.throws(() => store.deleteBucket('two'), { code: 'NoSuchBucket' })
})

t.test('refuses names that S3 refuses', async t => {
  for (const name of ['box', 'a.b-c', '0box', 'x'.repeat(63)]) t.equal(isBucketName(name), true, name)
  for (const name of [
    '',
    'ab',
    'Box',
    'a_b',
    '-box',
    'box-',
    'a..b',
    '..',
    '1.2.3.4',
    'x'.repeat(64),
    'a/b',
  ]) {
    t.equal(isBucketName(name), false, name)
    t.throws(() => new ObjectStore(memoryContents, NO_JOURNAL).createBucket(name), {
      code: 'InvalidBucketName',
    })
  }
})

t.test('remembers completed uploads, and forgets the oldest first', async t => {
  const store = new ObjectStore(memoryContents, NO_JOURNAL)
  const completed = { bucket: 'box', key: 'k', parts: '', answer: { headers: {}, body: '' } }
  for (let i = 0; i <= 1000; i++) store.remember(`upload ${i}`, completed)
  t.equal(store.completed('upload 0'), undefined)
  t.equal(store.completed('upload 1'), completed)
  t.equal(store.completed('upload 1000'), completed)
})
