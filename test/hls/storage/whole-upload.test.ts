import { Upload } from '@aws-sdk/lib-storage'
import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { WholeBody } from '../../../lib/hls/storage/whole-body.js'
import { uploadWhole } from '../../../lib/hls/storage/whole-upload.js'
import { MiB } from '../../../lib/options.js'
import type { UploadTarget } from '../../../lib/s3/upload/upload-commands.js'
import { UploadStore, target } from '../../support/upload-store.js'
import { DATA, failureOf } from '../../support/uploads.js'

/** A body of `size` bytes. */
function bodyOf(size: number): WholeBody {
  const body = new WholeBody(size)
  body.append(DATA.subarray(0, size))
  return body
}

function upload(
  store: UploadStore,
  overrides: Partial<UploadTarget> = {},
  body = bodyOf(1000),
  signal = idle(),
) {
  const patient = { maxAttempts: 2, stallTimeout: 2000, ...overrides }
  return uploadWhole(Upload, target(store.client, patient), body, signal)
}

function idle(): AbortSignal {
  return new AbortController().signal
}

t.test('bodies of any size are stored by a single PutObject', async t => {
  const store = await UploadStore.open(t)
  for (const size of [0, 1, 5 * MiB, 5 * MiB + 1, DATA.length]) {
    await upload(store, {}, bodyOf(size))
    t.ok((await store.get('k'))!.equals(DATA.subarray(0, size)), `${size} bytes`)
  }
  t.same(store.log, Array<string>(5).fill('put'))
  t.equal(await store.busySockets(), 0)
})

t.test('the checksum is sent, and what the server says of it is looked at', async t => {
  const store = await UploadStore.open(t)
  for (const checksum of ['crc32', 'md5', 'none'] as const) await upload(store, { checksum })
  t.match(store.s3.calls[0]?.headers, { 'x-amz-checksum-crc32': /^.{8}$/ })
  t.match(store.s3.calls[1]?.headers, { 'content-md5': /=$/ })
  store.s3.fault({ answerHeaders: { 'x-amz-checksum-crc32': 'AAAAAA==' }, times: 2 })
  await t.rejects(upload(store), { code: 'AVIO_ERR_CHECKSUM_MISMATCH', attempts: 2 })
})

t.test('a passing fault is got over', async t => {
  for (const fault of [
    { status: 500 },
    { status: 503, code: 'SlowDown' },
    { reset: true },
    { reset: true, performed: true },
    { resetRequest: 600 },
    { stall: true },
  ] as const) {
    const store = await UploadStore.open(t)
    store.s3.fault({ operation: 'PutObject', ...fault })
    await upload(store, {}, bodyOf(100_000))
    t.ok((await store.get('k'))!.equals(DATA.subarray(0, 100_000)), JSON.stringify(fault))
    t.same(store.log, ['put', 'put'])
    t.equal(await store.busySockets(), 0)
  }
})

t.test('a lasting fault is an error of ours, and the older object stays', async t => {
  for (const [fault, tries, code] of [
    [{ status: 403 }, 1, 'AVIO_ERR_ACCESS_DENIED'],
    [{ status: 404, code: 'NoSuchBucket' }, 1, 'AVIO_ERR_NO_SUCH_BUCKET'],
    [{ status: 503, code: 'SlowDown' }, 2, 'AVIO_ERR_UPLOAD_FAILED'],
    [{ status: 500 }, 2, 'AVIO_ERR_UPLOAD_FAILED'],
  ] as const) {
    const store = await UploadStore.open(t)
    await store.s3.put('uploads', 'k', 'older')
    store.s3.fault({ operation: 'PutObject', times: Infinity, ...fault })
    const error = await failureOf(upload(store))
    t.ok(error instanceof S3Error)
    t.match(error, { code, operation: 'PutObject', attempts: tries, bucket: 'uploads', key: 'k' })
    t.same(store.log.filter(call => call === 'put').length, tries)
    t.equal(String(await store.get('k')), 'older')
  }
})

t.test('an answer that is lost with the last try is made up for by looking', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', reset: true, performed: true })
  await upload(store, { maxAttempts: 1 })
  t.same(store.log, ['put', 'head'])

  store.s3.fault({ operation: 'PutObject', reset: true })
  await t.rejects(upload(store, { maxAttempts: 1 }, bodyOf(999)), { code: 'AVIO_ERR_OUTCOME_UNKNOWN' })
})

t.test('what nobody wants any more is not tried again, and what was sent is waited for', async t => {
  const store = await UploadStore.open(t)
  const unwanted = new AbortController()
  unwanted.abort()
  t.ok(await failureOf(upload(store, {}, bodyOf(10), unwanted.signal)))
  t.same(store.log, [])

  const later = new AbortController()
  const held = store.s3.fault({ operation: 'PutObject', hold: true })
  const stored = upload(store, { stallTimeout: 60_000 }, bodyOf(10), later.signal)
  await held.reached
  later.abort()
  held.release()
  await stored
  t.equal((await store.get('k'))?.length, 10)
  t.equal(await store.busySockets(), 0)
})
