import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { type ListOptions, listObjects } from '../../lib/s3/list-objects.js'
import { stores } from '../support/stores.js'
import { UploadStore } from '../support/upload-store.js'

const listed = async (options: ListOptions) => {
  const found = []
  for await (const one of listObjects(options)) found.push(one)
  return found
}

/** Has the client ask for pages of two. */
function twoAtOnce(client: S3Client): void {
  client.middlewareStack.add(
    next => args => {
      if ('ContinuationToken' in args.input) Object.assign(args.input, { MaxKeys: 2 })
      return next(args)
    },
    { step: 'initialize', name: 'twoAtOnce' },
  )
}

for (const store of stores()) {
  t.test(`on ${store.name}, lists the objects below a prefix, page by page`, async t => {
    const { client, bucket } = await store.open(t)
    for (const Key of ['a', 'a/1', 'a/2', 'a/3/4', 'a/5', 'a/6', 'b/1'])
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }))
    twoAtOnce(client)
    const found = await listed({ client, bucket, prefix: 'a/' })
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
    for (const { modified, age } of found) {
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

t.test('retries, and never takes part of a list for all of it', async t => {
  const { client, bucket, s3 } = await UploadStore.open(t)
  for (const key of ['a', 'b', 'c']) await s3.put(bucket, key, 'x')
  s3.fault({ operation: 'ListObjectsV2', status: 503 })
  t.equal((await listed({ client, bucket, prefix: '' })).length, 3)
  s3.fault({ operation: 'ListObjectsV2', status: 403, code: 'AccessDenied' })
  await t.rejects(listed({ client, bucket, prefix: 'x/' }), {
    ...{ code: 'AVIO_ERR_ACCESS_DENIED', operation: 'ListObjectsV2', bucket, key: 'x/' },
  })
  twoAtOnce(client)
  for (const token of [undefined, 'same']) {
    const forget = (next: (args: never) => Promise<{ output: object }>) => async (args: never) => {
      const result = await next(args)
      Object.assign(result.output, { IsTruncated: true, NextContinuationToken: token })
      return result
    }
    client.middlewareStack.add(forget as never, { step: 'initialize', name: 'forget', override: true })
    await t.rejects(listed({ client, bucket, prefix: '' }), {
      ...{ code: 'AVIO_ERR_BAD_RESPONSE', message: /names no next page/ },
    })
  }
  const signal = AbortSignal.abort()
  await t.rejects(listed({ client, bucket, prefix: '', signal }), { name: 'AbortError' })
})
