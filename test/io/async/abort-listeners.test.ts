import { getEventListeners, once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { destroyOnAbort, follow, onAbort, onAbortSoon } from '../../../lib/io/async/abort-listeners.js'
import { noWarning } from '../../support/warnings.js'

const count = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

t.test('puts one listener on a signal for any number of callers, and removes it with the last', async t => {
  const warnings = noWarning(t)
  const { signal } = new AbortController()
  const forget = Array.from({ length: 50 }, () => onAbort(signal, () => undefined))
  t.equal(count(signal), 1)
  for (const one of forget.slice(1)) one()
  t.equal(count(signal), 1)
  forget[0]!()
  forget[0]!()
  t.equal(count(signal), 0)
  const again = onAbort(signal, () => undefined)
  forget[1]!()
  t.equal(count(signal), 1, 'a second removal has no effect')
  again()
  t.equal(count(signal), 0)
  await warnings()
})

t.test('calls each listener once, in order, except removed ones', t => {
  const controller = new AbortController()
  const calls: number[] = []
  const twice = () => void calls.push(1)
  onAbort(controller.signal, twice)
  onAbort(controller.signal, () => {
    calls.push(2)
    late()
    onAbort(controller.signal, () => void calls.push(5))
  })
  const late = onAbort(controller.signal, () => void calls.push(3))
  onAbort(controller.signal, twice)
  onAbort(controller.signal, () => void calls.push(4))()
  controller.abort()
  t.same(calls, [1, 2, 1])
  t.equal(count(controller.signal), 0)
  onAbort(controller.signal, () => void calls.push(6))()
  onAbort(undefined, () => void calls.push(7))()
  t.same(calls, [1, 2, 1], 'no call after the abort, or without a signal')
  t.end()
})

t.test('turns a listener’s error into an uncaught exception, and calls the others', async t => {
  const controller = new AbortController()
  const calls: string[] = []
  onAbort(controller.signal, () => {
    throw new Error('mine')
  })
  onAbort(controller.signal, () => void calls.push('other'))
  controller.signal.addEventListener('abort', event => event.stopImmediatePropagation())
  const caught = uncaught(t)
  controller.abort()
  t.same(calls, ['other'])
  t.match(await caught, { message: 'mine' })
})

/** Resolves with the next uncaught exception, without failing the test. */
function uncaught(t: Test): Promise<unknown> {
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  t.teardown(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
  })
  return new Promise(resolve => process.once('uncaughtException', resolve))
}

t.test('reaches every stage despite stopped propagation', async t => {
  const controller = new AbortController()
  controller.signal.addEventListener('abort', event => event.stopImmediatePropagation())
  let isCalled = false
  onAbort(controller.signal, () => (isCalled = true))
  controller.abort()
  t.equal(isCalled, true)
})

t.test('destroys a stream with Node’s AbortError, and releases a finished one', async t => {
  const controller = new AbortController()
  const reason = new Error('early-exit')
  const [stream, over] = [new PassThrough(), new PassThrough()]
  destroyOnAbort(controller.signal, stream)
  destroyOnAbort(controller.signal, over)
  destroyOnAbort(undefined, over)
  t.equal(count(controller.signal), 1)
  over.resume().end()
  await once(over, 'close')
  const failed = once(stream, 'error')
  controller.abort(reason)
  t.match(await failed, [{ name: 'AbortError', code: 'ABORT_ERR', cause: reason }])
  t.equal(over.errored, null)
  const late = new PassThrough()
  const refused = once(late, 'error')
  destroyOnAbort(controller.signal, late)
  t.match(await refused, [{ name: 'AbortError' }], 'the signal is already aborted')
  t.equal(count(controller.signal), 0)
})

t.test('destroys a piped stream only after its source', async t => {
  const signal = AbortSignal.abort()
  const [sink, reader] = [new PassThrough(), new Readable({ read: () => undefined })]
  for (const stream of [sink, reader]) {
    stream.on('error', () => undefined)
    destroyOnAbort(signal, stream)
  }
  t.same([sink.destroyed, reader.destroyed], [false, true])
  const source = new PassThrough()
  await t.rejects(pipeline(source, sink), { name: 'AbortError' })
  t.equal(source.destroyed, true)
  const calls: string[] = []
  onAbortSoon(signal, () => void calls.push('told'))
  onAbortSoon(signal, () => void calls.push('forgotten'))()
  t.same(calls, [])
  await setImmediate()
  t.same(calls, ['told'])
})

t.test('isolates listeners left by foreign code on a copy of the signal', t => {
  const controller = new AbortController()
  const [first, second] = [follow(controller.signal), follow(controller.signal)]
  first.signal?.addEventListener('abort', () => undefined)
  t.equal(count(controller.signal), 1)
  first.forget()
  controller.abort('why')
  t.same([first.signal?.aborted, second.signal?.aborted, second.signal?.reason], [false, true, 'why'])
  t.equal(follow(controller.signal).signal?.reason, 'why', 'the signal is already aborted')
  t.equal(follow(undefined).signal, undefined)
  t.end()
})
