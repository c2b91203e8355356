import { getEventListeners } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { OverlongBody, stalled } from '../../../lib/io/fetch/range-body.js'
import { type Body, drain, streamOf } from '../../../lib/s3/read/get-body.js'
import { classifyError } from '../../../lib/s3/request/classify-error.js'

const range = (length: number) => new RangeBuffer({ start: 0, end: length })
const idle = new AbortController().signal
const ignore = () => undefined

t.test('copies a whole body, from any kind of stream', async t => {
  const bodies = {
    'of Node': Readable.from([Buffer.from('abc'), Buffer.from('defg')]),
    'of the web': new Blob(['abc', 'defg']).stream(),
  }
  for (const [name, body] of Object.entries(bodies)) {
    const into = range(7)
    let heard = 0
    await drain(streamOf(body as unknown as Body), into, idle, () => heard++)
    t.equal(into.take()?.toString(), 'abcdefg', name)
    t.ok(heard > 0)
  }
})

t.test('treats a missing body as empty', async t => {
  await drain(streamOf(undefined), range(0), idle, ignore)
  await t.rejects(drain(streamOf(undefined), range(1), idle, ignore), { name: 'IncompleteBody' })
})

t.test('makes a short body retryable, and keeps the bytes received', async t => {
  const into = range(10)
  const error: unknown = await drain(Readable.from([Buffer.from('abc')]), into, idle, ignore).catch(
    (error: unknown) => error,
  )
  t.match(error, { name: 'IncompleteBody', message: 'The body ended 7 bytes early' })
  t.ok(classifyError(error).retryable)
  t.equal(into.received, 3)
})

t.test('destroys an overlong body, and makes it not retryable', async t => {
  const body = new PassThrough()
  body.write('abcdef')
  const error: unknown = await drain(body, range(5), idle, ignore).catch((error: unknown) => error)
  t.ok(error instanceof OverlongBody)
  t.notOk(classifyError(error).retryable)
  t.ok(body.destroyed)
})

t.test('passes on the error of a body that fails or closes early', async t => {
  const broken = new PassThrough()
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  const failing = drain(broken, range(5), idle, ignore)
  broken.destroy(reset)
  t.equal(await failing.catch((error: unknown) => error), reset)
  const closed = new PassThrough()
  const closing = drain(closed, range(5), idle, ignore)
  closed.destroy()
  const error: unknown = await closing.catch((error: unknown) => error)
  t.ok(classifyError(error).retryable, 'a premature close is retryable')
})

t.test('destroys the body on abort, even an earlier one, and leaves no listener', async t => {
  const abort = new AbortController()
  const body = new PassThrough()
  const draining = drain(body, range(5), abort.signal, ignore)
  abort.abort()
  await t.rejects(draining, { name: 'AbortError' })
  t.ok(body.destroyed)
  const late = new PassThrough()
  await t.rejects(drain(late, range(5), abort.signal, ignore), { name: 'AbortError' })
  t.ok(late.destroyed)
  t.equal(getEventListeners(abort.signal, 'abort').length, 0)
})

t.test('makes a stalled body retryable', t => {
  t.ok(classifyError(stalled(5)).retryable)
  t.end()
})
