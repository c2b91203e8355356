import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { HeadObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { GiB, KiB, MiB } from '../../../lib/options.js'
import { sendWithTimeout, wasCutShort } from '../../../lib/s3/request/send-with-timeout.js'
import { fakeStore } from '../../support/fake-store.js'
import { UploadStore, partOf } from '../../support/upload-store.js'

const head = () => new HeadObjectCommand({ Bucket: 'uploads', Key: 'k' })

function uploadPart(size: number) {
  const input = { Bucket: 'uploads', Key: 'k', UploadId: 'u', PartNumber: 1, ContentLength: size }
  return new UploadPartCommand(input)
}

t.test('passes on the response, and releases the signal', async t => {
  const client = fakeStore(() => ({ status: 200, headers: { etag: '"e"' } }))
  const { signal } = new AbortController()
  const answer = await sendWithTimeout(client, head(), { timeout: 1000, signal })
  t.equal(answer.ETag, '"e"')
  t.same(getEventListeners(signal, 'abort'), [])
})

t.test('passes on an error, and releases the signal', async t => {
  const client = fakeStore(() => ({ status: 404 }))
  const { signal } = new AbortController()
  await t.rejects(sendWithTimeout(client, head(), { timeout: 1000, signal }), { name: 'NotFound' })
  t.same(getEventListeners(signal, 'abort'), [])
})

t.test('makes one attempt, even after a retryable error', async t => {
  let sent = 0
  const client = fakeStore(() => {
    sent++
    return { status: 503 }
  })
  await t.rejects(sendWithTimeout(client, head(), { timeout: 1000 }))
  t.equal(sent, 1)
})

t.test('rejects silence with a TimeoutError, and cancels the request', async t => {
  const store = await UploadStore.open(t)
  const { reached } = store.s3.fault({ stall: true })
  await t.rejects(sendWithTimeout(store.client, head(), { timeout: 300 }), {
    name: 'TimeoutError',
    message: /no data sent or received for 300 ms/,
  })
  await reached
  await store.s3.idle()
  t.equal(store.s3.calls[0]?.aborted, true)
  t.equal(await store.busySockets(), 0)
})

t.test('detects silence in the middle of a body, but accepts a slow body', async t => {
  const store = await UploadStore.open(t)
  const part = partOf(Buffer.alloc(8 * MiB))
  const stalled = store.s3.fault({ stallRequest: 100 * KiB })
  await t.rejects(sendWithTimeout(store.client, uploadPart(part.size), { timeout: 300, body: part }), {
    name: 'TimeoutError',
  })
  stalled.release()
  await store.s3.idle()
  store.s3.fault({ slow: { bytesPerSecond: 4 * MiB } })
  await t.rejects(
    sendWithTimeout(store.client, uploadPart(part.size), { timeout: 1500, body: part }),
    { name: 'NoSuchUpload' },
    'the slow body was accepted',
  )
})

t.test('ends on abort, and sends nothing after one', async t => {
  const store = await UploadStore.open(t)
  const { reached } = store.s3.fault({ stall: true })
  const controller = new AbortController()
  const asked = sendWithTimeout(store.client, head(), { timeout: 5000, signal: controller.signal })
  await reached
  controller.abort()
  await t.rejects(asked, { name: 'AbortError' })
  await t.rejects(sendWithTimeout(store.client, head(), { timeout: 5000, signal: controller.signal }), {
    name: 'AbortError',
  })
  t.equal(await store.busySockets(), 0)
  t.equal(store.s3.calls.length, 1)
})

t.test('does not wait forever for credentials', async t => {
  const client = fakeStore(() => ({ status: 200 }), { credentials: () => new Promise(() => undefined) })
  await t.rejects(sendWithTimeout(client, head(), { timeout: 20 }), { name: 'TimeoutError' })
})

t.test('knows that a request failed without effect before its body was sent', async t => {
  const store = await UploadStore.open(t)
  const part = partOf(Buffer.alloc(16 * MiB))
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    )
  store.s3.fault({ resetRequest: 64 * KiB })
  const cut = await failure(
    sendWithTimeout(store.client, uploadPart(part.size), { timeout: 5000, body: part }),
  )
  t.ok(wasCutShort(cut), 'cut')
  store.s3.fault({ reset: true, performed: true })
  const whole = await failure(
    sendWithTimeout(store.client, uploadPart(part.size), { timeout: 5000, body: part }),
  )
  t.ok(whole)
  t.notOk(wasCutShort(whole), 'sent whole, but without a response')
  t.notOk(wasCutShort(undefined))
})

t.test('closes a connection whose response arrived before its body was sent', async t => {
  let status = 403
  let stream: { destroyed: boolean } | undefined
  const client = fakeStore(request => {
    stream = (request as unknown as { body: { destroyed: boolean } }).body
    return { status }
  })
  const part = partOf(Buffer.alloc(MiB))
  await t.rejects(sendWithTimeout(client, uploadPart(part.size), { timeout: 5000, body: part }))
  await setImmediate()
  t.equal(stream?.destroyed, true, 'after a refusal')
  status = 200
  await sendWithTimeout(client, uploadPart(part.size), { timeout: 5000, body: part })
  await setImmediate()
  t.equal(stream?.destroyed, true, 'after a success')
})

t.test('cancels a body below the minimum throughput, and names the limit', async t => {
  const store = await UploadStore.open(t)
  store.s3.pace = { bytesPerSecond: MiB }
  const part = partOf(Buffer.alloc(24 * MiB))
  await t.rejects(
    sendWithTimeout(store.client, uploadPart(part.size), { timeout: 1500, minThroughput: GiB, body: part }),
    {
      name: 'TimeoutError',
      message: /less than 1073741824 bytes a second \(minThroughput\) transferred over 1500 ms/,
    },
  )
  await store.s3.idle()
  t.equal(await store.busySockets(), 0)
})
