import { once, EventEmitter } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { StallWatch } from '../../lib/io/stall-watch.js'

t.test('it calls back once nothing was heard for the time', async t => {
  const events = new EventEmitter()
  const start = performance.now()
  const watch = new StallWatch(20, () => events.emit('stall'))
  await once(events, 'stall')
  t.ok(performance.now() - start >= 19)
  watch.stop()
})

t.test('it never does once it was stopped', async t => {
  let stalled = false
  const watch = new StallWatch(5, () => (stalled = true))
  watch.stop()
  const later = new EventEmitter()
  const other = new StallWatch(20, () => later.emit('stall'))
  await once(later, 'stall')
  t.notOk(stalled)
  other.stop()
})

t.test('what is heard puts it off', async t => {
  const order: string[] = []
  const events = new EventEmitter()
  const kept = new StallWatch(40, () => {
    order.push('kept alive')
    events.emit('done')
  })
  const plain = new StallWatch(40, () => {
    order.push('silent')
  })
  const beat = setTimeout(() => kept.alive(), 20)
  await once(events, 'done')
  clearTimeout(beat)
  plain.stop()
  t.same(order, ['silent', 'kept alive'])
})

t.test('what has arrived while the process was busy counts, although the timer is due', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [peer] = (await once(server, 'connection')) as [Socket]
  let stalled = false
  const watch = new StallWatch(10, () => (stalled = true))
  client.on('data', () => watch.alive())
  peer.write('here')
  const end = performance.now() + 30
  while (performance.now() < end);
  await once(client, 'data')
  await new Promise<void>(resolve => setImmediate(resolve))
  t.notOk(stalled)
  watch.stop()
  client.destroy()
})

t.test('Infinity means never, and holds no timer', async t => {
  const before = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const watch = new StallWatch(Infinity, () => t.fail('it called back'))
  t.equal(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length, before)
  watch.alive()
  watch.stop()
})
