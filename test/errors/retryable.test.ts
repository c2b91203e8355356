import t from 'tap'
import { AVIO_ERROR_CODES } from '../../lib/errors/codes.js'
import { isRetryable } from '../../lib/errors/retryable.js'

t.test('derives it from the code', async t => {
  t.equal(isRetryable('AVIO_ERR_READ_FAILED', undefined), true)
  t.equal(isRetryable('AVIO_ERR_NO_SUCH_KEY', undefined), false)
  t.equal(isRetryable('AVIO_ERR_OPTION', null), false)
  t.ok(AVIO_ERROR_CODES.some(code => isRetryable(code, undefined)))
})

t.test('asks the cause only if the code merely says where it failed', async t => {
  const asks = AVIO_ERROR_CODES.filter(code =>
    [true, false].every(retryable => isRetryable(code, { retryable }) === retryable),
  )
  t.same(asks.sort(), [
    'AVIO_ERR_CHECKPOINT_SAVE',
    'AVIO_ERR_COMMIT_PARTIAL',
    'AVIO_ERR_COMMIT_REFUSED',
    'AVIO_ERR_HLS_STORE_FAILED',
  ])
  for (const cause of [new Error('busy'), { retryable: 'yes' }, 'no', 7, null, undefined]) {
    t.equal(isRetryable('AVIO_ERR_COMMIT_REFUSED', cause), false)
    t.equal(isRetryable('AVIO_ERR_HLS_STORE_FAILED', cause), true)
  }
})
