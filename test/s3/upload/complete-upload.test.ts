import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t, { type Test } from 'tap'
import { formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'
import { CompleteUpload, expectedOf } from '../../../lib/s3/upload/complete-upload.js'
import { MultipartUpload } from '../../../lib/s3/upload/multipart-upload.js'
import type { UploadTarget } from '../../../lib/s3/upload/upload-commands.js'
import type { S3Call } from '../../../lib/testing/index.js'
import { UploadStore, partOf } from '../../support/upload-store.js'

const PIECES = ['the first part, ', 'the second, ', 'and the last']
const WHOLE = PIECES.join('')
const { signal } = new AbortController()

const md5 = (data: string | Buffer) => createHash('md5').update(data).digest()
const etag = `"${md5(Buffer.concat(PIECES.map(md5))).toString('hex')}-3"`

/** An upload with three stored parts, the first one stored last, and its commit. */
async function ready(t: Test, overrides: Partial<UploadTarget> = {}) {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const upload = await MultipartUpload.create(store.requests(overrides), signal)
  const parts = []
  for (const partNumber of [2, 3, 1]) {
    parts.push(await upload.uploadPart(partOf(PIECES[partNumber - 1]!), partNumber, 0, signal))
  }
  parts.sort((a, b) => a.partNumber - b.partNumber)
  store.s3.clearCalls()
  return { store, upload, commit: new CompleteUpload(upload, parts) }
}

t.test('derives the expected identity of an object from its parts', async t => {
  const parts = PIECES.map((piece, i) => {
    const part = partOf(piece)
    return { partNumber: i + 1, size: part.size, etag: md5(piece).toString('hex'), crc32: part.crc32 }
  })
  t.same(expectedOf(parts, true), { size: WHOLE.length, etag, crc32: crc32(WHOLE) })
  t.same(expectedOf(parts, false), { size: WHOLE.length, etag, crc32: undefined })
})

t.test('makes one object of the parts, in any upload order, with a confirmed checksum', async t => {
  const { store, commit } = await ready(t)
  t.same(await commit.run(), { etag, versionId: undefined, confirmed: true })
  t.same(store.log, ['complete'])
  t.equal(String(await store.get('k')), WHOLE)
  t.equal(store.s3.calls[0]?.headers['x-amz-checksum-crc32'], formatCrc32(crc32(WHOLE)))
})

t.test('sends no whole checksum to a server that does not support one', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const unaware = { 'x-amz-checksum-type': undefined }
  store.s3.fault({ operation: 'CreateMultipartUpload', answerHeaders: unaware })
  const upload = await MultipartUpload.create(store.requests(), signal)
  const part = await upload.uploadPart(partOf(WHOLE), 1, 0, signal)
  await new CompleteUpload(upload, [part]).run()
  const { headers } = store.s3.calls.at(-1)!
  t.notOk('x-amz-checksum-crc32' in headers)
  t.equal(headers['x-amz-checksum-type'], 'FULL_OBJECT', 'the type is repeated, as S3 requires')
})

t.test('does not treat a composite checksum as confirmation', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const refuses = (call: S3Call) => call.headers['x-amz-checksum-type'] !== undefined
  store.s3.fault({ operation: 'CreateMultipartUpload', when: refuses, status: 501 })
  const upload = await MultipartUpload.create(store.requests(), signal)
  const part = await upload.uploadPart(partOf(WHOLE), 1, 0, signal)
  t.match(await new CompleteUpload(upload, [part]).run(), { confirmed: false })
  const { headers } = store.s3.calls.at(-1)!
  t.notOk('x-amz-checksum-type' in headers)
  t.match(store.s3.head('uploads', 'k')?.checksum, { type: 'COMPOSITE' })
})

t.test('returns the version if the bucket keeps versions, even from HEAD', async t => {
  for (const reset of [false, true]) {
    const { store, commit } = await ready(t)
    store.s3.setVersioning('uploads', 'Enabled')
    if (reset) store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true, performed: true })
    const { versionId } = await commit.run()
    t.equal(versionId, store.s3.head('uploads', 'k')?.versionId)
  }
})

t.test('tries again after an attempt without effect', async t => {
  for (const fault of [{ status: 500 }, { reset: true }, { errorIn200: 'InternalError' }] as const) {
    const { store, commit } = await ready(t)
    store.s3.fault({ operation: 'CompleteMultipartUpload', times: 2, ...fault })
    t.match(await commit.run(), { etag }, JSON.stringify(fault))
    t.same(store.log, ['complete', 'list', 'complete', 'list', 'complete'])
    t.equal(String(await store.get('k')), WHOLE)
  }
})

t.test('does not check the store after a rejected request', async t => {
  const { store, commit } = await ready(t)
  store.s3.fault({ operation: 'CompleteMultipartUpload', times: 2, status: 503, code: 'SlowDown' })
  t.match(await commit.run(), { etag })
  t.same(store.log, ['complete', 'complete', 'complete'])
})

t.test('proves an attempt without a response by the ETag of the parts', async t => {
  for (const fault of [
    { status: 500 },
    { reset: true },
    { errorIn200: 'InternalError' },
    { shortBody: 9 },
  ] as const) {
    const { store, commit } = await ready(t)
    const performed = 'shortBody' in fault ? {} : { performed: true }
    store.s3.fault({ operation: 'CompleteMultipartUpload', ...fault, ...performed })
    t.match(await commit.run(), { etag }, JSON.stringify(fault))
    t.same(store.log, ['complete', 'list', 'head'])
  }
})

t.test('resolves a late response the same way', async t => {
  for (const performed of [true, false]) {
    const { store, commit } = await ready(t, { commitTimeout: 2000 })
    store.s3.fault({ operation: 'CompleteMultipartUpload', stall: true, performed })
    t.match(await commit.run(), { etag })
    t.same(store.log, performed ? ['complete', 'list', 'head'] : ['complete', 'list', 'complete'])
    t.equal(String(await store.get('k')), WHOLE)
    t.equal(await store.busySockets(), 0)
  }
})

t.test('proves it by the CRC32 of the whole if ETags are opaque', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1, etag: 'opaque' } })
  const upload = await MultipartUpload.create(store.requests(), signal)
  const part = await upload.uploadPart(partOf(WHOLE), 1, 0, signal)
  store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true, performed: true })
  t.match(await new CompleteUpload(upload, [part]).run(), { confirmed: true })
})

t.test('completes a response without an ETag by HEAD, or by the expected one', async t => {
  const body = { 'content-length': undefined }
  for (const look of [200, 403]) {
    const { store, upload, commit } = await ready(t)
    const { requests } = upload
    const complete = requests.complete.bind(requests)
    requests.complete = async (...args) => ({ ...(await complete(...args)), ETag: '', ...body })
    if (look !== 200) store.s3.fault({ operation: 'HeadObject', status: look })
    t.match(await commit.run(), { etag })
    t.same(store.log, ['complete', 'head'])
  }
})

t.test('treats a refusal as final, without checking the store', async t => {
  const { store, upload, commit } = await ready(t)
  store.s3.fault({ operation: 'CompleteMultipartUpload', status: 403 })
  await t.rejects(commit.run(), {
    code: 'AVIO_ERR_ACCESS_DENIED',
    operation: 'CompleteMultipartUpload',
    uploadId: upload.uploadId,
    attempts: 1,
  })
  t.same(store.log, ['complete'])
  await upload.abort()
})

t.test('reports a failed condition with its own code', async t => {
  for (const [status, code] of [
    [412, 'PreconditionFailed'],
    [409, 'ConditionalRequestConflict'],
  ] as const) {
    const { store, upload, commit } = await ready(t, { ifNoneMatch: '*' })
    store.s3.fault({ operation: 'CompleteMultipartUpload', status, code })
    await t.rejects(commit.run(), { code: 'AVIO_ERR_PRECONDITION_FAILED', statusCode: status })
    const looks = status === 412 ? ['list'] : []
    t.same(store.log, ['complete', ...looks], 'S3 requires a new upload after a conflict')
    await upload.abort()
  }
})

t.test('recognises a condition that fails on a later attempt because of its own success', async t => {
  const { store, commit } = await ready(t, { ifNoneMatch: '*' })
  store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true, performed: true })
  store.s3.fault({ operation: 'ListParts', status: 403 })
  store.s3.fault({ operation: 'CompleteMultipartUpload', nth: 2, status: 412, code: 'PreconditionFailed' })
  t.match(await commit.run(), { etag })
  t.same(store.log, ['complete', 'list', 'complete', 'list', 'head'])
})

t.test('reports a condition that fails on a later attempt because of another client', async t => {
  const { store, upload, commit } = await ready(t, { ifNoneMatch: '*' })
  store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true })
  store.s3.fault({ operation: 'ListParts', before: () => store.s3.put('uploads', 'k', 'somebody else’s') })
  await t.rejects(commit.run(), { code: 'AVIO_ERR_PRECONDITION_FAILED' })
  t.same(store.log, ['complete', 'list', 'complete', 'list'])
  t.equal(String(await store.get('k')), 'somebody else’s')
  await upload.abort()
})

t.test('aborts the upload after the last attempt, so that none can take effect later', async t => {
  const { store, commit } = await ready(t)
  store.s3.fault({ operation: 'CompleteMultipartUpload', times: 3, reset: true })
  await t.rejects(commit.run(), { code: 'AVIO_ERR_UPLOAD_FAILED', attempts: 3 })
  t.same(store.log, ['complete', 'list', 'complete', 'list', 'complete', 'list', 'abort', 'list'])
  t.equal(await store.get('k'), undefined)
})

t.test('finds the object if one of the attempts did take effect', async t => {
  const { store, commit } = await ready(t)
  store.s3.fault({ operation: 'CompleteMultipartUpload', times: 2, reset: true })
  store.s3.fault({ operation: 'CompleteMultipartUpload', nth: 3, reset: true, performed: true })
  store.s3.fault({ operation: 'ListParts', nth: 3, status: 403 })
  t.match(await commit.run(), { etag })
  t.same(store.log.slice(-4), ['complete', 'list', 'abort', 'head'])
  t.equal(String(await store.get('k')), WHOLE)
})

t.test('does not mistake an older object with equal bytes for its own success', async t => {
  const faults = [
    [{ times: 3, status: 500 }, {}, 'AVIO_ERR_UPLOAD_FAILED'],
    [{ status: 500 }, { ifNoneMatch: '*' }, 'AVIO_ERR_PRECONDITION_FAILED'],
  ] as const
  for (const [fault, options, code] of faults) {
    const older = await ready(t)
    await older.commit.run()
    const { store } = older
    const upload = await MultipartUpload.create(store.requests(options), signal)
    const part = await upload.uploadPart(partOf(WHOLE), 1, 0, signal)
    store.s3.fault({ operation: 'CompleteMultipartUpload', ...fault })
    await t.rejects(new CompleteUpload(upload, [part]).run(), { code })
    await upload.abort()
  }
})

t.test('completes the same parts again if listing parts is forbidden', async t => {
  const { store, commit } = await ready(t)
  store.s3.fault({ operation: 'CompleteMultipartUpload', status: 500 })
  store.s3.fault({ operation: 'ListParts', times: Infinity, status: 403 })
  t.match(await commit.run(), { etag })
  t.same(store.log, ['complete', 'list', 'complete'])
})

t.test('reports an unknown outcome for an upload that is gone without its object', async t => {
  const { store, upload, commit } = await ready(t)
  const before = () => upload.requests.abort(upload.uploadId, signal)
  store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true })
  store.s3.fault({ operation: 'ListParts', before })
  await t.rejects(commit.run(), { code: 'AVIO_ERR_OUTCOME_UNKNOWN' })
  t.same(store.log, ['complete', 'list', 'abort', 'head'])
})

t.test('reports a failure for an upload that was gone before', async t => {
  const { store, upload, commit } = await ready(t)
  await upload.requests.abort(upload.uploadId, signal)
  store.s3.clearCalls()
  await t.rejects(commit.run(), { code: 'AVIO_ERR_UPLOAD_FAILED', message: /lifecycle rule/ })
  t.same(store.log, ['complete', 'head'])
})

t.test('reports an unknown outcome if checking the store is forbidden, and aborts nothing', async t => {
  const { store, upload, commit } = await ready(t)
  store.s3.fault({ operation: 'CompleteMultipartUpload', times: 3, reset: true })
  store.s3.fault({
    operation: ['ListParts', 'HeadObject', 'AbortMultipartUpload'],
    times: Infinity,
    status: 403,
  })
  await t.rejects(commit.run(), { code: 'AVIO_ERR_OUTCOME_UNKNOWN', uploadId: upload.uploadId, attempts: 3 })
  store.s3.clearFaults()
  await upload.requests.abort(upload.uploadId, signal)
})

t.test('reports a different checksum on the server, and that the object is visible', async t => {
  const { store, upload, commit } = await ready(t)
  const { requests } = upload
  const complete = requests.complete.bind(requests)
  requests.complete = async (...args) => ({ ...(await complete(...args)), ChecksumCRC32: formatCrc32(1) })
  await t.rejects(commit.run(), { code: 'AVIO_ERR_CHECKSUM_MISMATCH', message: /It is visible/ })
  t.same(store.log, ['complete'])
})

t.test('proves a Complete that a proxy sent twice, despite its 404 or 412', async t => {
  for (const [status, code, log] of [
    [404, 'NoSuchUpload', ['complete', 'complete', 'head']],
    [412, 'PreconditionFailed', ['complete', 'complete', 'list', 'head']],
  ] as const) {
    const { store, upload, commit } = await ready(t)
    const { requests } = upload
    const complete = requests.complete.bind(requests)
    requests.complete = async (...args) => {
      await complete(...args)
      return complete(...args)
    }
    store.s3.fault({ operation: 'CompleteMultipartUpload', nth: 2, status, code })
    t.match(await commit.run(), { etag })
    t.same(store.log, log)
    store.s3.delete('uploads', 'k')
  }
})

t.test('does not mistake an older object with equal bytes for a vanished upload', async t => {
  const { store, upload, commit } = await ready(t)
  await commit.run()
  const later = await MultipartUpload.create(upload.requests, signal)
  const parts = []
  for (const [n, piece] of PIECES.entries())
    parts.push(await later.uploadPart(partOf(piece), n + 1, 0, signal))
  await upload.requests.abort(later.uploadId, signal)
  const head = upload.requests.head.bind(upload.requests)
  upload.requests.head = async () => {
    const answer = await head()
    return { ...answer, LastModified: new Date(answer.serverTime! - 60_000) }
  }
  await t.rejects(new CompleteUpload(later, parts).run(), { code: 'AVIO_ERR_UPLOAD_FAILED' })
  store.s3.delete('uploads', 'k')
})

t.test('recognizes its object of an upload that began long before, which is what S3 dates it by', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const began = new Date(Date.now() - 3_600_000)
  store.s3.fault({ operation: 'CreateMultipartUpload', answerHeaders: { date: began.toUTCString() } })
  const upload = await MultipartUpload.create(store.requests(), signal)
  t.equal(upload.created, Math.floor(began.getTime() / 1000) * 1000)
  const part = await upload.uploadPart(partOf(WHOLE), 1, 0, signal)
  store.s3.fault({ operation: 'CompleteMultipartUpload', reset: true, performed: true })
  const dated = { 'last-modified': began.toUTCString() }
  store.s3.fault({ operation: 'HeadObject', answerHeaders: dated })
  t.match(await new CompleteUpload(upload, [part]).run(), { confirmed: true })
})

t.test('does not retry a commit that is no longer wanted', async t => {
  for (const [fault, log] of [
    [{ status: 503, code: 'SlowDown', retryAfter: 60 }, ['complete']],
    [{ reset: true }, ['complete', 'list', 'abort', 'list']],
  ] as const) {
    const { store, upload, commit } = await ready(t)
    const controller = new AbortController()
    const { requests } = upload
    const complete = requests.complete.bind(requests)
    requests.complete = (...args) => complete(...args).finally(() => setImmediate(() => controller.abort()))
    store.s3.fault({ operation: 'CompleteMultipartUpload', ...fault })
    await t.rejects(commit.run(controller.signal), { code: 'AVIO_ERR_UPLOAD_FAILED', attempts: 1 })
    t.same(store.log, log)
    t.equal(await store.get('k'), undefined)
    await upload.abort()
  }
})

t.test('does not treat a page in response to ListParts as proof of the upload', async t => {
  const { store, upload } = await ready(t)
  upload.requests.listParts = () => Promise.resolve(false)
  t.equal(await upload.exists(), undefined)
  await upload.abort()
  t.ok(store)
})
