import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { S3Storage } from '../../../lib/hls/storage/s3-storage.js'
import { CommitGroup } from '../../../lib/io/pipeline/commit-group.js'
import { HeldObjects, type HeldSettings } from '../../../lib/job/outputs/held-objects.js'
import { CommitRefusal } from '../../../lib/s3/commit/commit-refusal.js'
import { CommitSink } from '../../../lib/s3/commit/commit-sink.js'
import { LocalS3 } from '../../../lib/testing/index.js'

async function open(t: Test, maxObjects = Infinity, more: Partial<HeldSettings> = {}) {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const storage = new S3Storage({ client, bucket: 'web', prefix: 'p' })
  const held = new HeldObjects({
    storage,
    target: 's3://web/p/',
    cacheControl: 'no-cache',
    maxObjects,
    ...more,
  })
  return { s3, held }
}

t.test('stores all objects at the commit, and none before', async t => {
  const { s3, held } = await open(t)
  for (let n = 0; n < 20; n++) held.add(`${n}.jpg`, Buffer.from(String(n)))
  const ended = held.end()
  await new Promise(resolve => setImmediate(resolve))
  t.same(s3.calls, [], 'nobody holds the commit yet')
  await new CommitGroup({ members: [held.hook] }).settled()
  await ended
  t.equal(s3.keys('web').length, 20)
  t.equal((await s3.get('web', 'p/7.jpg'))!.toString(), '7')
  t.match(s3.calls[0]!.headers, { 'content-type': 'image/jpeg', 'cache-control': 'no-cache' })
})

t.test('removes the stored objects if one fails', async t => {
  const { s3, held } = await open(t)
  s3.fault({ key: 'p/9.jpg', status: 403, code: 'AccessDenied', times: Infinity })
  for (let n = 0; n < 40; n++) held.add(`${n}.jpg`, Buffer.from(String(n)))
  const settled = new CommitGroup({ members: [held.hook] }).settled()
  void held.end()
  await t.rejects(settled, { code: 'AVIO_ERR_ACCESS_DENIED' })
  t.same(s3.keys('web'), [])
  t.ok(s3.calls.filter(({ operation }) => operation === 'PutObject').length < 40, 'it stops at the failure')
})

t.test('stores nothing if another member of the group fails', async t => {
  const { s3, held } = await open(t)
  held.add('a.jpg', Buffer.from('a'))
  const group = new CommitGroup({ members: [held.hook] })
  group.fail(new Error('other'))
  void held.end()
  await t.rejects(group.settled(), { message: 'other' })
  t.same(s3.calls, [])
  const second = await open(t)
  second.held.fail(new Error('given up'))
  await t.rejects(second.held.hook.result, { message: 'given up' })
})

t.test('refuses more objects than the limit', async t => {
  const { held } = await open(t, 2)
  held.add('a', Buffer.alloc(1))
  held.add('b', Buffer.alloc(1))
  t.throws(() => held.add('c', Buffer.alloc(1)), { code: 'AVIO_ERR_LIMIT_OBJECTS', object: 'c' })
})

t.test('stores the one that decides first, and removes it last', async t => {
  const { s3, held } = await open(t, Infinity, { decision: '7.jpg' })
  s3.fault({ key: 'p/9.jpg', status: 403, code: 'AccessDenied', times: Infinity })
  for (let n = 0; n < 20; n++) held.add(`${n}.jpg`, Buffer.from(String(n)))
  const settled = new CommitGroup({ members: [held.hook] }).settled()
  void held.end()
  await t.rejects(settled, { code: 'AVIO_ERR_ACCESS_DENIED' })
  t.same(s3.keys('web'), [])
  t.match(
    [s3.calls[0], s3.calls.at(-1)],
    [
      { operation: 'PutObject', key: 'p/7.jpg' },
      { operation: 'DeleteObject', key: 'p/7.jpg' },
    ],
  )
})

t.test('removes nothing once a newer job has won', async t => {
  const { s3, held } = await open(t, Infinity, { decision: '0.jpg', holds: () => Promise.resolve(false) })
  s3.fault({ key: 'p/2.jpg', status: 403, code: 'AccessDenied', times: Infinity })
  for (let n = 0; n < 3; n++) held.add(`${n}.jpg`, Buffer.from(String(n)))
  const settled = new CommitGroup({ members: [held.hook] }).settled()
  void held.end()
  await t.rejects(settled, { code: 'AVIO_ERR_ACCESS_DENIED' })
  t.same(s3.keys('web'), ['p/0.jpg', 'p/1.jpg'])
})

t.test('fails with the reason if something newer is there', async t => {
  const reason = new Error('newer')
  const storage = { open: () => new CommitSink(() => Promise.reject(new CommitRefusal('lost', reason))) }
  const { held } = await open(t, Infinity, { storage })
  held.add('0.jpg', Buffer.alloc(1))
  const settled = new CommitGroup({ members: [held.hook] }).settled()
  void held.end()
  await t.rejects(settled, { message: 'newer' })
  t.equal(await settled.catch((error: unknown) => error), reason)
})
