import { getEventListeners } from 'node:events'
import t from 'tap'
import { abortError, untilAborted } from '../../../lib/io/async/abort-error.js'

t.test('creates an AbortError with the signal’s reason as cause', async t => {
  const plain = new AbortController()
  plain.abort()
  t.equal(abortError(plain.signal).name, 'AbortError')
  t.equal(abortError(plain.signal), plain.signal.reason)
  const reason = new Error('shutting down')
  const reasoned = new AbortController()
  reasoned.abort(reason)
  t.match(abortError(reasoned.signal), { name: 'AbortError', code: 'ABORT_ERR', cause: reason })
})

t.test('passes a timely result on, and leaves no listener', async t => {
  const { signal } = new AbortController()
  const late = () => t.fail('no result was late')
  t.equal(await untilAborted(Promise.resolve(7), signal, late), 7)
  await t.rejects(untilAborted(Promise.reject(new Error('no')), signal, late), { message: 'no' })
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('ends the wait on abort, and hands a late result over', async t => {
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

t.test('ignores a failure after the abort', async t => {
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

t.test('hands a result over once, if it came with the abort', async t => {
  for (const isFirst of [true, false]) {
    const abort = new AbortController()
    let resolve!: (value: string) => void
    const slow = new Promise<string>(settle => (resolve = settle))
    const got: string[] = []
    const wait = untilAborted(slow, abort.signal, value => got.push(value))
    if (isFirst) resolve('a body')
    abort.abort()
    resolve('a body')
    await wait.then(
      value => got.push(value),
      () => undefined,
    )
    await slow
    t.same(got, ['a body'], isFirst ? 'just before the abort' : 'just after it')
  }
})
