import t from 'tap'
import { UnsplitReason } from '../../../lib/job/encoding/unsplit.js'

t.test('carries the code and the reason', async t => {
  const error = new UnsplitReason('short', 'It has 3 seconds.')
  t.same(error.reason, { code: 'short', message: 'It has 3 seconds.' })
  t.equal(error.message, 'It has 3 seconds.')
})
