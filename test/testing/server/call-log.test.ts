import t from 'tap'
import { CallLog, type OpenCall } from '../../../lib/testing/server/call-log.js'

const call = () => ({ operation: 'GetObject', endedAt: undefined }) as OpenCall

t.test('keeps calls in order of arrival, whenever they end', async t => {
  const log = new CallLog()
  const [a, b] = [call(), call()]
  log.begin(a)
  log.begin(b)
  t.same(log.open, [a, b])
  log.end(b)
  t.same(log.open, [a])
  t.equal(log.calls[0], a)
  t.equal(log.calls[1], b)
  t.type(b.endedAt, 'number')
  t.equal(a.endedAt, undefined)
})

t.test('waits for the last open call when idle, and for nothing without one', async t => {
  const log = new CallLog()
  await log.idle()
  const [a, b] = [call(), call()]
  log.begin(a)
  log.begin(b)
  let isIdle = false
  const idle = log.idle().then(() => (isIdle = true))
  log.end(a)
  await Promise.resolve()
  t.equal(isIdle, false)
  log.end(b)
  t.equal(await idle, true)
})

t.test('forgets the calls when cleared, but still waits for those in progress', async t => {
  const log = new CallLog()
  const open = call()
  log.begin(open)
  log.clear()
  t.same(log.calls, [])
  t.same(log.open, [open])
  const idle = log.idle()
  log.end(open)
  await idle
})
