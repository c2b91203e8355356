import { getEventListeners } from 'node:events'
import t from 'tap'
import { BlockWaiters } from '../../../lib/io/cache/block-waiters.js'

t.test('wakes the waiters of a target with it, and general waiters with all', async t => {
  const waiters = new BlockWaiters<string>()
  const log: string[] = []
  const a = waiters.wait('a').then(() => log.push('a'))
  const any = waiters.wait(undefined).then(() => log.push('any'))
  waiters.wake('b')
  waiters.wake('a')
  await a
  t.same(log, ['a'])
  t.equal(waiters.count, 1)
  waiters.wakeAll()
  await any
  t.equal(waiters.count, 0)
})

t.test('rejects the waiters of a failed target', async t => {
  const waiters = new BlockWaiters<string>()
  const failure = new Error('on purpose')
  const a = waiters.wait('a')
  const b = waiters.wait('b')
  waiters.fail('a', failure)
  waiters.wake('b')
  await t.rejects(a, failure)
  await b
  t.equal(waiters.count, 0)
})

t.test('ends the wait on abort, and leaves no listener', async t => {
  const waiters = new BlockWaiters<string>()
  const controller = new AbortController()
  const waiting = waiters.wait('a', controller.signal)
  controller.abort()
  await t.rejects(waiting, { name: 'AbortError' })
  await t.rejects(waiters.wait('a', controller.signal), { name: 'AbortError' })
  t.equal(waiters.count, 0)

  const { signal } = new AbortController()
  const woken = waiters.wait('a', signal)
  t.equal(getEventListeners(signal, 'abort').length, 1)
  waiters.wake('a')
  await woken
  t.equal(getEventListeners(signal, 'abort').length, 0)
})
