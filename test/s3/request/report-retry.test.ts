import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { S3Storage } from '../../../lib/hls/storage/s3-storage.js'
import type { RetryMessage } from '../../../lib/io/diagnostics/messages.js'
import { reportRetry } from '../../../lib/s3/request/report-retry.js'
import { abortStaleUploads } from '../../../lib/s3/abort-stale-uploads.js'
import { listObjects } from '../../../lib/s3/list-objects.js'
import type { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import type { S3UploadSettings } from '../../../lib/s3/upload/upload-options.js'
import type { S3Operation } from '../../../lib/testing/index.js'
import { Saved, failAfter } from '../../support/checkpoints.js'
import { fixed, listen } from '../../support/diagnostics.js'
import { PART, UploadStore } from '../../support/upload-store.js'
import { DATA, failureOf, source, writer as plainWriter } from '../../support/uploads.js'

const AT = { attempt: 1, maxAttempts: 3, delayMs: 5 }
const SMALL = DATA.subarray(0, 1000)
const LARGE = DATA.subarray(0, PART + 1000)

/** The `'retry'` events of all streams of a test. */
const events: RetryMessage[] = []

/** Reads the object `k`. */
function reader({ client, bucket }: UploadStore, verify: 'off' | 'always' = 'off'): S3RangeReadable {
  return new S3RangeReadable({ client, bucket, key: 'k', verify }).on('retry', retry => events.push(retry))
}

/** Writes the object `k`. */
function writer(store: UploadStore, options: Partial<S3UploadSettings> = {}): S3MultipartWritable {
  return plainWriter(store, options).on('retry', retry => events.push(retry))
}

/** What sends each operation that the library sends. */
const OPERATIONS: [S3Operation, (store: UploadStore) => Promise<unknown>][] = [
  [
    'GetObject',
    async store => {
      await store.s3.put(store.bucket, 'k', SMALL)
      await buffer(reader(store))
    },
  ],
  [
    'HeadObject',
    async store => {
      await store.s3.put(store.bucket, 'k', SMALL)
      await buffer(reader(store, 'always'))
    },
  ],
  [
    'GetObjectAttributes',
    async store => {
      await pipeline(source(LARGE), writer(store, { checksum: 'none' }))
      await buffer(reader(store, 'always'))
    },
  ],
  ['PutObject', store => pipeline(source(SMALL), writer(store))],
  ['CreateMultipartUpload', store => pipeline(source(LARGE), writer(store))],
  ['UploadPart', store => pipeline(source(LARGE), writer(store))],
  ['CompleteMultipartUpload', store => pipeline(source(LARGE), writer(store))],
  ['HeadObject', proveCommit],
  ['AbortMultipartUpload', giveUp],
  ['ListParts', giveUp],
  ['ListParts', resume],
  ['ListMultipartUploads', removeStale],
  [
    'ListObjectsV2',
    async ({ client, bucket }) => {
      for await (const { key } of listObjects({ client, bucket, prefix: 'k' })) t.fail(`there is no ${key}`)
    },
  ],
  ['DeleteObject', ({ client, bucket }) => new S3Storage({ client, bucket, prefix: '' }).delete('k')],
]

/** An upload that is refused after its first part. */
async function giveUp(store: UploadStore): Promise<void> {
  const sink = writer(store, { beforeCommit: () => false })
  await failureOf(pipeline(source(LARGE), sink))
  await failureOf(sink.result)
}

/** An upload whose commit is performed, and its response lost. */
async function proveCommit(store: UploadStore): Promise<void> {
  store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true, performed: true })
  await pipeline(source(LARGE), writer(store))
}

/** An upload that an earlier process began. */
async function resume(store: UploadStore): Promise<void> {
  const saved = new Saved()
  await failAfter(plainWriter(store, { checkpoint: { save: saved.save } }), LARGE, 1)
  await pipeline(source(LARGE), writer(store, { checkpoint: { ...saved.last, save: saved.save } }))
}

async function removeStale({ client, bucket }: UploadStore): Promise<void> {
  await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'k' }))
  await abortStaleUploads({ client, bucket, prefix: 'k', olderThan: 0, dryRun: false })
}

for (const [nth, [operation, run]] of OPERATIONS.entries()) {
  t.test(`tells a 503 to ${operation} once, and both attempts (${nth + 1})`, async t => {
    const store = await UploadStore.open(t)
    const heard = listen(t)
    store.s3.fault({ operation, status: 503, code: 'SlowDown' })
    events.length = 0
    await run(store)
    const isOfStream = !['ListMultipartUploads', 'ListObjectsV2', 'DeleteObject'].includes(operation)
    t.strictSame(events, isOfStream ? heard.retry : [], 'the stream tells it, too')
    const of = <Message extends { operation: string }>(messages: Message[]) =>
      messages.filter(message => message.operation === operation)
    t.equal(heard.retry.length, 1)
    t.match(heard.retry[0], {
      protocol: 's3',
      operation,
      bucket: store.bucket,
      key: 'k',
      attempt: 1,
      maxAttempts: Number,
      delayMs: Number,
      statusCode: 503,
      requestId: String,
      // A HEAD has no body, and so no code.
      errorCode: operation === 'HeadObject' ? undefined : 'SlowDown',
    })
    t.match(of(heard.request).slice(0, 2), [
      { bucket: store.bucket, key: 'k', attempt: 1, outcome: 'failed', statusCode: 503 },
      // Only the abort is done when the parts are listed.
      {
        bucket: store.bucket,
        key: 'k',
        attempt: 2,
        outcome: run === giveUp && operation === 'ListParts' ? 'failed' : 'ok',
      },
    ])
    const sent = operation === 'ListMultipartUploads' ? store.s3.calls.length - 1 : store.s3.calls.length
    t.equal(heard.request.length, sent, 'one message for each call of the store')
  })
}

t.test('tells what the error knows of its request, or what the caller knows', async t => {
  const { retry } = listen(t)
  const told: RetryMessage[] = []
  const fields = {
    operation: 'UploadPart',
    bucket: 'b',
    key: 'k',
    uploadId: 'u',
    partNumber: 2,
    byteOffset: 9,
  }
  reportRetry(
    new S3Error('AVIO_ERR_CHECKSUM_MISMATCH', 'sesame', { ...fields, statusCode: 200 }),
    AT,
    message => told.push(message),
  )
  reportRetry(new Error('sesame'), AT, undefined, { operation: 'GetObject', bucket: 'b', key: 'k' })
  reportRetry(new S3Error('AVIO_ERR_READ_FAILED', 'x', { key: 'other' }), AT, undefined, {
    bucket: 'b',
    key: 'k',
  })
  t.equal(retry[0]!.uploadId, 'u')
  t.same(fixed(retry), [
    {
      protocol: 's3',
      ...fixed([fields])[0],
      attempt: 1,
      maxAttempts: 3,
      statusCode: 200,
      errorCode: 'AVIO_ERR_CHECKSUM_MISMATCH',
    },
    {
      protocol: 's3',
      operation: 'GetObject',
      bucket: 'b',
      key: 'k',
      attempt: 1,
      maxAttempts: 3,
      errorCode: 'Error',
    },
    {
      protocol: 's3',
      operation: '',
      bucket: 'b',
      key: 'other',
      attempt: 1,
      maxAttempts: 3,
      errorCode: 'AVIO_ERR_READ_FAILED',
    },
  ])
  t.strictSame(told, [retry[0]])
  t.equal(new Set(retry.map(message => Object.keys(message).join())).size, 1, 'all have the same fields')
})

t.test('tells a listener without a subscriber', async t => {
  const told: RetryMessage[] = []
  reportRetry(new Error(''), AT, message => told.push(message))
  t.match(told, [{ attempt: 1, delayMs: 5 }])
})
