import t from 'tap'
import { FfmpegError, PlanError, QueueError, type QueueErrorCode, S3Error } from '../../../lib/errors.js'
import { verdictOf } from '../../../lib/engines/steps/verdict.js'

const { signal } = new AbortController()

t.test('an error says by its code what becomes of the step', async t => {
  const table: [Error, string][] = [
    [new S3Error('AVIO_ERR_READ_FAILED', 'm'), 'again'],
    [new S3Error('AVIO_ERR_READ_FAILED', 'm', {}, { retryable: false }), 'never'],
    [new S3Error('AVIO_ERR_ACCESS_DENIED', 'm'), 'never'],
    [new PlanError('AVIO_ERR_PLAN_GAP', 'm'), 'never'],
    [new PlanError('AVIO_ERR_PLAN_OTHER_FFMPEG', 'm'), 'elsewhere'],
    [new FfmpegError('AVIO_ERR_FFMPEG_NOT_FOUND', 'm'), 'elsewhere'],
    [new FfmpegError('AVIO_ERR_FFMPEG_TOO_OLD', 'm'), 'elsewhere'],
    [new FfmpegError('AVIO_ERR_FFMPEG_SIGNAL', 'm'), 'again'],
    [new TypeError('m'), 'again'],
  ]
  for (const [error, verdict] of table) t.equal(verdictOf(error, signal), verdict, error.name + error.message)
})

t.test('whoever stops a step says why, whatever the step throws', async t => {
  const table: [QueueErrorCode, string][] = [
    ['AVIO_ERR_QUEUE_CANCELLED', 'cancelled'],
    ['AVIO_ERR_QUEUE_CLOSING', 'back'],
    ['AVIO_ERR_QUEUE_LOCK_LOST', 'lost'],
  ]
  for (const [code, verdict] of table) {
    const aborted = AbortSignal.abort(new QueueError(code, 'm'))
    t.equal(verdictOf(new S3Error('AVIO_ERR_ACCESS_DENIED', 'm'), aborted), verdict)
  }
  t.equal(verdictOf(new S3Error('AVIO_ERR_ACCESS_DENIED', 'm'), AbortSignal.abort()), 'never')
})
