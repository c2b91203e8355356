import { PutObjectCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { type ListOptions, listObjects } from '../../lib/s3/list-objects.js'
import { stores } from '../support/stores.js'
import { truncateLists } from '../support/truncate-lists.js'
import { UploadStore } from '../support/upload-store.js'

const listed = async (options: ListOptions) => {
  const found = []
  for await (const one of listObjects(options)) found.push(one)
  return found
}

for (const store of stores()) {
  t.test(`on ${store.name}, lists the objects below a prefix, page by page`, async t => {
    const { client, bucket } = await store.open(t)
    for (const Key of ['a', 'a/1', 'a/2', 'a/3/4', 'a/5', 'a/6', 'b/1'])
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }))
    const found = await listed({ client, bucket, prefix: 'a/', pageSize: 2 })
    t.same(
      found.map(({ key, size }) => [key, size]),
      [
        ['a/1', 3],
        ['a/2', 3],
        ['a/3/4', 5],
        ['a/5', 3],
        ['a/6', 3],
      ],
    )
    for (const { modified, age, etag } of found) {
      t.match(etag, /^"[0-9a-f]{32}"$/)
      t.type(modified, Date)
      t.ok(age >= 0 && age < 3_600_000, `${age} ms`)
    }
    t.same(await listed({ client, bucket, prefix: 'c/' }), [])
  })
}

t.test('tells the age by the store’s clock', async t => {
  const { client, bucket, s3 } = await UploadStore.open(t)
  await s3.put(bucket, 'a', 'x')
  const date = new Date(Date.now() + 200_000).toUTCString()
  s3.fault({ operation: 'ListObjectsV2', answerHeaders: { date } })
  const [one] = await listed({ client, bucket, prefix: '' })
  t.ok(one!.age > 190_000, `${one!.age} ms`)
})

t.test('asks for pages of that size, and takes an object without a date for a new one', async t => {
  const { client, bucket, s3 } = await UploadStore.open(t)
  for (const key of ['a', 'b', 'c']) await s3.put(bucket, key, 'x')
  client.middlewareStack.add(
    next => async args => {
      const result = await next(args)
      for (const one of (result.output as { Contents?: object[] }).Contents ?? [])
        Reflect.deleteProperty(one, 'LastModified')
      return result
    },
    { step: 'initialize', name: 'withoutDates' },
  )
  s3.clearCalls()
  const found = await listed({ client, bucket, prefix: '', pageSize: 2 })
  t.same(
    found.map(({ key, age }) => [key, age]),
    [
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ],
  )
  t.equal(s3.calls.length, 2)
})

t.test('retries, and never takes part of a list for all of it', async t => {
  const { client, bucket, s3 } = await UploadStore.open(t)
  for (const key of ['a', 'b', 'c']) await s3.put(bucket, key, 'x')
  s3.fault({ operation: 'ListObjectsV2', status: 503 })
  t.equal((await listed({ client, bucket, prefix: '' })).length, 3)
  s3.fault({ operation: 'ListObjectsV2', status: 403, code: 'AccessDenied' })
  await t.rejects(listed({ client, bucket, prefix: 'x/' }), {
    ...{ code: 'AVIO_ERR_ACCESS_DENIED', operation: 'ListObjectsV2', bucket, key: 'x/' },
  })
  for (const token of [undefined, 'same']) {
    truncateLists(client, token)
    await t.rejects(listed({ client, bucket, prefix: '' }), {
      ...{ code: 'AVIO_ERR_BAD_RESPONSE', message: /names no next page/ },
    })
  }
  const signal = AbortSignal.abort()
  await t.rejects(listed({ client, bucket, prefix: '', signal }), { name: 'AbortError' })
})
