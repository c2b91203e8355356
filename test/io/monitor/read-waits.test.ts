import t from 'tap'
import { ReadWaits } from '../../../lib/io/monitor/read-waits.js'

t.test('waits while any read waits, and tells of the first and the last', async t => {
  const waits = new ReadWaits()
  const seen: boolean[] = []
  const forget = waits.watch(() => seen.push(waits.isWaiting))
  t.equal(waits.isWaiting, false)
  waits.begin()
  waits.begin()
  waits.end()
  t.equal(waits.isWaiting, true)
  waits.end()
  t.same(seen, [true, false])
  forget()
  waits.begin()
  t.same(seen, [true, false], 'no longer told')
})
