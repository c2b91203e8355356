import t from 'tap'
import { FfmpegError } from '../../../lib/errors.js'
import { limitBehind, limitError, tooLong, tooManyPixels } from '../../../lib/ffmpeg/limits/limit-errors.js'
import { type Limits, UNLIMITED } from '../../../lib/ffmpeg/limits/limits.js'

t.test('says which limit was exceeded, and what to do', async t => {
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

t.test('says which limit of the system ended ffmpeg', async t => {
  const error = (fields: object) => new FfmpegError('AVIO_ERR_FFMPEG_EXIT', 'ffmpeg failed', fields)
  const told = (limits: Partial<Limits>, fields: object) => {
    const cause = error(fields)
    const told = limitBehind(cause, { ...UNLIMITED, ...limits }) as FfmpegError
    t.ok(told === cause || told.cause === cause)
    return told.code
  }
  const memory = { memory: 2 ** 28 }
  t.equal(told(memory, { stderrTail: 'x264 [error]: malloc of size 515712 failed' }), 'AVIO_ERR_LIMIT_MEMORY')
  t.equal(told(memory, { stderrTail: 'failed to map segment from shared object' }), 'AVIO_ERR_LIMIT_MEMORY')
  t.equal(told(memory, { signal: 'SIGSEGV' }), 'AVIO_ERR_LIMIT_MEMORY')
  t.equal(told(memory, { stderrTail: 'Invalid data' }), 'AVIO_ERR_FFMPEG_EXIT')
  t.equal(told({}, { stderrTail: 'Cannot allocate memory' }), 'AVIO_ERR_FFMPEG_EXIT')
  t.equal(told({ cpuSeconds: 5 }, { signal: 'SIGXCPU' }), 'AVIO_ERR_LIMIT_CPU')
  t.equal(told({ cpuSeconds: 5 }, { signal: 'SIGKILL' }), 'AVIO_ERR_LIMIT_CPU')
  t.equal(told({}, { signal: 'SIGKILL' }), 'AVIO_ERR_FFMPEG_EXIT')
  const other = new Error('of the source')
  t.equal(limitBehind(other, { ...UNLIMITED, ...memory }), other)
})
