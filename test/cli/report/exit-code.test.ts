import t from 'tap'
import { AVIO_ERROR_CODES, AvioError, S3Error } from '../../../lib/errors.js'
import { EXIT, LISTED_CODES, exitCodeOf } from '../../../lib/cli/report/exit-code.js'

const codeOf = (code: string, cause?: unknown) =>
  exitCodeOf(Object.assign(new Error('x', { cause }), { code }))

t.test('tells usage, input, ffmpeg, store, an unknown outcome and an existing target apart', async t => {
  for (const [code, exit] of [
    ['AVIO_ERR_OPTION', EXIT.usage],
    ['AVIO_ERR_JOB_INVALID', EXIT.usage],
    ['AVIO_ERR_NO_SUCH_KEY', EXIT.input],
    ['AVIO_ERR_SOURCE_DENIED', EXIT.input],
    ['AVIO_ERR_INPUT_PARTIAL', EXIT.input],
    ['AVIO_ERR_LIMIT_INPUT_BYTES', EXIT.input],
    ['AVIO_ERR_MATROSKA_INVALID', EXIT.input],
    ['AVIO_ERR_LIMIT_TIMEOUT', EXIT.ffmpeg],
    ['AVIO_ERR_DESCRIPTORS', EXIT.fault],
    ['AVIO_ERR_STAGE_USED', EXIT.fault],
    ['AVIO_ERR_INPUT_UNREACHABLE', EXIT.ffmpeg],
    ['AVIO_ERR_FFMPEG_EXIT', EXIT.ffmpeg],
    ['AVIO_ERR_MP4_BOX_SIZE', EXIT.ffmpeg],
    ['AVIO_ERR_CREDENTIALS', EXIT.store],
    ['AVIO_ERR_COMMIT_PARTIAL', EXIT.store],
    ['AVIO_ERR_OUTCOME_UNKNOWN', EXIT.unknown],
    ['AVIO_ERR_QUEUE_UNREACHABLE', EXIT.store],
    ['AVIO_ERR_QUEUE_PEER_MISSING', EXIT.usage],
    ['AVIO_ERR_QUEUE_UNKNOWN_JOB', EXIT.input],
    ['AVIO_ERR_PLAN_INVALID', EXIT.usage],
    ['AVIO_ERR_PLAN_GAP', EXIT.input],
    ['AVIO_ERR_PLAN_MIXED', EXIT.input],
    ['AVIO_ERR_PLAN_OTHER_FFMPEG', EXIT.ffmpeg],
    ['AVIO_ERR_PLAN_TARGET_CHANGED', EXIT.exists],
    ['AVIO_ERR_PLAN_UNSPLIT', EXIT.unsplit],
    ['AVIO_ERR_PRECONDITION_FAILED', EXIT.exists],
    ['AVIO_ERR_FILE_EXISTS', EXIT.exists],
  ] as const) {
    t.equal(codeOf(code), exit, code)
  }
})

t.test('tells an input that is denied, or has no bucket, from a target', async t => {
  for (const code of ['AVIO_ERR_NO_SUCH_BUCKET', 'AVIO_ERR_ACCESS_DENIED'] as const) {
    for (const [operation, exit] of [
      ['GetObject', EXIT.input],
      ['PutObject', EXIT.store],
      ['HeadBucket', EXIT.store],
      [undefined, EXIT.store],
    ] as const)
      t.equal(exitCodeOf(new S3Error(code, 'x', { operation })), exit, `${code} ${operation ?? ''}`)
  }
  t.equal(exitCodeOf(new S3Error('AVIO_ERR_CREDENTIALS', 'x', { operation: 'GetObject' })), EXIT.store)
})

t.test('goes by the cause where the code only says where', async t => {
  const exists = new AvioError('AVIO_ERR_PRECONDITION_FAILED', 'x')
  t.equal(codeOf('AVIO_ERR_HLS_STORE_FAILED', exists), EXIT.exists)
  t.equal(codeOf('AVIO_ERR_COMMIT_REFUSED', new Error('x')), EXIT.store)
  t.equal(codeOf('AVIO_ERR_FFMPEG_EXIT', exists), EXIT.ffmpeg)
})

t.test('an error that may pass has no code that forbids another attempt', async t => {
  const final: number[] = [EXIT.usage, EXIT.input, EXIT.exists, EXIT.unsplit]
  let retried = 0
  for (const code of AVIO_ERROR_CODES) {
    const error = new AvioError(code, 'x')
    if (error.retryable) {
      retried++
      t.notOk(final.includes(exitCodeOf(error)), `${code}: ${exitCodeOf(error)}`)
    }
  }
  t.ok(retried > 20, `${retried} codes`)
  for (const code of ['AVIO_ERR_READ_FAILED', 'AVIO_ERR_SOURCE_READ'] as const) {
    t.equal(exitCodeOf(new AvioError(code, 'x', { retryable: false })), EXIT.input, `${code} after a 403`)
    t.equal(exitCodeOf(new AvioError(code, 'x', { retryable: true })), EXIT.store, `${code} after a 503`)
  }
})

t.test('calls anything else a fault', async t => {
  for (const error of [
    new Error('x'),
    undefined,
    null,
    'x',
    Object.assign(new Error('x'), { code: 'ENOENT' }),
  ])
    t.equal(exitCodeOf(error), EXIT.fault)
})

t.test('lists only codes that exist', async t => {
  for (const listed of LISTED_CODES) {
    const found = AVIO_ERROR_CODES.some(code =>
      listed.endsWith('_') ? code.startsWith(listed) : code === listed,
    )
    t.ok(found, listed)
  }
})
