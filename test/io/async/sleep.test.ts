import { getEventListeners } from 'node:events'
import t from 'tap'
import { sleep } from '../../../lib/io/async/sleep.js'

t.test('sleeps, and leaves nothing on the signal', async t => {
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 20 }, () => sleep(1, signal)))
  await sleep(0)
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('wakes up with an AbortError when the signal is aborted, or is already', async t => {
  const controller = new AbortController()
  const asleep = sleep(600_000, controller.signal)
  controller.abort()
  await t.rejects(asleep, { name: 'AbortError' })
  await t.rejects(sleep(600_000, controller.signal), { name: 'AbortError' })
})
