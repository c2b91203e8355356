import t from 'tap'
import { makeRunId } from '../../lib/hls/run-id.js'

t.test('names a run by its time, with unique names', async t => {
  const now = new Date('2030-01-02T03:04:05.678Z')
  t.match(makeRunId(now), /^20300102T030405Z-[0-9a-f]{8}$/)
  t.equal(new Set(Array.from({ length: 100 }, () => makeRunId(now))).size, 100)
  t.match(makeRunId(), /^2\d{7}T\d{6}Z-/)
})
