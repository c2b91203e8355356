import { createHash } from 'node:crypto'
import t from 'tap'
import { formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'
import { MultipartUpload } from '../../../lib/s3/upload/multipart-upload.js'
import type { FaultRule, S3Call } from '../../../lib/testing/index.js'
import { UploadStore, partOf } from '../../support/upload-store.js'

const { signal } = new AbortController()
const part = partOf('the bytes of a part')
const etag = `"${createHash('md5').update('the bytes of a part').digest('hex')}"`

/** Temporary faults. */
const PASSING: FaultRule[] = [
  { status: 500 },
  { status: 503, code: 'SlowDown' },
  { reset: true },
  { reset: true, performed: true },
  { status: 500, performed: true },
]

t.test('creates an upload, and knows whether the server checksums the whole', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  t.equal(upload.wholeSum, 'kept')
  t.equal(store.s3.uploads('uploads')[0]?.uploadId, upload.uploadId)
  await upload.abort()
  const unaware = { 'x-amz-checksum-type': undefined, 'x-amz-checksum-algorithm': undefined }
  store.s3.fault({ operation: 'CreateMultipartUpload', answerHeaders: unaware })
  const other = await MultipartUpload.create(store.requests(), signal)
  t.equal(other.wholeSum, 'asked')
  await other.abort()
  const none = await MultipartUpload.create(store.requests({ checksum: 'md5' }), signal)
  t.equal(none.wholeSum, 'none')
  await none.abort()
})

t.test('requests only part checksums if the server supports no others', async t => {
  const store = await UploadStore.open(t)
  const refuses = (call: S3Call) => call.headers['x-amz-checksum-type'] !== undefined
  store.s3.fault({ operation: 'CreateMultipartUpload', when: refuses, status: 501, code: 'NotImplemented' })
  const upload = await MultipartUpload.create(store.requests(), signal)
  t.equal(upload.wholeSum, 'none')
  t.same(store.log, ['create', 'create'])
  const { headers } = store.s3.calls[1]!
  t.equal(headers['x-amz-checksum-algorithm'], 'CRC32')
  t.notOk('x-amz-checksum-type' in headers)
  await upload.abort()
})

t.test('names a remedy for a server without checksum support', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'CreateMultipartUpload', times: 9, status: 501, code: 'NotImplemented' })
  await t.rejects(MultipartUpload.create(store.requests(), signal), {
    code: 'AVIO_ERR_UPLOAD_FAILED',
    message: /set the option "checksum" to "md5" or "none"/,
  })
  t.same(store.log, ['create', 'create'])
})

t.test('retries the creation after a temporary fault', async t => {
  for (const fault of PASSING) {
    // An upload whose response was lost holds no bytes, and nothing distinguishes it from another client's.
    const store = await UploadStore.open(t, { leaves: true })
    store.s3.fault({ operation: 'CreateMultipartUpload', times: 2, ...fault })
    const upload = await MultipartUpload.create(store.requests(), signal)
    await upload.abort()
    t.same(store.log, ['create', 'create', 'create', 'abort', 'list'], JSON.stringify(fault))
    t.same(
      store.s3.uploads('uploads').filter(({ parts }) => parts.length > 0),
      [],
    )
  }
})

t.test('does not retry the creation after a permanent fault', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'CreateMultipartUpload', status: 403 })
  await t.rejects(MultipartUpload.create(store.requests(), signal), {
    code: 'AVIO_ERR_ACCESS_DENIED',
    operation: 'CreateMultipartUpload',
    attempts: 1,
  })
  t.same(store.log, ['create'])
})

t.test('stores a part under its number', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  t.same(await upload.uploadPart(part, 7, 100, signal), {
    partNumber: 7,
    size: part.size,
    etag,
    crc32: part.crc32,
  })
  t.match(store.s3.uploads('uploads')[0]?.parts, [{ partNumber: 7, size: part.size, etag }])
  await upload.abort()
})

t.test('resends a part from the same memory after a temporary fault', async t => {
  for (const fault of [...PASSING, { resetRequest: 5 }, { status: 400, code: 'BadDigest' }]) {
    const store = await UploadStore.open(t)
    const upload = await MultipartUpload.create(store.requests(), signal)
    store.s3.fault({ operation: 'UploadPart', times: 2, ...fault })
    t.match(await upload.uploadPart(part, 1, 0, signal), { etag }, JSON.stringify(fault))
    t.same(store.log, ['create', 'part 1', 'part 1', 'part 1'])
    t.match(store.s3.uploads('uploads')[0]?.parts, [{ size: part.size, etag }])
    await upload.abort()
  }
})

t.test('names the part, its offset and the attempts when a part fails for good', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  store.s3.fault({ operation: 'UploadPart', times: 3, status: 500 })
  await t.rejects(upload.uploadPart(part, 3, 16, signal), {
    code: 'AVIO_ERR_UPLOAD_FAILED',
    operation: 'UploadPart',
    partNumber: 3,
    byteOffset: 16,
    attempts: 3,
    uploadId: upload.uploadId,
    message: /^Could not upload part 3 of s3:\/\/uploads\/k/,
  })
  await upload.abort()
})

t.test('resends a part whose stored bytes differ, then fails', async t => {
  for (const [checksum, damaged] of [
    ['crc32', { 'x-amz-checksum-crc32': formatCrc32(1) }],
    ['md5', { etag: `"${createHash('md5').update('other').digest('hex')}"` }],
  ] as const) {
    const store = await UploadStore.open(t)
    const upload = await MultipartUpload.create(store.requests({ checksum }), signal)
    store.s3.fault({ operation: 'UploadPart', answerHeaders: damaged })
    t.match(await upload.uploadPart(part, 1, 0, signal), { etag })
    store.s3.fault({ operation: 'UploadPart', times: 3, answerHeaders: damaged })
    await t.rejects(upload.uploadPart(part, 2, 0, signal), {
      code: 'AVIO_ERR_CHECKSUM_MISMATCH',
      partNumber: 2,
      attempts: 3,
    })
    await upload.abort()
  }
})

t.test('rejects a part without an ETag', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  store.s3.fault({ operation: 'UploadPart', answerHeaders: { etag: undefined } })
  await t.rejects(upload.uploadPart(part, 1, 0, signal), { code: 'AVIO_ERR_BAD_RESPONSE', partNumber: 1 })
  await upload.abort()
})

t.test('reports an upload that another client aborted', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  const { requests, uploadId } = upload
  await requests.abort(uploadId, signal)
  await t.rejects(upload.uploadPart(part, 1, 0, signal), {
    code: 'AVIO_ERR_UPLOAD_FAILED',
    message: /lifecycle rule/,
    attempts: 1,
  })
})

t.test('distinguishes existing, missing and unknown uploads', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  t.equal(await upload.exists(), true)
  store.s3.fault({ operation: 'ListParts', status: 403 })
  t.equal(await upload.exists(), undefined)
  await upload.abort()
  t.equal(await upload.exists(), false)
})

t.test('verifies an abort', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  await upload.uploadPart(part, 1, 0, signal)
  await upload.abort()
  t.same(store.log, ['create', 'part 1', 'abort', 'list'])
})

t.test('aborts an upload again that still exists after an abort', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  // The response to an abort without effect, as when a part lands after it.
  store.s3.fault({ operation: 'AbortMultipartUpload', times: 2, status: 204 })
  await upload.abort()
  t.same(store.log, ['create', 'abort', 'list', 'abort', 'list', 'abort', 'list'])
})

t.test('retries an abort independently', async t => {
  for (const fault of PASSING) {
    const store = await UploadStore.open(t)
    const upload = await MultipartUpload.create(store.requests({ maxAttempts: 1 }), signal)
    store.s3.fault({ operation: 'AbortMultipartUpload', times: 2, ...fault })
    await upload.abort()
    t.same(store.s3.uploads('uploads'), [], JSON.stringify(fault))
  }
})

t.test('trusts an abort if verifying it is forbidden', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  store.s3.fault({ operation: 'ListParts', status: 403 })
  await upload.abort()
  t.same(store.log, ['create', 'abort', 'list'])
})

t.test('reports what a failed abort leaves behind', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const upload = await MultipartUpload.create(store.requests(), signal)
  store.s3.fault({ operation: 'AbortMultipartUpload', status: 403 })
  const failure = {
    code: 'AVIO_ERR_ACCESS_DENIED',
    operation: 'AbortMultipartUpload',
    uploadId: upload.uploadId,
    message: /Parts may be left in the bucket/,
  }
  await t.rejects(upload.abort(), failure)
  await t.rejects(upload.abort(), failure, 'the abort is not retried')
  t.same(store.log, ['create', 'abort'])
})

t.test('retries no part after a cancellation', async t => {
  const store = await UploadStore.open(t)
  const upload = await MultipartUpload.create(store.requests(), signal)
  const controller = new AbortController()
  const { reached } = store.s3.fault({ operation: 'UploadPart', stall: true })
  const sent = upload.uploadPart(part, 1, 0, controller.signal)
  await reached
  controller.abort()
  await t.rejects(sent)
  await upload.abort()
  t.same(store.log, ['create', 'part 1', 'abort', 'list'])
  t.equal(await store.busySockets(), 0)
})
