import t from 'tap'
import { BlockWaiters } from '../../../lib/io/cache/block-waiters.js'

t.test('wakes the waiters of a target with it, and general waiters with all', async t => {
  const waiters = new BlockWaiters<string>()
  const log: string[] = []
  waiters.wait('a', () => log.push('a'))
  waiters.wait(undefined, () => log.push('any'))
  waiters.wake('b')
  t.same(log, [])
  waiters.wake('a')
  t.same(log, ['a'])
  waiters.wake('a')
  t.same(log, ['a'], 'each is called once')
  t.equal(waiters.count, 1)
  waiters.wakeAll()
  t.same(log, ['a', 'any'])
  t.equal(waiters.count, 0)
})

t.test('passes the error to the waiters of a failed target', async t => {
  const waiters = new BlockWaiters<string>()
  const failure = new Error('on purpose')
  const told: unknown[] = []
  waiters.wait('a', error => told.push(error))
  waiters.wait('b', error => told.push(error))
  waiters.fail('a', failure)
  t.same(told, [failure])
  waiters.wake('b')
  t.same(told, [failure, undefined])
  t.equal(waiters.count, 0)
})

t.test('calls nobody who has ended the wait, not even in the same turn', async t => {
  const waiters = new BlockWaiters<string>()
  const log: string[] = []
  let endSecond: () => void = () => undefined
  waiters.wait('a', () => {
    log.push('first')
    endSecond()
  })
  endSecond = waiters.wait('a', () => log.push('second'))
  waiters.wake('a')
  t.same(log, ['first'])
  t.equal(waiters.count, 0)
})

t.test('calls a listener that waits again only for the next event', async t => {
  const waiters = new BlockWaiters<string>()
  let calls = 0
  const again = () => {
    calls++
    waiters.wait('a', again)
  }
  waiters.wait('a', again)
  waiters.wake('a')
  t.equal(calls, 1)
  waiters.wakeAll()
  t.equal(calls, 2)
  t.equal(waiters.count, 1)
})
