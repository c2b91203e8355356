import { once, EventEmitter } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { minThroughputOption, StallTimer } from '../../../lib/io/async/stall-timer.js'

t.test('calls back after silence', async t => {
  const events = new EventEmitter()
  const start = performance.now()
  const watch = new StallTimer(20, () => events.emit('stall'))
  await once(events, 'stall')
  t.ok(performance.now() - start >= 19)
  watch.stop()
})

t.test('does not call back after stop()', async t => {
  let stalled = false
  const watch = new StallTimer(5, () => (stalled = true))
  watch.stop()
  const later = new EventEmitter()
  const other = new StallTimer(20, () => later.emit('stall'))
  await once(later, 'stall')
  t.notOk(stalled)
  other.stop()
})

t.test('restarts on signs of life', async t => {
  const order: string[] = []
  const events = new EventEmitter()
  const kept = new StallTimer(40, () => {
    order.push('kept alive')
    events.emit('done')
  })
  const plain = new StallTimer(40, () => {
    order.push('silent')
  })
  const beat = setTimeout(() => kept.alive(), 20)
  await once(events, 'done')
  clearTimeout(beat)
  plain.stop()
  t.same(order, ['silent', 'kept alive'])
})

t.test('counts data that arrived while the process was busy', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [peer] = (await once(server, 'connection')) as [Socket]
  let stalled = false
  const watch = new StallTimer(10, () => (stalled = true))
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

t.test('never fires with Infinity', async t => {
  const before = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const watch = new StallTimer(Infinity, () => t.fail('the timer fired'))
  t.equal(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length, before)
  watch.alive()
  watch.stop()
})

t.test('reports a drip as a stall', async t => {
  const events = new EventEmitter()
  const watch = new StallTimer(100, drip => events.emit('stall', drip), 512)
  const drip = setInterval(() => watch.alive(1), 5)
  const [why] = (await once(events, 'stall')) as [string]
  clearInterval(drip)
  t.match(why, /^less than 512 bytes a second \(minThroughput\) transferred over 100 ms$/)
})

t.test('reports silence after a first byte as silence', async t => {
  const events = new EventEmitter()
  for (let n = 0; n < 10; n++) {
    const watch = new StallTimer(30, drip => events.emit('stall', drip), 512)
    setImmediate(() => watch.alive(1))
    const [why] = (await once(events, 'stall')) as [string | undefined]
    t.equal(why, undefined)
  }
  const watch = new StallTimer(100, drip => events.emit('stall', drip), 512)
  watch.alive(1)
  const beat = setInterval(() => watch.alive(), 5)
  const [why] = (await once(events, 'stall')) as [string]
  clearInterval(beat)
  t.match(why, /^less than 512 bytes/, 'signs of life without bytes count as a drip')
})

t.test('detects a drip after fast bytes', async t => {
  const events = new EventEmitter()
  const watch = new StallTimer(100, drip => events.emit('stall', drip), 512)
  watch.alive(1e9)
  const drip = setInterval(() => watch.alive(1), 5)
  const [why] = (await once(events, 'stall')) as [string]
  clearInterval(drip)
  t.ok(why)
})

/** Feeds a timer for four times `timeout`, and returns whether it reported no stall. */
async function isContent(timeout: number, minThroughput: number, feed: (watch: StallTimer) => void) {
  let stalled = false
  const watch = new StallTimer(timeout, () => (stalled = true), minThroughput)
  const timer = setInterval(() => feed(watch), timeout / 20)
  const clock = new EventEmitter()
  const end = setTimeout(() => clock.emit('over'), 4 * timeout)
  await once(clock, 'over')
  clearInterval(timer)
  clearTimeout(end)
  watch.stop()
  return !stalled
}

t.test('accepts sufficient throughput, and any without a minimum', async t => {
  t.ok(await isContent(200, 512, watch => watch.alive(100)))
  t.ok(await isContent(200, 0, watch => watch.alive(1)))
})

t.test('does not measure signs of life without data, or after all bytes have moved', async t => {
  t.ok(await isContent(200, 512, watch => watch.alive()))
  let isFirst = true
  t.ok(
    await isContent(200, 512, watch => {
      watch.alive(isFirst ? 1 : 0)
      watch.moved()
      isFirst = false
    }),
  )
})

t.test('ignores time in which the process was too busy to read', async t => {
  let stalled = false
  const watch = new StallTimer(100, () => (stalled = true), 10_000)
  for (let turn = 0; turn < 15; turn++) {
    watch.alive(50)
    const end = performance.now() + 50
    while (performance.now() < end);
    await new Promise<void>(resolve => setImmediate(resolve))
  }
  watch.stop()
  t.notOk(stalled)
})

t.test('validates minThroughput', t => {
  t.equal(minThroughputOption({}), 512)
  t.equal(minThroughputOption({ minThroughput: 0 }), 0)
  t.throws(() => minThroughputOption({ minThroughput: -1 }), { code: 'AVIO_ERR_OPTION' })
  t.end()
})
