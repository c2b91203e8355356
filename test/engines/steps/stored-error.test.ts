import t from 'tap'
import { FfmpegError, JobError, PlanError, QueueError, S3Error } from '../../../lib/errors.js'
import { storedError } from '../../../lib/engines/steps/stored-error.js'

t.test('keeps code, message, remedy, piece and whether a retry may help', async t => {
  t.same(storedError(new PlanError('AVIO_ERR_PLAN_GAP', 'No frames.'), 'chunk-00003'), {
    ...{ code: 'AVIO_ERR_PLAN_GAP', message: 'No frames.', retryable: false, piece: 'chunk-00003' },
    remedy: 'Correct what the message names (docs/errors.md explains the code); then retry the job.',
  })
  t.match(storedError(new S3Error('AVIO_ERR_READ_FAILED', 'no')), {
    retryable: true,
    remedy: /^Retry the job/,
  })
  t.match(
    storedError(new FfmpegError('AVIO_ERR_FFMPEG_EXIT', 'no', { stderrTail: 'x'.repeat(5000) + 'end' })),
    {
      stderrTail: /^x{1997}end$/,
    },
  )
})

t.test('has a remedy of its own for what a retry alone does not mend', async t => {
  const remedy = (error: Error) => storedError(error).remedy
  t.match(remedy(new JobError('AVIO_ERR_JOB_REFUSED', 'no')), /add the job again/)
  t.match(remedy(new PlanError('AVIO_ERR_PLAN_MIXED', 'no')), /^Cancel the job/)
  t.match(remedy(new PlanError('AVIO_ERR_PLAN_TARGET_CHANGED', 'no')), /replace the newer object/)
  t.match(remedy(new QueueError('AVIO_ERR_QUEUE_STALLED', 'no')), /why its workers died/)
})

t.test('keeps no secret, and nothing long', async t => {
  const url = 'https://user:pass@host/a.mov?X-Amz-Signature=abc'
  for (const error of [
    new S3Error('AVIO_ERR_READ_FAILED', `No ${url}`),
    new Error(`No ${url}`),
    `No ${url}`,
  ]) {
    const kept = JSON.stringify(storedError(error))
    t.match(kept, 'https://host/a.mov')
    t.notMatch(kept, /user|pass|Signature|abc/)
  }
  t.equal(storedError(new Error('x'.repeat(10_000))).message.length, 2000)
})

t.test('takes errors of others as they are', async t => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  t.match(storedError(reset), { code: 'ECONNRESET', message: 'read ECONNRESET', retryable: true })
  t.match(storedError(undefined), { message: 'undefined', retryable: true })
})
