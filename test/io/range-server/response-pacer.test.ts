import t from 'tap'
import { ResponsePacer, allowance, pollDelay, ramp } from '../../../lib/io/range-server/response-pacer.js'
import { KiB, MiB } from '../../../lib/options.js'

const { signal } = new AbortController()

t.test('grows the allowance with the bytes read, up to the kernel’s own buffer', async t => {
  t.equal(allowance(0), 256 * KiB)
  t.equal(allowance(4 * MiB), 256 * KiB + MiB)
  t.equal(allowance(16 * MiB - 4), 256 * KiB + 4 * MiB - 1)
  t.equal(allowance(16 * MiB), Infinity)
})

t.test('grows the allowance with time if reading can’t be observed', async t => {
  t.equal(ramp(0), 256 * KiB)
  t.equal(ramp(100), MiB)
  t.equal(ramp(250), 8 * MiB)
  t.equal(ramp(300), Infinity)
  t.equal(ramp(1e9), Infinity)
})

t.test('checks a client less and less often while it is held back', async t => {
  t.same(
    [0, 1, 2, 3, 4, 5, 6, 7].map(looks => pollDelay(looks, false)),
    [4, 12, 24, 48, 96, 192, 250, 250],
  )
  t.equal(pollDelay(0, true), 0)
})

t.test('does not check below the allowance, and waits for half of it above', async t => {
  const unread = [256, 200, 129, 128].map(size => size * KiB)
  let looks = 0
  const pace = new ResponsePacer(async () => unread[looks++])
  for (let n = 0; n < 4; n++) {
    await pace.ready(64 * KiB, signal)
    pace.sent(64 * KiB)
  }
  t.equal(looks, 0)
  t.notOk(pace.allows(1))
  await pace.ready(64 * KiB, signal)
  // By then the client has read 128 of 256 KiB: the allowance is 288 KiB, half of it 144 KiB.
  t.equal(looks, 3)
  t.ok(pace.allows(64 * KiB))
})

t.test('stops checking after 16 MiB were read', async t => {
  let looks = 0
  const pace = new ResponsePacer(async () => (looks++, 0))
  pace.sent(16 * MiB)
  await pace.ready(1, signal)
  t.equal(looks, 1)
  pace.sent(1000 * MiB)
  await pace.ready(1, signal)
  t.equal(looks, 1)
})

t.test('lets prepaid bytes through without a check once the client has stayed', async t => {
  let looks = 0
  const pace = new ResponsePacer(async () => (looks++, 0))
  pace.sent(256 * KiB)
  t.notOk(pace.allows(64 * KiB, true), 'not before it had time to leave')
  await pace.ready(64 * KiB, signal, true)
  pace.sent(64 * KiB)
  t.ok(pace.allows(MiB, true))
  t.notOk(pace.allows(1), 'others wait')
  t.equal(looks, 0)
  await pace.ready(1, signal)
  t.equal(looks, 1)
})

t.test('has small pieces written to a client that is watched, and large ones to others', async t => {
  const pace = new ResponsePacer(async () => 0)
  t.equal(pace.pieceSize(true), 64 * KiB)
  pace.sent(256 * KiB)
  await pace.ready(64 * KiB, signal, true)
  t.equal(pace.pieceSize(true), 256 * KiB, 'which are fetched in any case')
  t.equal(pace.pieceSize(false), 64 * KiB)
  pace.sent(16 * MiB)
  await pace.ready(1, signal)
  t.equal(pace.pieceSize(false), 256 * KiB)
  const blind = new ResponsePacer(async () => undefined)
  blind.sent(256 * KiB)
  await blind.ready(1, signal)
  t.equal(blind.pieceSize(false), 64 * KiB)
})

t.test('uses time if nothing can be observed', async t => {
  let looks = 0
  const pace = new ResponsePacer(async () => {
    looks++
    return undefined
  })
  pace.sent(256 * KiB)
  await pace.ready(64 * KiB, signal)
  t.equal(looks, 1, 'checked once')
  pace.sent(300 * KiB)
  await pace.ready(64 * KiB, signal)
  t.equal(looks, 1, 'not checked again')
})

t.test('does not wait for a disconnected client', async t => {
  const controller = new AbortController()
  const pace = new ResponsePacer(async () => 256 * KiB)
  pace.sent(256 * KiB)
  const waiting = pace.ready(1, controller.signal)
  controller.abort()
  await t.rejects(waiting, { name: 'AbortError' })
})

t.test('looks at no clock once nothing is held back', async t => {
  const pace = new ResponsePacer(async () => undefined)
  pace.sent(256 * KiB)
  await pace.ready(1, signal)
  const now = performance.now() + 1e6
  let looks = 0
  t.intercept(performance, 'now', { value: () => (looks++, now) })
  t.ok(pace.allows(MiB))
  t.ok(pace.allows(1000 * MiB))
  t.equal(looks, 1)
})
