import { getEventListeners, once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import t from 'tap'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { type GetRange, getRange } from '../../../lib/s3/read/get-range.js'
import { classifyError } from '../../../lib/s3/request/classify-error.js'
import { fakeStore, partialHeaders } from '../../support/fake-store.js'

const input = { Bucket: 'b', Key: 'k', Range: 'bytes=0-4' }
const ok = { status: 206, headers: partialHeaders(0, 5, 100) }

/** A request with defaults for everything except `more`. */
function get(client: GetRange['client'], more: Partial<GetRange> = {}): Promise<void> {
  const { signal } = new AbortController()
  const into = new RangeBuffer({ start: 0, end: 5 })
  return getRange({
    client,
    input,
    stallTimeout: 1000,
    minThroughput: 0,
    signal,
    into,
    accept: () => undefined,
    ...more,
  })
}

t.test('checks the response’s header before taking its bytes', async t => {
  const into = new RangeBuffer({ start: 0, end: 5 })
  const seen: (Partial<GetObjectCommandOutput> | number)[] = []
  await get(
    fakeStore(() => ({ ...ok, body: 'hello' })),
    {
      into,
      accept: ({ ContentRange, ETag }) => {
        seen.push({ ContentRange, ETag }, into.received)
        return undefined
      },
    },
  )
  t.same(seen, [{ ContentRange: 'bytes 0-4/100', ETag: '"one"' }, 0])
  t.equal(into.take()?.toString(), 'hello')
})

t.test('leaves no listener on the signal, on success or failure', async t => {
  const { signal } = new AbortController()
  await get(
    fakeStore(() => ({ ...ok, body: 'hello' })),
    { signal },
  )
  t.equal(getEventListeners(signal, 'abort').length, 0)
  await get(
    fakeStore(() => ({ status: 500 })),
    { signal },
  ).catch(() => undefined)
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('closes a refused response unread', async t => {
  const body = new PassThrough()
  const into = new RangeBuffer({ start: 0, end: 5 })
  const refused = new Error('not this one')
  const accept = () => {
    throw refused
  }
  const error: unknown = await get(
    fakeStore(() => ({ ...ok, body })),
    { into, accept },
  ).catch((error: unknown) => error)
  t.equal(error, refused)
  t.ok(body.destroyed)
  t.equal(into.received, 0)
})

t.test('sends each request once, whatever the client’s retry settings', async t => {
  let requests = 0
  const client = fakeStore(
    () => {
      requests++
      return { status: 503 }
    },
    { maxAttempts: 5 },
  )
  const error: unknown = await get(client).catch((error: unknown) => error)
  t.match(error, { $metadata: { httpStatusCode: 503 } })
  t.equal(requests, 1)
})

t.test('times out on silence: before the response, in its header, and in its body', async t => {
  const stalls: Record<string, GetRange['client']> = {
    'before the credentials': fakeStore(() => ok, { credentials: () => new Promise(() => undefined) }),
    'before the response': fakeStore(
      (_request, signal) =>
        new Promise((_resolve, reject) =>
          signal!.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
    ),
    'before the response, ignoring the signal': fakeStore(() => new Promise(() => undefined)),
    'in the body of an error': fakeStore(() => ({ status: 500, body: new PassThrough() })),
    'before the first byte of the body': fakeStore(() => ({ ...ok, body: new PassThrough() })),
    'after the last byte': fakeStore(() => {
      const body = new PassThrough()
      body.write('hello')
      return { ...ok, body }
    }),
  }
  for (const [when, client] of Object.entries(stalls)) {
    const error: unknown = await get(client, { stallTimeout: 20 }).catch((error: unknown) => error)
    t.match(error, { name: 'TimeoutError', message: /^Request timed out: no data received for 20 ms/ }, when)
    t.ok(classifyError(error).retryable)
  }
})

t.test('closes a response that arrives after the timeout', async t => {
  const body = new PassThrough()
  let answer!: (value: typeof ok & { body: PassThrough }) => void
  const client = fakeStore(() => new Promise(resolve => (answer = resolve)))
  await t.rejects(get(client, { stallTimeout: 20 }), { name: 'TimeoutError' })
  answer({ ...ok, body })
  await once(body, 'close')
  t.ok(body.destroyed)
})

t.test('never times out while a body makes progress', async t => {
  const body = new PassThrough()
  const bytes = ['h', 'e', 'l', 'l', 'o']
  const drip = setInterval(() => {
    const byte = bytes.shift()
    if (byte) body.write(byte)
    else body.end()
  }, 400)
  t.teardown(() => clearInterval(drip))
  const into = new RangeBuffer({ start: 0, end: 5 })
  await get(
    fakeStore(() => ({ ...ok, body })),
    { into, stallTimeout: 1500 },
  )
  t.ok(into.complete)
})

t.test('rejects at any time with an AbortError and its reason on abort, and leaves no listener', async t => {
  const reason = new Error('shutting down')
  const body = new PassThrough()
  const waits: Record<string, GetRange['client']> = {
    'before the credentials': fakeStore(() => ok, { credentials: () => new Promise(() => undefined) }),
    'before the response': fakeStore(() => new Promise(() => undefined)),
    'in the body': fakeStore(() => ({ ...ok, body })),
  }
  for (const [when, client] of Object.entries(waits)) {
    const abort = new AbortController()
    const getting = get(client, { signal: abort.signal })
    await new Promise<void>(resolve => setTimeout(resolve, 10))
    abort.abort(reason)
    await t.rejects(getting, { name: 'AbortError', cause: reason }, when)
    t.equal(getEventListeners(abort.signal, 'abort').length, 0, when)
    let requests = 0
    const counting = fakeStore(() => {
      requests++
      return ok
    })
    await t.rejects(get(counting, { signal: abort.signal }), { name: 'AbortError' })
    t.equal(requests, 0, 'no request after an abort')
  }
  t.ok(body.destroyed)
})

t.test('cancels a slow body like a stalled one, and keeps the bytes received', async t => {
  const body = new PassThrough()
  const drip = setInterval(() => body.write('x'), 20)
  t.teardown(() => clearInterval(drip))
  const into = new RangeBuffer({ start: 0, end: 1000 })
  const error: unknown = await get(
    fakeStore(() => ({ status: 206, headers: partialHeaders(0, 1000, 1000), body })),
    { into, stallTimeout: 200, minThroughput: 512 },
  ).catch((error: unknown) => error)
  t.match(error, {
    name: 'TimeoutError',
    message: /^Request timed out: less than 512 bytes a second \(minThroughput\)/,
  })
  t.ok(classifyError(error).retryable)
  t.ok(into.received > 0)
  t.ok(body.destroyed)
})
