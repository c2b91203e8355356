import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { abortStaleUploads } from '../../lib/s3/abort-stale-uploads.js'
import { UploadStore } from '../support/upload-store.js'

async function begin({ client, bucket }: UploadStore, ...keys: string[]) {
  for (const Key of keys) await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }))
}

t.test('lists by default, and aborts on request', async t => {
  const store = await UploadStore.open(t)
  const { client, bucket } = store
  await begin(store, 'a/1', 'a/2', 'a/2', 'b/1')
  store.s3.clearCalls()
  const listed = await abortStaleUploads({ client, bucket, prefix: 'a/', olderThan: 0 })
  t.match(listed, [{ bucket, key: 'a/1', aborted: false, initiated: Date }, { key: 'a/2' }, { key: 'a/2' }])
  t.same(store.log, ['ListMultipartUploads'])
  const aborted = await abortStaleUploads({ client, bucket, prefix: 'a/', olderThan: 0, dryRun: false })
  t.same(
    aborted.map(({ key, aborted, error }) => [key, aborted, error]),
    [
      ['a/1', true, undefined],
      ['a/2', true, undefined],
      ['a/2', true, undefined],
    ],
  )
  t.same(
    store.s3.uploads(bucket).map(({ key }) => key),
    ['b/1'],
  )
  await abortStaleUploads({ client, bucket, olderThan: 0, dryRun: false })
})

t.test('keeps younger uploads, by the store’s clock', async t => {
  const store = await UploadStore.open(t)
  const { client, bucket } = store
  await begin(store, 'k')
  t.same(await abortStaleUploads({ client, bucket, olderThan: 3_600_000, dryRun: false }), [])
  const date = new Date(Date.now() + 2 * 3_600_000).toUTCString()
  store.s3.fault({ operation: 'ListMultipartUploads', answerHeaders: { date } })
  t.match(await abortStaleUploads({ client, bucket, olderThan: 3_600_000, dryRun: false }), [
    { aborted: true },
  ])
})

t.test('reads every page', async t => {
  const store = await UploadStore.open(t)
  const { client, bucket } = store
  const keys = ['k1', 'k2', 'k2', 'k2', 'k3', 'k4', 'k5']
  await begin(store, ...keys)
  const twoAtOnce = { step: 'initialize', name: 'twoAtOnce' } as const
  client.middlewareStack.add(
    next => args => {
      Object.assign(args.input, { MaxUploads: 2 })
      return next(args)
    },
    twoAtOnce,
  )
  store.s3.clearCalls()
  const stale = await abortStaleUploads({ client, bucket, olderThan: 0 })
  t.same(
    stale.map(({ key }) => key),
    keys,
  )
  t.equal(new Set(stale.map(({ uploadId }) => uploadId)).size, keys.length)
  t.equal(store.calls('ListMultipartUploads').length, 4)
  await abortStaleUploads({ client, bucket, olderThan: 0, dryRun: false })
  t.equal(store.s3.uploads(bucket).length, 0)
})

t.test('continues after an upload that can’t be aborted, and counts a missing one as aborted', async t => {
  const store = await UploadStore.open(t)
  const { client, bucket } = store
  await begin(store, 'a', 'b', 'c')
  store.s3.fault({ operation: 'AbortMultipartUpload', status: 403 })
  store.s3.fault({ operation: 'AbortMultipartUpload', nth: 2, status: 404, code: 'NoSuchUpload' })
  const stale = await abortStaleUploads({ client, bucket, olderThan: 0, dryRun: false })
  t.match(stale, [
    {
      key: 'a',
      aborted: false,
      error: { code: 'AVIO_ERR_ACCESS_DENIED', operation: 'AbortMultipartUpload' },
    },
    { key: 'b', aborted: true },
    { key: 'c', aborted: true, error: undefined },
  ])
  store.s3.clearFaults()
  await abortStaleUploads({ client, bucket, olderThan: 0, dryRun: false })
})

t.test('retries temporary failures, and reports why it could not list', async t => {
  const store = await UploadStore.open(t)
  const { client, bucket } = store
  store.s3.fault({ operation: 'ListMultipartUploads', reset: true })
  t.same(await abortStaleUploads({ client, bucket, olderThan: 0 }), [])
  store.s3.fault({ operation: 'ListMultipartUploads', status: 403 })
  await t.rejects(abortStaleUploads({ client, bucket, olderThan: 0 }), {
    code: 'AVIO_ERR_ACCESS_DENIED',
    operation: 'ListMultipartUploads',
  })
  await t.rejects(abortStaleUploads({ client, bucket: 'none', olderThan: 0 }), {
    code: 'AVIO_ERR_NO_SUCH_BUCKET',
  })
})

t.test('ends on abort, and validates options', async t => {
  const store = await UploadStore.open(t)
  const { client, bucket } = store
  await t.rejects(abortStaleUploads({ client, bucket, olderThan: 0, signal: AbortSignal.abort() }), {
    name: 'AbortError',
  })
  const bad: object[] = [
    {},
    { bucket },
    { bucket, olderThan: -1 },
    { bucket, olderThan: 0, dryrun: false },
    { olderThan: 0 },
  ]
  for (const options of bad) {
    await t.rejects(abortStaleUploads({ client, ...options } as never), { code: 'AVIO_ERR_OPTION' })
  }
  t.same(store.log, [])
})
