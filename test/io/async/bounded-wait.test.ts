import t from 'tap'
import { BoundedWait, boundedCall, boundedRead } from '../../../lib/io/async/bounded-wait.js'

const never = () => new Promise<never>(() => undefined)
/** Resolves after one turn of the event loop. */
const turn = () => new Promise(resolve => setImmediate(resolve))

t.test('waits without limit until the result is no longer wanted', async t => {
  const abort = new AbortController()
  const wait = new BoundedWait(abort.signal, 0)
  t.equal(await wait.for(turn().then(() => 1)), 1)
  const waiting = wait.for(never())
  abort.abort()
  await t.rejects(waiting, { name: 'AbortError' })
  await t.rejects(wait.for(Promise.resolve(2)), { name: 'AbortError' }, 'all calls share one grace period')
  wait.end()
})

t.test('accepts a result within the grace period, and drops a late failure', async t => {
  const abort = new AbortController()
  const wait = new BoundedWait(abort.signal, 60_000)
  abort.abort()
  t.equal(await wait.for(turn().then(() => 'settled')), 'settled')
  wait.end()
  let fail!: (error: Error) => void
  const late = new Promise<never>((_resolve, reject) => (fail = reject))
  const given = boundedCall(() => late, AbortSignal.abort(), 0)
  await t.rejects(given, { name: 'AbortError' })
  fail(new Error('too late'))
  await turn()
})

t.test('rejects if the call throws synchronously', async t => {
  const boom = new Error('boom')
  const call = () => {
    throw boom
  }
  await t.rejects(boundedCall(call, undefined), boom)
})

t.test('ends a loop over an iterable that ignores its signal, and calls return()', async t => {
  const abort = new AbortController()
  let returned = 0
  const stuck: AsyncIterable<Buffer> = {
    [Symbol.asyncIterator]: () => ({
      next: never,
      return: () => {
        returned++
        return Promise.reject(new Error('not now'))
      },
    }),
  }
  const read = boundedRead(stuck, abort.signal, 0).next()
  abort.abort()
  await t.rejects(read, { name: 'AbortError' })
  t.equal(returned, 1)
})

t.test('waits for return() within the grace period, and no longer', async t => {
  const ends: string[] = []
  async function* slow() {
    try {
      yield 1
      yield 2
    } finally {
      await turn()
      ends.push('closed')
    }
  }
  for await (const item of boundedRead(slow(), undefined, 60_000)) {
    t.equal(item, 1)
    break
  }
  t.same(ends, ['closed'])
  const endless = { next: async () => ({ done: false as const, value: 1 }), return: never }
  for await (const item of boundedRead({ [Symbol.asyncIterator]: () => endless }, undefined, 0)) {
    t.equal(item, 1)
    break
  }
})

t.test('passes values and errors on, and calls return() once', async t => {
  let returned = 0
  const failing = (error?: Error): AsyncIterable<number> => ({
    [Symbol.asyncIterator]: () => {
      const items = [1, 2]
      return {
        next: async () => {
          const value = items.shift()
          if (value !== undefined) return { done: false, value }
          if (error) throw error
          return { done: true, value: undefined }
        },
        return: async () => {
          returned++
          return { done: true, value: undefined }
        },
      }
    },
  })
  const seen: number[] = []
  for await (const item of boundedRead(failing(), undefined)) seen.push(item)
  t.same(seen, [1, 2])
  const boom = new Error('boom')
  await t.rejects(async () => {
    for await (const item of boundedRead(failing(boom), undefined)) seen.push(item)
  }, boom)
  t.equal(returned, 0)
})

t.test('leaves no listener on the signal', async t => {
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--
    remove(...args)
  }
  await boundedCall(() => 1, signal)
  async function* one() {
    yield 1
  }
  for await (const item of boundedRead(one(), signal)) t.equal(item, 1)
  t.equal(listeners, 0)
})
