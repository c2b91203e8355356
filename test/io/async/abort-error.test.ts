import { getEventListeners } from 'node:events'
import t from 'tap'
import { abortError, untilAborted } from '../../../lib/io/async/abort-error.js'

t.test('an abort is an AbortError, whatever its reason; the reason is kept', async t => {
  const plain = new AbortController()
  plain.abort()
  t.equal(abortError(plain.signal).name, 'AbortError')
  t.equal(abortError(plain.signal), plain.signal.reason)
  const reason = new Error('shutting down')
  const reasoned = new AbortController()
  reasoned.abort(reason)
  t.match(abortError(reasoned.signal), { name: 'AbortError', code: 'ABORT_ERR', cause: reason })
})

t.test('a result that comes in time is passed on, and no listener stays', async t => {
  const { signal } = new AbortController()
  const late = () => t.fail('it was not late')
  t.equal(await untilAborted(Promise.resolve(7), signal, late), 7)
  await t.rejects(untilAborted(Promise.reject(new Error('no')), signal, late), { message: 'no' })
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('an abort ends the wait at once; what comes later is handed over', async t => {
  const abort = new AbortController()
  let resolve!: (value: string) => void
  const slow = new Promise<string>(settle => (resolve = settle))
  const late: string[] = []
  const wait = untilAborted(slow, abort.signal, value => late.push(value))
  abort.abort()
  await t.rejects(wait, { name: 'AbortError' })
  resolve('too late')
  await slow
  t.same(late, ['too late'])
})

t.test('a failure that comes after an abort is nobody’s', async t => {
  const abort = new AbortController()
  abort.abort()
  let reject!: (error: Error) => void
  const slow = new Promise<string>((_resolve, settle) => (reject = settle))
  await t.rejects(
    untilAborted(slow, abort.signal, () => undefined),
    { name: 'AbortError' },
  )
  reject(new Error('unheard'))
  await t.rejects(slow)
})
