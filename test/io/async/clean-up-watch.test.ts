import { getEventListeners, once } from 'node:events'
import t from 'tap'
import { CleanUpWatch } from '../../../lib/io/async/clean-up-watch.js'

t.test('gives up once nothing was answered for long, and says so', async t => {
  const watch = new CleanUpWatch(undefined, { calm: 20, aborted: 60_000 })
  await once(watch.signal, 'abort')
  t.match(watch.signal.reason, { message: 'The store has not answered for 20 ms.' })
  watch.stop()
})

t.test('an abort, before or meanwhile, does not end it: it makes it impatient', async t => {
  for (const isEarly of [true, false]) {
    const over = new AbortController()
    if (isEarly) over.abort()
    const watch = new CleanUpWatch(over.signal, { calm: 60_000, aborted: 20 })
    if (!isEarly) over.abort()
    t.notOk(watch.signal.aborted)
    await once(watch.signal, 'abort')
    t.match(watch.signal.reason, { message: /for 20 ms/ })
    watch.stop()
  }
})

t.test('waits anew after each answer, and leaves nothing on the signal', async t => {
  const over = new AbortController()
  const patience = { calm: 40, aborted: 40 }
  const [heard, silent] = [new CleanUpWatch(over.signal, patience), new CleanUpWatch(over.signal, patience)]
  const order: string[] = []
  silent.signal.addEventListener('abort', () => order.push('silent'))
  heard.signal.addEventListener('abort', () => order.push('heard'))
  const beat = setTimeout(heard.alive, 20)
  await once(heard.signal, 'abort')
  clearTimeout(beat)
  t.same(order, ['silent', 'heard'])
  for (const watch of [heard, silent]) watch.stop()
  t.equal(getEventListeners(over.signal, 'abort').length, 0)
})
