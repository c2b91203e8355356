import { getEventListeners } from 'node:events'
import t from 'tap'
import { oneTry } from '../../../lib/io/fetch/one-try.js'

const idle = new AbortController().signal
/** A request that fails with an error of its own on abort. */
const hangs = ({ signal }: AbortController) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('socket hang up')))
  })

t.test('passes the result or the error on', async t => {
  t.equal(await oneTry(idle, () => Promise.resolve(7)), 7)
  const error = new Error('reset')
  await t.rejects(
    oneTry(idle, () => Promise.reject(error)),
    error,
  )
})

t.test('fails with the abort reason, whatever the request’s error', async t => {
  const silent = new Error('No data received')
  const stalls = oneTry(idle, attempt => {
    queueMicrotask(() => attempt.abort(silent))
    return hangs(attempt)
  })
  await t.rejects(stalls, silent)
})

t.test('ends on abort, starts nothing after it, and leaves no listener', async t => {
  const abort = new AbortController()
  const running = oneTry(abort.signal, hangs)
  t.equal(getEventListeners(abort.signal, 'abort').length, 1)
  abort.abort()
  await t.rejects(running, { name: 'AbortError' })
  await t.rejects(
    oneTry(abort.signal, () => Promise.resolve(t.fail('a request was started'))),
    { name: 'AbortError' },
  )
  await oneTry(idle, () => Promise.resolve())
  for (const signal of [abort.signal, idle]) t.equal(getEventListeners(signal, 'abort').length, 0)
})
