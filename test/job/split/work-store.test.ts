import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { truncateLists } from '../../support/truncate-lists.js'

async function open(t: Test, signal?: AbortSignal) {
  const s3 = await LocalS3.start({ buckets: ['work'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  return { s3, store: new WorkStore({ client, signal }) }
}

const AT = { bucket: 'work', key: 'a/1.json' }

t.test('the first value stays', async t => {
  const { store } = await open(t)
  t.equal(await store.getJson(AT), undefined)
  t.equal(await store.head(AT), undefined)
  t.equal(await store.putJsonOnce(AT, { n: 1 }), true)
  t.equal(await store.putJsonOnce(AT, { n: 2 }), false)
  t.same(await store.getJson(AT), { n: 1 })
  t.match(await store.head(AT), { size: 7, metadata: {} })
})

t.test('reads no other objects as values', async t => {
  const { s3, store } = await open(t)
  await s3.put('work', AT.key, 'no json')
  await t.rejects(store.getJson(AT), { code: 'AVIO_ERR_BAD_RESPONSE', retryable: false })
  await s3.put('work', AT.key, Buffer.alloc(32 * 1024 * 1024 + 1, '1'))
  await t.rejects(store.getJson(AT), { code: 'AVIO_ERR_BAD_RESPONSE' })
})

t.test('lists page by page, and removes', async t => {
  const { s3, store } = await open(t)
  for (let n = 0; n < 1003; n++) await s3.put('work', `a/${n}`, 'x')
  await s3.put('work', 'b', 'x')
  const keys = await store.list('work', 'a/')
  t.equal(keys.length, 1003)
  await store.remove('work', [...keys.slice(0, 40), 'a/gone'])
  t.equal((await store.list('work', 'a/')).length, 963)
  t.equal(s3.keys('work').includes('b'), true)
})

t.test('never takes part of a list for all of it', async t => {
  const { s3, store } = await open(t)
  await s3.put('work', AT.key, '1')
  for (const token of [undefined, 'same']) {
    truncateLists(store.client, token)
    await t.rejects(store.list('work', 'a/'), { code: 'AVIO_ERR_BAD_RESPONSE', operation: 'ListObjectsV2' })
  }
})

t.test('tries again what may pass, and tells what does not', async t => {
  const { s3, store } = await open(t)
  await s3.put('work', AT.key, '1')
  s3.fault({ operation: 'HeadObject', status: 503 })
  s3.fault({ operation: 'DeleteObject', status: 503 })
  t.match(await store.head(AT), { size: 1 })
  await store.remove('work', [AT.key])
  t.same(s3.keys('work'), [])
  s3.fault({ operation: 'HeadObject', status: 403 })
  await t.rejects(store.head(AT), { code: 'AVIO_ERR_ACCESS_DENIED', operation: 'HeadObject' })
  s3.fault({ operation: 'ListObjectsV2', status: 403, code: 'AccessDenied' })
  await t.rejects(store.list('work', 'a/'), { code: 'AVIO_ERR_ACCESS_DENIED', operation: 'ListObjectsV2' })
  s3.fault({ operation: 'DeleteObject', status: 403, code: 'AccessDenied' })
  await t.rejects(store.remove('work', [AT.key]), {
    code: 'AVIO_ERR_ACCESS_DENIED',
    operation: 'DeleteObject',
  })
})

t.test('ends with the signal, and checks the client', async t => {
  const { store } = await open(t, AbortSignal.abort())
  await t.rejects(store.head(AT), { name: 'AbortError' })
  t.throws(() => new WorkStore({ client: 1 as never }), { code: 'AVIO_ERR_OPTION', option: 'client' })
})
