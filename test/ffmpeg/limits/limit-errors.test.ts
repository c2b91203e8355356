import t from 'tap'
import { FfmpegError } from '../../../lib/errors.js'
import { limitBehind, limitError, tooLong, tooManyPixels } from '../../../lib/ffmpeg/limits/limit-errors.js'
import { type Limits, UNLIMITED } from '../../../lib/ffmpeg/limits/limits.js'

t.test('names the exceeded limit and the remedy', async t => {
  t.match(tooManyPixels('9x9', 80), { code: 'AVIO_ERR_LIMIT_PIXELS', message: /9x9, more than 80 pixels/ })
  t.match(tooLong('The source', 5), {
    code: 'AVIO_ERR_LIMIT_DURATION',
    message: /^The source is longer than 5 s/,
  })
  const cause = new FfmpegError('AVIO_ERR_FFMPEG_EXIT', 'ffmpeg failed', { exitCode: 9 })
  t.match(limitError('AVIO_ERR_LIMIT_CPU', 'It did.', 'do less.', cause), {
    message: 'It did. Nothing was stored. Raise the limit for media that you trust; else do less.',
    exitCode: 9,
    cause,
  })
})

t.test('names the system limit that ended ffmpeg', async t => {
  const error = (fields: object) => new FfmpegError('AVIO_ERR_FFMPEG_EXIT', 'ffmpeg failed', fields)
  const codeOf = (limits: Partial<Limits>, fields: object) => {
    const cause = error(fields)
    const result = limitBehind(cause, { ...UNLIMITED, ...limits }) as FfmpegError
    t.ok(result === cause || result.cause === cause)
    return result.code
  }
  const memory = { memory: 2 ** 28 }
  t.equal(
    codeOf(memory, { stderrTail: 'x264 [error]: malloc of size 515712 failed' }),
    'AVIO_ERR_LIMIT_MEMORY',
  )
  t.equal(codeOf(memory, { stderrTail: 'failed to map segment from shared object' }), 'AVIO_ERR_LIMIT_MEMORY')
  t.equal(codeOf(memory, { signal: 'SIGSEGV' }), 'AVIO_ERR_LIMIT_MEMORY')
  t.equal(codeOf(memory, { stderrTail: 'Invalid data' }), 'AVIO_ERR_FFMPEG_EXIT')
  t.equal(codeOf({}, { stderrTail: 'Cannot allocate memory' }), 'AVIO_ERR_FFMPEG_EXIT')
  t.equal(codeOf({ cpuSeconds: 5 }, { signal: 'SIGXCPU' }), 'AVIO_ERR_LIMIT_CPU')
  t.equal(codeOf({ cpuSeconds: 5 }, { signal: 'SIGKILL' }), 'AVIO_ERR_LIMIT_CPU')
  t.equal(codeOf({}, { signal: 'SIGKILL' }), 'AVIO_ERR_FFMPEG_EXIT')
  const other = new Error('of the source')
  t.equal(limitBehind(other, { ...UNLIMITED, ...memory }), other)
})
