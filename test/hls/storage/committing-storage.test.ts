import { finished } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { CommittingStorage, PACKAGE_METADATA } from '../../../lib/hls/storage/committing-storage.js'
import { CommitSet, type CommitSetOptions } from '../../../lib/s3/commit/commit-set.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { refused } from '../../support/refused.js'

async function open(t: Test, members?: readonly string[], more: Partial<CommitSetOptions> = {}) {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const at = { client, bucket: 'web', prefix: 'p/' }
  const set = new CommitSet({
    ...{
      ...at,
      decision: 'main.m3u8',
      replaces: new Map([['main.m3u8', undefined]]),
      kind: PACKAGE_METADATA,
    },
    mark: { name: 'run', value: 'a' },
    changed: ({ key }) => new Error(`${key} has changed`),
    ...more,
  })
  const storage = new CommittingStorage({ ...at, request: { StorageClass: 'STANDARD_IA' } }, set, members)
  const put = async (name: string) => {
    const sink = storage.open(name, { contentType: 'text/plain', cacheControl: 'no-cache' })
    sink.end(name)
    await finished(sink)
  }
  return { s3, storage, put }
}

const NUMBERS = { run: 'r', segments: 1, bytes: 2, duration: 3 }

t.test('stores its members under a condition, with what they describe, and all others as ever', async t => {
  const { s3, storage, put } = await open(t, ['main.m3u8'])
  await put('r/init.mp4')
  storage.describe(NUMBERS)
  await put('main.m3u8')
  t.same(s3.head('web', 'p/r/init.mp4')?.metadata, {})
  t.match(s3.head('web', 'p/main.m3u8')?.metadata, { run: 'a', [PACKAGE_METADATA]: JSON.stringify(NUMBERS) })
  for (const call of s3.calls.filter(({ operation }) => operation === 'PutObject')) {
    t.match(call.headers, { 'cache-control': 'no-cache', 'x-amz-storage-class': 'STANDARD_IA' })
    t.equal(call.headers['if-none-match'], call.key === 'p/main.m3u8' ? '*' : undefined)
  }
})

t.test('without names, all of its objects are members', async t => {
  const { s3, put, storage } = await open(t)
  await put('main.m3u8')
  await put('image.jpg')
  t.match(s3.head('web', 'p/image.jpg')?.metadata, { run: 'a' })
  await s3.put('web', 'p/main.m3u8', 'newer')
  t.match(await refused(put('other.jpg')), { refused: 'overtaken' })
  t.throws(() => storage.open('../x', { contentType: 'text/plain' }), { code: 'AVIO_ERR_OPTION' })
})

t.test(
  'below a claimed run, replaces only what it found there, so that no other attempt is disturbed',
  async t => {
    const { s3, storage, put } = await open(t, ['main.m3u8'], { isOfSameWork: () => true })
    for (const name of ['a', 'b', 'c']) await s3.put('web', `p/r/${name}`, 'left')
    await storage.claim('r/.claim', Buffer.from('claim'))
    t.equal(await storage.holds('r/.claim'), true)
    await s3.put('web', 'p/r/b', 'of another attempt')
    await s3.put('web', 'p/r/new', 'of another attempt')
    await put('r/a')
    await put('r/a')
    t.equal(String(await s3.get('web', 'p/r/a')), 'r/a', 'what it has stored itself, too')
    for (const name of ['b', 'new']) {
      await t.rejects(put(`r/${name}`), { code: 'AVIO_ERR_PRECONDITION_FAILED' })
      t.equal(String(await s3.get('web', `p/r/${name}`)), 'of another attempt')
    }
    await put('other/b')
    await s3.put('web', 'p/r/.claim', 'of another attempt')
    t.equal(await storage.holds('r/.claim'), false)
  },
)

t.test(
  'needs no listing where there is no other attempt, and does without where nobody may list',
  async t => {
    for (const more of [{}, { isOfSameWork: () => true }]) {
      const { s3, storage, put } = await open(t, ['main.m3u8'], more)
      s3.fault({ operation: 'ListObjectsV2', status: 403, code: 'AccessDenied', times: Infinity })
      await s3.put('web', 'p/r/a', 'left')
      await storage.claim('r/.claim', Buffer.from('claim'))
      await put('r/a')
      t.equal(String(await s3.get('web', 'p/r/a')), 'r/a')
      const listings = s3.calls.filter(({ operation }) => operation === 'ListObjectsV2').length
      t.equal(listings > 0, 'isOfSameWork' in more)
    }
  },
)
