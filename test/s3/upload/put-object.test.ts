import { createHash } from 'node:crypto'
import t from 'tap'
import { formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'
import { putObject } from '../../../lib/s3/upload/put-object.js'
import { UploadStore, partOf } from '../../support/upload-store.js'

const bytes = 'a small object'
const body = partOf(bytes)
const etag = `"${createHash('md5').update(bytes).digest('hex')}"`
const OWN = { etag, versionId: undefined, confirmed: true }

t.test('stores an object in one request, and the server confirms its checksum', async t => {
  const store = await UploadStore.open(t)
  t.same(await putObject(store.requests(), body), OWN)
  t.same(store.log, ['put'])
  t.equal(String(await store.get('k')), bytes)
  t.match(await putObject(store.requests({ checksum: 'md5' }), body), { etag, confirmed: false })
})

t.test('returns the version if the bucket keeps versions', async t => {
  const store = await UploadStore.open(t)
  store.s3.setVersioning('uploads', 'Enabled')
  const { versionId } = await putObject(store.requests(), body)
  t.equal(versionId, store.s3.head('uploads', 'k')?.versionId)
})

t.test('retries temporary failures until it succeeds', async t => {
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
    t.same(await putObject(store.requests(), body), OWN, JSON.stringify(fault))
    t.same(store.log, ['put', 'put', 'put'])
  }
})

t.test('times out on silence, and retries', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', stall: true })
  t.same(await putObject(store.requests({ stallTimeout: 1000 }), body), OWN)
  t.same(store.log, ['put', 'put'])
  t.equal(await store.busySockets(), 0)
})

t.test('does not retry a refusal', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', status: 403 })
  await t.rejects(putObject(store.requests(), body), {
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

t.test('reports a failed condition with its own code, and keeps the existing object', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', 'older')
  await t.rejects(putObject(store.requests({ ifNoneMatch: '*' }), body), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
  })
  t.same(store.log, ['put'])
  t.equal(String(await store.get('k')), 'older')
})

t.test(
  'treats a condition that fails on a later attempt as met if the first one stored the object',
  async t => {
    const store = await UploadStore.open(t)
    store.s3.fault({ operation: 'PutObject', reset: true, performed: true })
    t.same(await putObject(store.requests({ ifNoneMatch: '*' }), body), { ...OWN, confirmed: true })
    t.same(store.log, ['put', 'put', 'head'])
  },
)

t.test('reports a condition that fails on a later attempt because of another client’s object', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', reset: true })
  const before = () => store.s3.put('uploads', 'k', 'somebody else’s')
  store.s3.fault({ operation: 'PutObject', nth: 2, before })
  await t.rejects(putObject(store.requests({ ifNoneMatch: '*' }), body), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
  })
  t.same(store.log, ['put', 'put', 'head'])
})

t.test('checks the store if every response is lost', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', times: 3, reset: true, performed: true })
  t.same(await putObject(store.requests(), body), OWN)
  t.same(store.log, ['put', 'put', 'put', 'head'])
})

t.test('reports an unknown outcome if the store does not settle it', async t => {
  for (const look of [undefined, { status: 403 }, { status: 500, times: 9 }]) {
    const store = await UploadStore.open(t)
    store.s3.fault({ operation: 'PutObject', times: 3, reset: true })
    if (look) store.s3.fault({ operation: 'HeadObject', ...look })
    await t.rejects(putObject(store.requests(), body), {
      code: 'AVIO_ERR_OUTCOME_UNKNOWN',
      attempts: 3,
      cause: { code: 'AVIO_ERR_UPLOAD_FAILED' },
    })
  }
})

t.test('reports a plain failure if the server refused each time and has no object', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', times: 3, status: 500 })
  await t.rejects(putObject(store.requests(), body), { code: 'AVIO_ERR_UPLOAD_FAILED', statusCode: 500 })
  t.same(store.log, ['put', 'put', 'put', 'head'])
})

t.test('reports a plain failure for a request that was never sent whole', async t => {
  const store = await UploadStore.open(t)
  await store.s3.close()
  await t.rejects(putObject(store.requests({ maxAttempts: 1 }), body), { code: 'AVIO_ERR_UNREACHABLE' })
})

t.test('retries a response for other bytes, then fails', async t => {
  const damaged = { 'x-amz-checksum-crc32': formatCrc32(1) }
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', answerHeaders: damaged })
  t.same(await putObject(store.requests(), body), OWN)
  store.s3.fault({ operation: 'PutObject', times: 3, answerHeaders: damaged })
  await t.rejects(putObject(store.requests(), body), { code: 'AVIO_ERR_CHECKSUM_MISMATCH', attempts: 3 })
})

t.test('trusts a response without an ETag if HEAD shows the object', async t => {
  const store = await UploadStore.open(t)
  store.s3.fault({ operation: 'PutObject', answerHeaders: { etag: undefined } })
  t.same(await putObject(store.requests(), body), OWN)
  t.same(store.log, ['put', 'head'])
})

t.test('does not trust a proxy’s 200, and retries until the store responds', async t => {
  for (const page of ['<html>please log in</html>', '', '<Error><Code>InternalError</Code></Error>']) {
    const store = await UploadStore.open(t)
    const through = { client: store.client }
    let pages = 1
    const send = through.client.send.bind(through.client) as (...args: unknown[]) => Promise<unknown>
    const portal = Object.create(through.client) as typeof store.client
    portal.send = (async (command: { constructor: { name: string } }, ...rest: unknown[]) => {
      if (command.constructor.name === 'PutObjectCommand' && pages-- > 0)
        return { $metadata: { httpStatusCode: 200 }, page }
      return send(command, ...rest)
    }) as typeof store.client.send
    t.same(await putObject(store.requests({ client: portal }), body), OWN)
    t.same(store.log, ['head', 'put'])
    pages = Infinity
    store.s3.delete('uploads', 'k')
    await t.rejects(putObject(store.requests({ client: portal }), body), {
      code: 'AVIO_ERR_BAD_RESPONSE',
      attempts: 3,
      message: /no ETag, and the object does not exist/,
    })
  }
})

t.test('trusts a response of a client stand-in', async t => {
  const client = { config: {}, send: () => Promise.resolve({}) }
  const store = await UploadStore.open(t)
  t.match(await putObject(store.requests({ client: client as unknown as typeof store.client }), body), {
    etag,
  })
})

t.test('does not mistake an identical older object for its own success', async t => {
  const faults = [
    [{ status: 500, times: 3 }, {}, /AVIO_ERR_(UPLOAD_FAILED|OUTCOME_UNKNOWN)/],
    [{ reset: true, times: 3 }, {}, /AVIO_ERR_OUTCOME_UNKNOWN/],
    [{ status: 500 }, { ifNoneMatch: '*' }, /AVIO_ERR_PRECONDITION_FAILED/],
    [{ reset: true }, { ifNoneMatch: '*' }, /AVIO_ERR_PRECONDITION_FAILED/],
    [{ status: 500 }, { maxAttempts: 1 }, /AVIO_ERR_UPLOAD_FAILED/],
  ] as const
  for (const [fault, options, code] of faults) {
    const store = await UploadStore.open(t)
    await store.s3.put('uploads', 'k', bytes)
    store.s3.fault({ operation: 'PutObject', ...fault })
    await t.rejects(putObject(store.requests(options), body), { code }, JSON.stringify([fault, options]))
    t.equal(store.log.at(-1), 'head')
  }
})

t.test('marks an attempt only if it may have to be distinguished from another', async t => {
  const marked = async (overrides: object, faults: number) => {
    const store = await UploadStore.open(t)
    if (faults > 0) store.s3.fault({ operation: 'PutObject', times: faults, status: 500 })
    await putObject(store.requests(overrides), body)
    return 'avio-write' in (store.s3.head('uploads', 'k')?.metadata ?? {})
  }
  t.equal(await marked({}, 0), false)
  t.equal(await marked({}, 1), true)
  t.equal(await marked({ ifNoneMatch: '*' }, 0), true)
  t.equal(await marked({ maxAttempts: 1 }, 0), true)
  t.equal(await marked({ metadata: { note: 'x'.repeat(2040) } }, 1), false, 'the metadata has no room')
})

t.test('sends nothing again once unwanted, and waits for the last attempt', async t => {
  for (const [fault, outcome] of [
    [{ status: 503, code: 'SlowDown', retryAfter: 60 }, 'AVIO_ERR_UPLOAD_FAILED'],
    [{ reset: true, performed: true }, undefined],
    [{ reset: true }, 'AVIO_ERR_OUTCOME_UNKNOWN'],
  ] as const) {
    const store = await UploadStore.open(t)
    const requests = store.requests()
    const controller = new AbortController()
    store.s3.fault({ operation: 'PutObject', ...fault })
    const put = requests.put.bind(requests)
    requests.put = (...args) => put(...args).finally(() => setImmediate(() => controller.abort()))
    const failure = await putObject(requests, body, controller.signal).then(
      () => undefined,
      (error: unknown) => (error as { code: string }).code,
    )
    t.equal(failure, outcome)
    t.equal(store.log.filter(call => call === 'put').length, 1)
  }
})
