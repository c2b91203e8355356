import { getEventListeners, once } from 'node:events'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { patterned } from '../patterned.js'
import { openRaw, sendRaw, startS3 } from '../support.js'

const at = { Bucket: 'box', Key: 'k' }
const bytes = patterned(1_000_000)

async function startWithObject(t: Parameters<typeof startS3>[0]) {
  const { s3, client } = await startS3(t)
  await s3.put('box', 'k', bytes)
  /** Reads the object and reports how many bytes arrived. */
  const read = async (Range?: string) => {
    const { Body } = await client.send(new GetObjectCommand({ ...at, ...(Range !== undefined && { Range }) }))
    const chunks: Buffer[] = []
    let error: NodeJS.ErrnoException | undefined
    try {
      for await (const chunk of Body as AsyncIterable<Buffer>) chunks.push(chunk)
    } catch (cause) {
      error = cause as NodeJS.ErrnoException
    }
    return { bytes: Buffer.concat(chunks), error }
  }
  const put = (Body: string | Buffer = 'new') => client.send(new PutObjectCommand({ ...at, Body }))
  return { s3, client, read, put }
}

t.test('breaks the connection before anything happens with reset: true', async t => {
  const { s3, put } = await startWithObject(t)
  s3.fault({ operation: 'PutObject', reset: true })
  await t.rejects(put(), { code: 'ECONNRESET' })
  t.same(await s3.get('box', 'k'), bytes)
  await s3.idle()
  t.match(s3.calls, [{ operation: 'PutObject', fault: 'reset', status: undefined, aborted: true }])
  await put()
  t.same(await s3.get('box', 'k'), Buffer.from('new'), 'the next call succeeds')
})

t.test('performs the operation and loses the response with reset: true, performed', async t => {
  const { s3, put } = await startWithObject(t)
  s3.fault({ operation: 'PutObject', reset: true, performed: true })
  await t.rejects(put(), { code: 'ECONNRESET' })
  t.same(await s3.get('box', 'k'), Buffer.from('new'))
})

t.test('sends that many bytes before a reset', async t => {
  const { s3, read } = await startWithObject(t)
  for (const reset of [0, 1, 1000]) {
    s3.fault({ operation: 'GetObject', reset })
    const got = await read()
    t.equal(got.error?.code, 'ECONNRESET', `after ${reset}`)
    t.ok(got.bytes.equals(bytes.subarray(0, got.bytes.length)))
    t.ok(got.bytes.length <= reset)
    await s3.idle()
    t.match(s3.calls.at(-1), { fault: 'reset', bytesOut: reset, status: 200, aborted: true })
  }
})

t.test('closes cleanly after exactly that many bytes with shortBody', async t => {
  const { s3, read } = await startWithObject(t)
  for (const shortBody of [0, 1, 300_000, 999_999]) {
    s3.fault({ operation: 'GetObject', shortBody })
    const got = await read()
    t.ok(got.bytes.equals(bytes.subarray(0, shortBody)), `${shortBody} bytes`)
    t.match(got.error, { code: 'ECONNRESET', message: 'aborted' })
  }
})

t.test('sends no more on stall, and keeps the connection until the client closes it', async t => {
  const { s3, client } = await startWithObject(t)
  s3.fault({ operation: 'GetObject', stall: 500 })
  const { Body } = await client.send(new GetObjectCommand(at))
  const body = Body as AsyncIterable<Buffer> & { destroy(): void }
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length === 500) break
  }
  await s3.idle()
  t.match(s3.calls, [{ fault: 'stall', bytesOut: 500, aborted: true }])
})

t.test('sends no response with stall: true, and performed decides whether it takes effect', async t => {
  for (const performed of [false, true]) {
    const { s3, client } = await startWithObject(t)
    const fault = s3.fault({ operation: 'PutObject', stall: true, performed })
    const abort = new AbortController()
    const put = client.send(new PutObjectCommand({ ...at, Body: 'new' }), { abortSignal: abort.signal })
    await fault.reached
    abort.abort()
    await t.rejects(put, { name: 'AbortError' })
    await s3.idle()
    t.equal(s3.head('box', 'k')?.size, performed ? 3 : bytes.length)
    t.equal(getEventListeners(abort.signal, 'abort').length, 0)
  }
})

t.test('counts no hit at an offset that is never reached', async t => {
  const { s3, read, put } = await startWithObject(t)
  const faults = [
    s3.fault({ operation: 'GetObject', reset: bytes.length + 1 }),
    s3.fault({ operation: 'PutObject', resetRequest: 1000 }),
  ]
  t.ok((await read()).bytes.equals(bytes))
  await put()
  t.same(
    faults.map(({ hits }) => hits),
    [0, 0],
  )
  t.match(s3.calls, [
    { fault: undefined, aborted: false },
    { fault: undefined, aborted: false },
  ])
})

t.test('holds a call until its release, before the operation or after it', async t => {
  for (const performed of [false, true]) {
    const { s3, put } = await startWithObject(t)
    const fault = s3.fault({ operation: 'PutObject', hold: true, performed })
    const putting = put()
    const call = await fault.reached
    t.equal(s3.head('box', 'k')?.size, performed ? 3 : bytes.length)
    t.equal(call.status, undefined)
    fault.release()
    await putting
    t.equal(s3.head('box', 'k')?.size, 3)
  }
})

t.test('does not serve a client that leaves while held', async t => {
  const { s3, client } = await startWithObject(t)
  const fault = s3.fault({ operation: 'DeleteObject', hold: true })
  const abort = new AbortController()
  const deleting = client.send(new DeleteObjectCommand(at), { abortSignal: abort.signal })
  await fault.reached
  abort.abort()
  await t.rejects(deleting, { name: 'AbortError' })
  await s3.idle()
  t.equal(s3.head('box', 'k')?.size, bytes.length)
  t.match(s3.calls, [{ fault: 'hold', status: undefined, aborted: true }])
})

t.test('replaces the operation or its response with a status', async t => {
  const { s3, put } = await startWithObject(t)
  s3.fault({ operation: 'PutObject', status: 503, code: 'SlowDown', message: 'easy', retryAfter: 3 })
  await t.rejects(put(patterned(3_000_000)), {
    name: 'SlowDown',
    message: 'easy',
    $metadata: { httpStatusCode: 503 },
    $response: { headers: { 'retry-after': '3' } },
  })
  t.equal(s3.head('box', 'k')?.size, bytes.length)
  s3.fault({ operation: 'PutObject', status: 500, performed: true })
  await t.rejects(put(), { name: 'InternalError' })
  t.equal(s3.head('box', 'k')?.size, 3)
  t.match(s3.calls, [
    { status: 503, errorCode: 'SlowDown', fault: 'status' },
    { status: 500, errorCode: 'InternalError' },
  ])
})

t.test('sends an error in a 200, and completes nothing', async t => {
  const { s3, client } = await startWithObject(t)
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, Key: 'up' }))
  const { ETag } = await client.send(
    new UploadPartCommand({ ...at, Key: 'up', UploadId, PartNumber: 1, Body: 'x' }),
  )
  const complete = new CompleteMultipartUploadCommand({
    ...at,
    Key: 'up',
    UploadId,
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
  })
  s3.fault({ operation: 'CompleteMultipartUpload', errorIn200: 'InternalError' })
  await t.rejects(client.send(complete), { name: 'InternalError' })
  t.equal(s3.head('box', 'up'), undefined)
  t.equal(s3.uploads('box').length, 1)
  s3.fault({ operation: 'CopyObject', errorIn200: 'SlowDown' })
  await t.rejects(client.send(new CopyObjectCommand({ ...at, Key: 'copy', CopySource: 'box/k' })), {
    name: 'SlowDown',
  })
  t.match(s3.calls.slice(2), [
    { status: 200, errorCode: 'InternalError' },
    { status: 200, errorCode: 'SlowDown' },
  ])
  await client.send(complete)
  t.equal(s3.head('box', 'up')?.size, 1)
})

t.test('replaces the object just before the read with changed', async t => {
  const { s3, client, read } = await startWithObject(t)
  const IfMatch = s3.head('box', 'k')!.etag
  s3.fault({ operation: 'GetObject', nth: 2, changed: 'other bytes' })
  t.ok((await read('bytes=0-9')).bytes.equals(bytes.subarray(0, 10)))
  await t.rejects(client.send(new GetObjectCommand({ ...at, IfMatch })), { name: 'PreconditionFailed' })
  t.same((await read()).bytes, Buffer.from('other bytes'))
  s3.fault({ operation: 'GetObject', key: 'never', changed: 'x' })
  await t.rejects(client.send(new GetObjectCommand({ ...at, Key: 'never' })), { name: 'NoSuchKey' })
})

t.test('runs and awaits the before callback', async t => {
  const { s3, client } = await startWithObject(t)
  s3.fault({
    operation: 'HeadObject',
    before: async ({ key }) => {
      await new Promise(setImmediate)
      s3.delete('box', key!)
    },
  })
  await t.rejects(client.send(new HeadObjectCommand(at)), { name: 'NotFound' })
})

t.test('alters one byte with corrupt, at any offset', async t => {
  const { s3, read } = await startWithObject(t)
  for (const corrupt of [0, 262_143, 262_144, 999_999]) {
    s3.fault({ operation: 'GetObject', corrupt })
    const got = await read()
    const expected = Buffer.from(bytes)
    expected[corrupt]! ^= 0xff
    t.ok(got.bytes.equals(expected), `byte ${corrupt}`)
  }
  t.ok((await read()).bytes.equals(bytes), 'the object itself is unchanged')
})

t.test('sets and removes headers with answerHeaders', async t => {
  const { s3, client } = await startWithObject(t)
  s3.fault({ operation: 'GetObject', answerHeaders: { 'content-range': 'bytes 5-9/10', etag: undefined } })
  const got = await client.send(new GetObjectCommand({ ...at, Range: 'bytes=0-9' }))
  t.match(got, { ContentRange: 'bytes 5-9/10', ETag: undefined, ContentLength: 10 })
  await got.Body?.transformToByteArray()
})

t.test('breaks an upload off in the middle of its body with resetRequest', async t => {
  const { s3, put } = await startWithObject(t)
  s3.fault({ operation: 'PutObject', resetRequest: 100_000 })
  await t.rejects(put(patterned(3_000_000)))
  await s3.idle()
  t.match(s3.calls, [{ fault: 'resetRequest', status: undefined, aborted: true }])
  t.ok(s3.calls[0]!.bytesIn >= 100_000 && s3.calls[0]!.bytesIn < 1_000_000)
  t.equal(s3.head('box', 'k')?.size, bytes.length)
})

t.test('stops reading until release with stallRequest', async t => {
  const { s3, put } = await startWithObject(t)
  const fault = s3.fault({ operation: 'PutObject', stallRequest: 100_000 })
  const putting = put(patterned(3_000_000))
  const call = await fault.reached
  await new Promise(setImmediate)
  t.ok(call.bytesIn >= 100_000)
  t.ok(call.bytesIn < 1_000_000, 'the rest is not read')
  fault.release()
  await putting
  t.equal(s3.head('box', 'k')?.size, 3_000_000)
})

t.test('slows calls down in both directions', async t => {
  const { s3, read, put } = await startWithObject(t)
  s3.fault({ slow: { bytesPerSecond: 10_000_000, ttfb: 20 }, times: 2 })
  t.ok((await read()).bytes.equals(bytes))
  await put(bytes)
  await s3.idle()
  for (const call of s3.calls) {
    // A million bytes take 100 ms; timers may fire slightly early.
    t.ok(call.endedAt! - call.startedAt > 100, call.method)
    t.equal(call.fault, 'slow')
  }
})

t.test('applies a pace to all calls until it changes', async t => {
  const { s3, read } = await startWithObject(t)
  s3.pace = { ttfb: 30 }
  await read('bytes=0-9')
  t.ok(s3.calls[0]!.endedAt! - s3.calls[0]!.startedAt > 25)
  t.throws(() => (s3.pace = { ttfb: -1 }), { code: 'AVIO_ERR_OPTION' })
  t.match(s3.pace, { ttfb: 30 })
  s3.pace = {}
  t.match(s3.pace, { ttfb: 0 })
})

t.test('sends an error before a body that waits for 100 Continue, and after one in transit', async t => {
  const { s3 } = await startS3(t)
  const headers = { 'content-length': '1000000' }
  const waiting = openRaw(s3, {
    method: 'PUT',
    path: '/nowhere/k',
    headers: { ...headers, expect: '100-continue' },
    payload: 'UNSIGNED-PAYLOAD',
  })
  const [head] = (await once(waiting, 'data')) as [Buffer]
  t.match(head.toString(), /^HTTP\/1\.1 404 [^]*NoSuchBucket/i)
  if (!waiting.closed) await once(waiting, 'close')
  const sent = await sendRaw(s3, { method: 'PUT', path: '/nowhere/k', headers, body: bytes })
  t.match(sent, { status: 404, code: 'NoSuchBucket' })
  t.match(s3.calls, [{ bytesIn: 0 }, { bytesIn: 1_000_000 }])
})

t.test('lets unsigned requests read nothing, unless reads are public', async t => {
  const closed = await startWithObject(t)
  t.match(await sendRaw(closed.s3, { path: '/box/k', unsigned: true }), { status: 403, code: 'AccessDenied' })
  const { s3 } = await startS3(t, { publicRead: true })
  await s3.put('box', 'k', bytes)
  const got = await sendRaw(s3, { path: '/box/k', headers: { range: 'bytes=0-9' }, unsigned: true })
  t.match(got, { status: 206, headers: { 'access-control-allow-origin': '*' } })
  t.match(await sendRaw(s3, { path: '/box', unsigned: true }), { status: 403 }, 'but not listings')
  const put = await sendRaw(s3, {
    method: 'PUT',
    path: '/box/k',
    headers: { 'content-length': '0' },
    unsigned: true,
  })
  t.match(put, { status: 403 })
  t.match(await sendRaw(s3, { method: 'OPTIONS', path: '/box/k', unsigned: true }), {
    status: 200,
    headers: { 'access-control-allow-methods': 'GET, HEAD' },
  })
})
