import t from 'tap'
import { CommitRefusal } from '../../../lib/s3/commit/commit-refusal.js'

t.test('keeps the error to tell', async t => {
  const reason = new Error('newer')
  t.match(new CommitRefusal('lost', reason), { refused: 'lost', reason, cause: reason, message: 'newer' })
})
