import t from 'tap'
import {
  AvioError,
  CommitError,
  FfmpegError,
  HlsError,
  Mp4Error,
  OptionError,
  S3Error,
  SourceError,
} from '../lib/errors.js'

t.test('carries its code, its cause and only the known fields', async t => {
  const cause = new Error('socket hang up')
  const error = new S3Error(
    'AVIO_ERR_READ_FAILED',
    'no',
    { bucket: 'b', key: undefined, byteOffset: 7 },
    { cause },
  )
  t.ok(error instanceof AvioError)
  t.equal(error.name, 'S3Error')
  t.equal(error.code, 'AVIO_ERR_READ_FAILED')
  t.equal(error.cause, cause)
  t.equal(error.bucket, 'b')
  t.equal(error.byteOffset, 7)
  t.notOk(Object.hasOwn(error, 'key'), 'unknown fields are omitted')
})

t.test('each error class has its own name', async t => {
  t.equal(new OptionError('o', 'm', 1).name, 'OptionError')
  t.equal(new FfmpegError('AVIO_ERR_FFMPEG_EXIT', 'm', { exitCode: 1 }).exitCode, 1)
  t.equal(new Mp4Error('AVIO_ERR_MP4_BOX_SIZE', 'm', { boxPath: 'moov' }).boxPath, 'moov')
})

t.test('derives retryable from the code, unless the error itself overrides it', async t => {
  t.equal(new S3Error('AVIO_ERR_READ_FAILED', 'm').retryable, true)
  t.equal(new S3Error('AVIO_ERR_READ_FAILED', 'm', {}, { retryable: false }).retryable, false)
  t.equal(new S3Error('AVIO_ERR_NO_SUCH_KEY', 'm').retryable, false)
  t.equal(new FfmpegError('AVIO_ERR_FFMPEG_EXIT', 'm', {}, { retryable: true }).retryable, true)
  t.equal(new OptionError('o', 'm', 1).retryable, false)
})

t.test('takes retryable from the cause if the error only adds where it failed', async t => {
  const denied = new S3Error('AVIO_ERR_ACCESS_DENIED', 'm')
  const reset = new S3Error('AVIO_ERR_UPLOAD_FAILED', 'm')
  const store = (cause: unknown) => new HlsError('AVIO_ERR_HLS_STORE_FAILED', 'm', {}, { cause }).retryable
  t.equal(store(denied), false)
  t.equal(store(reset), true)
  t.equal(store(new Error('from a custom storage')), true, 'a cause without retryable leaves it to the code')
  const group = { committed: ['a'], failed: ['b'] }
  t.equal(new CommitError('m', group, { cause: denied }).retryable, false)
  t.equal(new CommitError('m', group, { cause: reset }).retryable, true)
  const refused = (cause: unknown) => new AvioError('AVIO_ERR_COMMIT_REFUSED', 'm', { cause }).retryable
  t.equal(refused(undefined), false)
  t.equal(
    refused(Object.assign(new Error('busy'), { retryable: true })),
    true,
    "also from the user's own property",
  )
  t.equal(
    new S3Error('AVIO_ERR_READ_FAILED', 'm', {}, { cause: denied }).retryable,
    true,
    'other errors ignore the cause',
  )
})

t.test('toJSON() keeps name, code, message, retryable, fields and the chain of causes', async t => {
  const socket = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104 })
  const inner = new S3Error(
    'AVIO_ERR_READ_FAILED',
    'no bytes',
    { bucket: 'b', key: 'k', byteOffset: 7 },
    { cause: socket },
  )
  const error = new HlsError('AVIO_ERR_HLS_STORE_FAILED', 'no store', { object: 'o' }, { cause: inner })
  t.strictSame(JSON.parse(JSON.stringify(error)), {
    name: 'HlsError',
    code: 'AVIO_ERR_HLS_STORE_FAILED',
    message: 'no store',
    retryable: true,
    object: 'o',
    cause: {
      name: 'S3Error',
      code: 'AVIO_ERR_READ_FAILED',
      message: 'no bytes',
      retryable: true,
      bucket: 'b',
      key: 'k',
      byteOffset: 7,
      cause: { name: 'Error', code: 'ECONNRESET', message: 'read ECONNRESET' },
    },
  })
})

t.test('toJSON() removes URL secrets at any depth', async t => {
  const url = 'https://ann:pass@media.example.com/a/talk.mov?X-Amz-Signature=5ec4e7&x=1#part'
  const cause = new Error(`Invalid URL: "${url}", and ${url}`)
  const error = new FfmpegError(
    'AVIO_ERR_FFMPEG_EXIT',
    `no: ${url}`,
    { args: ['-i', url], stderrTail: url },
    { cause },
  )
  const json = JSON.stringify(error)
  for (const secret of ['5ec4e7', 'Signature', 'ann', 'pass', 'part']) t.notMatch(json, secret)
  t.match(JSON.parse(json), { args: ['-i', 'https://media.example.com/a/talk.mov'] })
  t.match(new SourceError('AVIO_ERR_SOURCE_READ', 'https://a.b/c: 404. Is it there?').toJSON(), {
    message: 'https://a.b/c: 404. Is it there?',
  })
})

t.test('toJSON() handles any option value, and circular causes', async t => {
  class Client {
    readonly credentials = 'sesame'
  }
  const json = (value: unknown) =>
    JSON.parse(JSON.stringify(new OptionError('o', 'm', value))) as { value?: unknown }
  t.equal(json(8).value, 8)
  t.equal(json(8n).value, '8')
  t.equal(json('x').value, 'x')
  t.same(json({ a: ['b', new Client()] }).value, { a: ['b', null] })
  t.notOk('value' in json(new Client()), 'class instances are not serialized')
  t.notOk('value' in json(() => 1))

  const circle = new Error('a')
  circle.cause = circle
  t.match(new AvioError('AVIO_ERR_OPTION', 'm', { cause: circle }).toJSON(), { cause: { message: 'a' } })
})
