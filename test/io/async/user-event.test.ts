import { EventEmitter } from 'node:events'
import t from 'tap'
import { tell } from '../../../lib/io/async/user-event.js'
import { uncaught } from '../../support/uncaught.js'

t.test('passes the values on', async t => {
  const emitter = new EventEmitter()
  const got: unknown[] = []
  emitter.on('x', (...values: unknown[]) => got.push(...values))
  tell(emitter, 'x', 1, 'two')
  t.same(got, [1, 'two'])
})

t.test('turns a listener’s error into an uncaught exception, and continues', async t => {
  const emitter = new EventEmitter()
  const bug = new TypeError('a bug in the listener')
  emitter.on('x', () => {
    throw bug
  })
  const thrown = await uncaught(async () => {
    t.doesNotThrow(() => tell(emitter, 'x'))
    await new Promise<void>(resolve => setImmediate(resolve))
  })
  t.same(thrown, [bug])
})
