import { createHash } from 'node:crypto'
import t from 'tap'
import { formatCrc32 } from '../../lib/s3/crc32.js'
import type { PartBuffer } from '../../lib/s3/part-buffer.js'
import { putObject } from '../../lib/s3/single-upload.js'
import type { UploadRequests } from '../../lib/s3/upload-requests.js'
import { UploadStore, partOf } from '../support/upload-store.js'

const bytes = 'a small object'
const body = partOf(bytes)
const etag = `"${createHash('md5').update(bytes).digest('hex')}"`
const OWN = { etag, versionId: undefined, confirmed: true }

const put = (requests: UploadRequests, body: PartBuffer) =>
  putObject(requests, body, { send: () => requests.put(body) })

t.test('an object is stored by one request, and the server confirms its checksum', async t => {
  const store = await UploadStore.open(t)
  t.same(await put(store.requests(), body), OWN)
  t.same(store.log, ['put'])
  t.equal(String(await store.get('k')), bytes)
  t.match(await put(store.requests({ checksum: 'md5' }), body), { etag, confirmed: false })
})

t.test('where the bucket keeps versions, the version is told', async t => {
  const store = await UploadStore.open(t)
  store.s3.setVersioning('uploads', 'Enabled')
  const { versionId } = await put(store.requests(), body)
  t.equal(versionId, store.s3.head('uploads', 'k')?.versionId)
})

t.test('what is passing is repeated until it works', async t => {
  for (const fault of [
    { status: 500 },
    { status: 503, code: 'SlowDown' },
    { reset: true },
    { resetRequest: 3 },
    { status: 400, code: 'BadDigest' },
    { status: 409, code: 'ConditionalRequestConflict' },
    { reset: true, performed: true },
    { status: 500, performed: true },
  ] as const) {
    const store = await UploadStore.open(t)
    store.s3.fault({ operation: 'PutObject', times: 2, ...fault })
    t.same(await put(store.requests(), body), OWN, JSON.stringify(fault))
    t.same(store.log, ['put', 'put', 'put'])
  }
})

t.test('silence is given up and repeated', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', stall: true })
  t.same(await put(store.requests({ stallTimeout: 300 }), body), OWN)
  t.same(store.log, ['put', 'put'])
  t.equal(await store.busySockets(), 0)
})

t.test('a refusal is not repeated', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', status: 403 })
  await t.rejects(put(store.requests(), body), {
    code: 'AVIO_ERR_ACCESS_DENIED',
    operation: 'PutObject',
    attempts: 1,
    bucket: 'uploads',
    key: 'k',
    statusCode: 403,
  })
  t.same(store.log, ['put'])
  t.equal(await store.get('k'), undefined)
})

t.test('a condition that fails is its own error, and what was there stays', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', 'older')
  await t.rejects(put(store.requests({ ifNoneMatch: '*' }), body), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
  })
  t.same(store.log, ['put'])
  t.equal(String(await store.get('k')), 'older')
})

t.test('a condition that fails on a later try is met when the first one has stored the object', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', reset: true, performed: true })
  t.same(await put(store.requests({ ifNoneMatch: '*' }), body), { ...OWN, confirmed: true })
  t.same(store.log, ['put', 'put', 'head'])
})

t.test('and has failed when somebody else has', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', reset: true })
  const before = () => store.s3.put('uploads', 'k', 'somebody else’s')
  store.s3.fault({ operation: 'PutObject', nth: 2, before })
  await t.rejects(put(store.requests({ ifNoneMatch: '*' }), body), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
  })
  t.same(store.log, ['put', 'put', 'head'])
})

t.test('when every answer is lost, a look at the store settles it', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', times: 3, reset: true, performed: true })
  t.same(await put(store.requests(), body), OWN)
  t.same(store.log, ['put', 'put', 'put', 'head'])
})

t.test('when it does not, the outcome is unknown', async t => {
  for (const look of [undefined, { status: 403 }, { status: 500, times: 9 }]) {
    const store = await UploadStore.open(t)
    store.s3.fault({ operation: 'PutObject', times: 3, reset: true })
    if (look) store.s3.fault({ operation: 'HeadObject', ...look })
    await t.rejects(put(store.requests(), body), {
      code: 'AVIO_ERR_OUTCOME_UNKNOWN',
      attempts: 3,
      cause: { code: 'AVIO_ERR_UPLOAD_FAILED' },
    })
  }
})

t.test('when the server has said no each time and has nothing, it is a plain failure', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', times: 3, status: 500 })
  await t.rejects(put(store.requests(), body), { code: 'AVIO_ERR_UPLOAD_FAILED', statusCode: 500 })
  t.same(store.log, ['put', 'put', 'put', 'head'])
})

t.test('a request that never went out whole leaves no doubt', async t => {
  const store = await UploadStore.open(t)
  await store.s3.close()
  await t.rejects(put(store.requests({ maxAttempts: 1 }), body), { code: 'AVIO_ERR_UNREACHABLE' })
})

t.test('an answer of other bytes is repeated, and then an error', async t => {
  const damaged = { 'x-amz-checksum-crc32': formatCrc32(1) }
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', answerHeaders: damaged })
  t.same(await put(store.requests(), body), OWN)
  store.s3.fault({ operation: 'PutObject', times: 3, answerHeaders: damaged })
  await t.rejects(put(store.requests(), body), { code: 'AVIO_ERR_CHECKSUM_MISMATCH', attempts: 3 })
})

t.test('an answer without an ETag is one all the same', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', answerHeaders: { etag: undefined } })
  t.same(await put(store.requests(), body), OWN)
})
