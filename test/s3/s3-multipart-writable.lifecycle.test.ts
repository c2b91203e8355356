import { getEventListeners, once } from 'node:events'
import { PassThrough, finished } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import type { FaultHandle } from '../../lib/testing/index.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { uncaught } from '../support/uncaught.js'
import { DATA, failureOf, source, write, writer } from '../support/uploads.js'

/** Logs the names of events. */
function record(sink: S3MultipartWritable): string[] {
  const events: string[] = []
  for (const name of ['finish', 'error', 'close'] as const) sink.on(name, () => events.push(name))
  return events
}

/** The state of a stream when it is destroyed, the fault that keeps it there, and the expected calls. */
const STATES: [
  string,
  (sink: S3MultipartWritable, store: UploadStore) => Promise<FaultHandle | undefined>,
  string[],
][] = [
  ['before anything', async () => undefined, []],
  [
    'while the first part is filled',
    async sink => {
      await write(sink, DATA.subarray(0, PART - 1))
      return undefined
    },
    [],
  ],
  [
    'while the upload is created',
    async (sink, { s3 }) => {
      const held = s3.fault({ operation: 'CreateMultipartUpload', hold: true })
      sink.write(DATA.subarray(0, PART + 1))
      await held.reached
      return held
    },
    ['create', 'abort', 'list'],
  ],
  [
    'while a part is sent',
    async (sink, { s3 }) => {
      const { reached } = s3.fault({ operation: 'UploadPart', stall: true })
      sink.write(DATA.subarray(0, PART + 1))
      await reached
      return undefined
    },
    ['create', 'part 1', 'abort', 'list'],
  ],
  [
    'while the next part is filled',
    async sink => {
      sink.write(DATA.subarray(0, PART + 5))
      await once(sink, 'part')
      return undefined
    },
    ['create', 'part 1', 'abort', 'list'],
  ],
  [
    'while a writer is held back',
    async (sink, { s3 }) => {
      const { reached } = s3.fault({ operation: 'UploadPart', stall: true })
      sink.write(DATA)
      await reached
      return undefined
    },
    ['create', 'part 1', 'abort', 'list'],
  ],
  [
    'while the last part is sent',
    async (sink, { s3 }) => {
      const { reached } = s3.fault({ operation: 'UploadPart', nth: 2, stall: true })
      sink.end(DATA.subarray(0, PART + 5))
      await reached
      return undefined
    },
    ['create', 'part 1', 'part 2', 'abort', 'list'],
  ],
]

for (const [when, bring, log] of STATES) {
  t.test(`leaves nothing behind and passes the error on if destroyed with an error ${when}`, async t => {
    const store = await UploadStore.open(t)
    await store.s3.put('uploads', 'k', 'older')
    const sink = writer(store)
    const events = record(sink)
    const held = await bring(sink, store)
    const boom = new Error('boom')
    sink.destroy(boom)
    sink.destroy(new Error('another one'))
    held?.release()
    t.equal(await failureOf(sink.result), boom)
    await setImmediate()
    t.same(events, ['error', 'close'])
    t.same(store.log, log)
    t.equal(String(await store.get('k')), 'older')
    t.equal(await store.busySockets(), 0)
  })

  t.test(`leaves nothing behind and just closes if destroyed without an error ${when}`, async t => {
    const store = await UploadStore.open(t)
    const sink = writer(store)
    const events = record(sink)
    const held = await bring(sink, store)
    sink.destroy()
    held?.release()
    t.match(await failureOf(sink.result), {
      code: 'AVIO_ERR_UPLOAD_FAILED',
      message: /destroyed before its end/,
    })
    await setImmediate()
    t.same(events, ['close'])
    t.same(store.log, log)
    t.equal(await store.get('k'), undefined)
  })
}

t.test('emits close only after the clean-up', async t => {
  const store = await UploadStore.open(t)
  const held = store.s3.fault({ operation: 'AbortMultipartUpload', hold: true })
  const sink = writer(store)
  const events = record(sink)
  sink.write(DATA.subarray(0, PART + 1))
  await once(sink, 'part')
  sink.destroy()
  await held.reached
  await setImmediate()
  t.same(events, [])
  held.release()
  await once(sink, 'close')
  t.same(store.s3.uploads('uploads'), [])
})

t.test('reports the error to a waiting write, and to a later one', async t => {
  const store = await UploadStore.open(t)
  const { reached } = store.s3.fault({ operation: 'UploadPart', stall: true })
  const sink = writer(store)
  sink.on('error', () => undefined)
  const waiting = failureOf(write(sink, DATA))
  await reached
  const boom = new Error('boom')
  sink.destroy(boom)
  t.equal(await waiting, boom)
  t.match(await failureOf(write(sink, DATA)), { code: 'ERR_STREAM_DESTROYED' })
  await failureOf(sink.result)
})

t.test('rejects a write after the end as usual, and keeps the object being stored', async t => {
  const store = await UploadStore.open(t)
  const held = store.s3.fault({ operation: 'PutObject', hold: true })
  const sink = writer(store)
  const failed = once(sink, 'error')
  sink.end('abc')
  await held.reached
  t.match(await failureOf(write(sink, DATA.subarray(0, 1))), { code: 'ERR_STREAM_WRITE_AFTER_END' })
  held.release()
  t.match((await failed)[0], { code: 'ERR_STREAM_WRITE_AFTER_END' })
  t.equal((await sink.result).bytes, 3)
  t.equal(String(await store.get('k')), 'abc')
})

for (const [what, size, operation] of [
  ['PutObject', 3, 'PutObject'],
  ['CompleteMultipartUpload', PART + 3, 'CompleteMultipartUpload'],
] as const) {
  t.test(`never cancels ${what} once sent: destroy waits, and result has the outcome`, async t => {
    for (const end of ['destroy', 'abort'] as const) {
      const store = await UploadStore.open(t)
      const held = store.s3.fault({ operation, hold: true })
      const controller = new AbortController()
      const sink = writer(store, { signal: controller.signal })
      const events = record(sink)
      sink.end(DATA.subarray(0, size))
      await held.reached
      if (end === 'destroy') sink.destroy()
      else controller.abort()
      for (let turn = 0; turn < 20; turn++) await setImmediate()
      t.same(events, [], 'no event before the outcome')
      held.release()
      await once(sink, 'close', { signal: AbortSignal.timeout(10_000) }).catch(() => undefined)
      const result = await sink.result
      t.equal(result.bytes, size)
      t.equal((await store.get('k'))?.length, size)
      t.same(events, end === 'destroy' ? ['close'] : ['error', 'close'])
      t.notOk(store.log.includes('abort'))
    }
  })
}

for (const boom of [undefined, new Error('boom')]) {
  const expected = boom ? 'the error of the destroy' : 'the reason'
  t.test(`rejects result with ${expected} if a commit had no effect, and does not retry it`, async t => {
    const store = await UploadStore.open(t)
    const sink = writer(store)
    const events = record(sink)
    const held = store.s3.fault({ operation: 'ListParts', hold: true })
    store.s3.fault({ operation: 'CompleteMultipartUpload', status: 500 })
    sink.end(DATA.subarray(0, PART + 3))
    await held.reached
    sink.destroy(boom)
    held.release()
    const failure = await failureOf(sink.result)
    if (boom) t.equal(failure, boom)
    else t.match(failure, { code: 'AVIO_ERR_UPLOAD_FAILED', statusCode: 500 })
    await setImmediate()
    t.same(events, boom ? ['error', 'close'] : ['close'])
    t.same(store.log.slice(-4), ['complete', 'list', 'abort', 'list'])
    t.equal(store.log.filter(name => name === 'complete').length, 1)
  })
}

t.test('ends with an AbortError on abort, and releases the signal', async t => {
  const store = await UploadStore.open(t)
  const controller = new AbortController()
  const sink = writer(store, { signal: controller.signal })
  sink.write(DATA.subarray(0, PART + 1))
  await once(sink, 'part')
  controller.abort()
  t.match((await once(sink, 'error'))[0], { name: 'AbortError' })
  t.match(await failureOf(sink.result), { name: 'AbortError' })
  t.same(store.log, ['create', 'part 1', 'abort', 'list'])
  t.same(getEventListeners(controller.signal, 'abort'), [])
})

t.test('ends before any request if the signal is already aborted', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store, { signal: AbortSignal.abort() })
  t.match((await once(sink, 'error'))[0], { name: 'AbortError' })
  t.match(await failureOf(sink.result), { name: 'AbortError' })
  t.same(store.log, [])
})

t.test('releases the signal after success, and ignores a later abort', async t => {
  const store = await UploadStore.open(t)
  const controller = new AbortController()
  const sink = writer(store, { signal: controller.signal })
  const events = record(sink)
  await pipeline(source(DATA), sink)
  await sink.result
  await setImmediate()
  t.same(getEventListeners(controller.signal, 'abort'), [])
  controller.abort()
  sink.destroy(new Error('too late'))
  await setImmediate()
  t.same(events, ['finish', 'close'])
  t.equal((await sink.result).bytes, DATA.length)
})

t.test('ends the same way with the signal of a pipeline', async t => {
  const store = await UploadStore.open(t)
  const controller = new AbortController()
  const from = new PassThrough()
  const sink = writer(store)
  const piped = pipeline(from, sink, { signal: controller.signal })
  from.write(DATA.subarray(0, PART + 1))
  await once(sink, 'part')
  controller.abort()
  t.match(await failureOf(piped), { name: 'AbortError' })
  t.match(await failureOf(sink.result), { name: 'AbortError' })
  t.same(store.s3.uploads('uploads'), [])
})

t.test('reports the clean-up’s error alone if destroyed without an error', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  store.s3.fault({ operation: 'AbortMultipartUpload', status: 403 })
  const sink = writer(store)
  sink.write(DATA.subarray(0, PART + 1))
  await once(sink, 'part')
  sink.destroy()
  const [error] = (await once(sink, 'error')) as [Error]
  t.match(error, { code: 'AVIO_ERR_ACCESS_DENIED', operation: 'AbortMultipartUpload' })
  const rejected = await failureOf(sink.result)
  t.match(rejected, { code: 'AVIO_ERR_UPLOAD_FAILED' })
  t.equal(rejected?.['cleanupError'], error)
})

t.test('passes on a frozen error without cleanupError', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  store.s3.fault({ operation: 'AbortMultipartUpload', status: 403 })
  const sink = writer(store)
  sink.write(DATA.subarray(0, PART + 1))
  await once(sink, 'part')
  const boom = Object.freeze(new Error('boom'))
  sink.on('error', () => undefined)
  sink.destroy(boom)
  t.equal(await failureOf(sink.result), boom)
})

t.test('causes no unhandled rejection if nobody uses result', async t => {
  const store = await UploadStore.open(t)
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  t.teardown(() => process.off('unhandledRejection', onRejection))
  const sink = writer(store)
  sink.destroy()
  await once(sink, 'close')
  await setImmediate()
  t.same(rejections, [])
})

t.test('releases its source', async t => {
  const store = await UploadStore.open(t)
  const from = source(DATA.subarray(0, 10))
  const before = ['error', 'close', 'end', 'data'].map(event => from.listenerCount(event))
  const sink = from.pipe(writer(store))
  await sink.result
  await setImmediate()
  t.same(
    ['error', 'close', 'end', 'data'].map(event => from.listenerCount(event)),
    before,
  )
})

t.test('reports success or failure to finished()', async t => {
  const store = await UploadStore.open(t)
  const outcome = (sink: S3MultipartWritable) => new Promise(resolve => finished(sink, resolve))
  const good = writer(store)
  good.end('abc')
  t.equal(await outcome(good), undefined)
  const bad = writer(store)
  bad.write('abc')
  bad.destroy()
  t.match(await outcome(bad), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

t.test('leaves the error of a listener to the process, and keeps the stored object', async t => {
  for (const event of ['upload', 'part', 'progress'] as const) {
    const store = await UploadStore.open(t)
    const sink = writer(store)
    const bug = new TypeError(`a bug in the listener of ${event}`)
    sink.once(event, () => {
      throw bug
    })
    const thrown = await uncaught(async () => {
      await pipeline(source(DATA), sink)
      t.match(await sink.result, { bytes: DATA.length }, event)
    })
    t.same(thrown, [bug], event)
  }
  const store = await UploadStore.open(t)
  const small = writer(store)
  small.once('progress', () => {
    throw new TypeError('a bug')
  })
  const thrown = await uncaught(async () => {
    small.end(Buffer.alloc(10))
    t.match(await small.result, { bytes: 10, parts: 1 })
  })
  t.match(thrown, [{ message: 'a bug' }])
})
