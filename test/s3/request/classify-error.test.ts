import { GetObjectCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { OptionError } from '../../../lib/errors.js'
import { classifyError, isAbortError, s3Error } from '../../../lib/s3/request/classify-error.js'
import { sendOnce } from '../../../lib/s3/request/send-once.js'
import { type FakeAnswer, fakeStore } from '../../support/fake-store.js'

/** The SDK's error for a response. */
function errorOf(answer: FakeAnswer): Promise<unknown> {
  const sending = sendOnce(
    fakeStore(() => answer),
    new GetObjectCommand({ Bucket: 'b', Key: 'k' }),
  )
  return sending.then(
    () => undefined,
    (error: unknown) => error,
  )
}

const xml = (code: string, more = '') =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so it is</Message>${more}</Error>`
const system = (code: string, message = code) => Object.assign(new Error(message), { code })

t.test('classifies responses of S3', async t => {
  const table: [number, string, string | undefined, boolean][] = [
    [404, 'NoSuchKey', 'AVIO_ERR_NO_SUCH_KEY', false],
    [404, 'NoSuchVersion', 'AVIO_ERR_NO_SUCH_KEY', false],
    [404, 'NoSuchBucket', 'AVIO_ERR_NO_SUCH_BUCKET', false],
    [403, 'AccessDenied', 'AVIO_ERR_ACCESS_DENIED', false],
    [403, 'SignatureDoesNotMatch', 'AVIO_ERR_CREDENTIALS', false],
    [403, 'InvalidAccessKeyId', 'AVIO_ERR_CREDENTIALS', false],
    [400, 'ExpiredToken', 'AVIO_ERR_CREDENTIALS', false],
    [403, 'RequestTimeTooSkewed', 'AVIO_ERR_CREDENTIALS', true],
    [403, 'RequestExpired', 'AVIO_ERR_CREDENTIALS', true],
    [403, 'InvalidObjectState', 'AVIO_ERR_OBJECT_ARCHIVED', false],
    [301, 'PermanentRedirect', 'AVIO_ERR_WRONG_REGION', false],
    [400, 'AuthorizationHeaderMalformed', 'AVIO_ERR_WRONG_REGION', false],
    [412, 'PreconditionFailed', 'AVIO_ERR_PRECONDITION_FAILED', false],
    [416, 'InvalidRange', 'AVIO_ERR_RANGE_NOT_SATISFIABLE', false],
    [400, 'BadDigest', 'AVIO_ERR_CHECKSUM_MISMATCH', false],
    [400, 'EntityTooLarge', 'AVIO_ERR_OBJECT_TOO_LARGE', false],
    [400, 'InvalidArgument', undefined, false],
    [405, 'MethodNotAllowed', undefined, false],
    [500, 'InternalError', undefined, true],
    [503, 'SlowDown', undefined, true],
    [503, 'ServiceUnavailable', undefined, true],
    [400, 'RequestTimeout', undefined, true],
    [409, 'OperationAborted', undefined, true],
    [429, 'TooManyRequests', undefined, true],
    [501, 'NotImplemented', undefined, false],
  ]
  for (const [status, s3Code, code, retryable] of table) {
    t.match(
      classifyError(await errorOf({ status, body: xml(s3Code) })),
      { statusCode: status, s3Code, code, retryable },
      s3Code,
    )
  }
})

t.test('classifies other responses by status', async t => {
  const table: [number, string | undefined, boolean][] = [
    [401, 'AVIO_ERR_CREDENTIALS', false],
    [403, 'AVIO_ERR_ACCESS_DENIED', false],
    [404, 'AVIO_ERR_NO_SUCH_KEY', false],
    [408, undefined, true],
    [416, 'AVIO_ERR_RANGE_NOT_SATISFIABLE', false],
    [500, undefined, true],
    [502, undefined, true],
    [503, undefined, true],
    [504, undefined, true],
    [505, undefined, false],
  ]
  for (const [status, code, retryable] of table) {
    for (const body of ['', '<html><body>Bad gateway</body></html>', '{"message":"no"}', 'not <xml']) {
      t.match(
        classifyError(await errorOf({ status, body })),
        { statusCode: status, code, retryable },
        `${status} ${body}`,
      )
    }
  }
})

t.test('classifies network errors', async t => {
  const table: [string, string | undefined, boolean][] = [
    ['ECONNREFUSED', 'AVIO_ERR_UNREACHABLE', true],
    ['EAI_AGAIN', 'AVIO_ERR_UNREACHABLE', true],
    ['EHOSTUNREACH', 'AVIO_ERR_UNREACHABLE', true],
    ['ENOTFOUND', 'AVIO_ERR_UNREACHABLE', false],
    ['CERT_HAS_EXPIRED', 'AVIO_ERR_UNREACHABLE', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'AVIO_ERR_UNREACHABLE', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'AVIO_ERR_UNREACHABLE', false],
    ['ECONNRESET', undefined, true],
    ['EPIPE', undefined, true],
    ['ETIMEDOUT', undefined, true],
    ['ERR_STREAM_PREMATURE_CLOSE', undefined, true],
    ['ENOENT', undefined, false],
  ]
  for (const [s3Code, code, retryable] of table) {
    const error = system(s3Code)
    t.match(classifyError(error), { s3Code, code, retryable, statusCode: undefined }, s3Code)
    const wrapped = Object.assign(new TypeError('fetch failed'), { cause: error })
    t.match(classifyError(wrapped), { s3Code, code, retryable }, `${s3Code}, from a fetch`)
  }
})

t.test('never retries any other error', async t => {
  for (const error of [
    undefined,
    null,
    'text',
    new Error('anything'),
    new OptionError('x', 'y', 'z'),
    new DOMException('aborted', 'AbortError'),
  ]) {
    t.match(classifyError(error), { retryable: false, code: undefined })
  }
  t.match(classifyError(Object.assign(new Error('none'), { name: 'CredentialsProviderError' })), {
    code: 'AVIO_ERR_CREDENTIALS',
    retryable: false,
  })
})

t.test('recognises the SDK’s checksum mismatch', async t => {
  const error = new Error(
    'Checksum mismatch: expected "a" but received "b" in response header "x-amz-checksum-crc32".',
  )
  t.match(classifyError(error), { code: 'AVIO_ERR_CHECKSUM_MISMATCH', retryable: false })
})

t.test('reads a plausible requested delay', async t => {
  const wait = async (value: string) =>
    classifyError(await errorOf({ status: 503, headers: { 'retry-after': value }, body: xml('SlowDown') }))
      .retryAfter
  t.equal(await wait('7'), 7000)
  t.equal(await wait('0'), undefined)
  t.equal(await wait('100000'), undefined)
  t.equal(await wait('Wed, 21 Oct 2026 07:28:00 GMT'), undefined)
})

t.test('names the region of a bucket elsewhere', async t => {
  const answers: FakeAnswer[] = [
    { status: 301, headers: { 'x-amz-bucket-region': 'eu-west-1' }, body: xml('PermanentRedirect') },
    { status: 400, body: xml('AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>') },
  ]
  for (const answer of answers) {
    t.match(classifyError(await errorOf(answer)), {
      remedy: 'Make the client with the region of the bucket. It is eu-west-1.',
    })
  }
})

t.test('reports the operation, the object, the service’s message and a remedy', async t => {
  const cause = await errorOf({ status: 404, headers: { 'x-amz-request-id': 'R1' }, body: xml('NoSuchKey') })
  const error = s3Error(cause, 'AVIO_ERR_READ_FAILED', { bucket: 'b', key: 'k', attempts: 1 }, 'Cannot read')
  t.match(error, {
    name: 'S3Error',
    code: 'AVIO_ERR_NO_SUCH_KEY',
    bucket: 'b',
    key: 'k',
    attempts: 1,
    statusCode: 404,
    s3Code: 'NoSuchKey',
    requestId: 'R1',
    cause,
    message:
      'Cannot read s3://b/k: NoSuchKey: so it is (HTTP 404). ' +
      'Check the key (it is case-sensitive and used as it is, never URL-decoded).',
  })
  const reset = s3Error(
    system('ECONNRESET'),
    'AVIO_ERR_READ_FAILED',
    { bucket: 'b', key: 'k' },
    'Cannot read',
  )
  t.match(reset, { code: 'AVIO_ERR_READ_FAILED', message: 'Cannot read s3://b/k: ECONNRESET.' })
  t.equal(
    s3Error(undefined, 'AVIO_ERR_READ_FAILED', {}, 'Cannot read').message,
    'Cannot read s3://?/: no reason reported.',
  )
})

t.test('says how often it has tried what another attempt could have mended', async t => {
  const fields = { bucket: 'b', key: 'k', attempts: 3 }
  const of = (status: number, code: string, max?: number) =>
    errorOf({ status, body: xml(code) }).then(cause =>
      s3Error(cause, 'AVIO_ERR_UPLOAD_FAILED', fields, 'Could not store', max),
    )
  t.match(await of(500, 'InternalError', 5), {
    message: /^Could not store s3:\/\/b\/k after 3 of 5 attempts: Internal/,
  })
  t.match(await of(500, 'InternalError'), {
    message: /^Could not store s3:\/\/b\/k after 3 attempts: Internal/,
  })
  t.match(await of(403, 'AccessDenied', 5), { message: /^Could not store s3:\/\/b\/k: AccessDenied/ })
})

t.test('tells a full store and an overloaded one, and what to do', async t => {
  for (const [status, code] of [
    [507, 'InsufficientStorage'],
    [507, 'XMinioStorageFull'],
    [403, 'QuotaExceeded'],
    [400, 'XMinioAdminBucketQuotaExceeded'],
  ] as const) {
    const failure = classifyError(await errorOf({ status, body: xml(code) }))
    t.match(failure, { code: undefined, remedy: /^The store is full, or a quota is reached/ }, code)
    t.equal(failure.retryable, status === 507, 'room may come, a quota stays')
  }
  for (const code of ['SlowDown', 'ServiceUnavailable', 'ThrottlingException'])
    t.match(
      classifyError(await errorOf({ status: 503, body: xml(code) })),
      { remedy: /^The store is overloaded/ },
      code,
    )
  t.match(classifyError(await errorOf({ status: 412, body: xml('PreconditionFailed') })), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
    remedy: /^The key has another object than the condition allows/,
  })
})

t.test('has a code for a client without a region, and reports every address of a host name', async t => {
  t.match(
    s3Error(
      new Error('Region is missing'),
      'AVIO_ERR_UPLOAD_FAILED',
      { bucket: 'b', key: 'k' },
      'Could not store',
    ),
    {
      code: 'AVIO_ERR_WRONG_REGION',
      message: /Region is missing\. Give the client a region/,
    },
  )
  const parts = ['10.0.0.1', '10.0.0.2'].map(address =>
    system('ECONNREFUSED', `connect ECONNREFUSED ${address}:443`),
  )
  const aggregate = Object.assign(new AggregateError(parts), { code: 'ECONNREFUSED' })
  t.match(s3Error(aggregate, 'AVIO_ERR_UPLOAD_FAILED', { bucket: 'b', key: 'k' }, 'Could not store'), {
    code: 'AVIO_ERR_UNREACHABLE',
    s3Code: 'ECONNREFUSED',
    message: /10\.0\.0\.1:443; connect ECONNREFUSED 10\.0\.0\.2:443/,
  })
})

t.test('recognises an abort by its name, whoever created it', async t => {
  t.ok(isAbortError(new DOMException('aborted', 'AbortError')))
  t.ok(isAbortError(Object.assign(new Error('Request aborted'), { name: 'AbortError' })))
  t.notOk(isAbortError(new Error('aborted')))
  t.notOk(isAbortError({ name: 'AbortError' }))
})

t.test('decides by the failure whether a job is worth a retry, if the code alone does not', async t => {
  const table: [number, string, string, boolean][] = [
    [503, 'SlowDown', 'AVIO_ERR_READ_FAILED', true],
    [400, 'InvalidArgument', 'AVIO_ERR_READ_FAILED', false],
    [501, 'NotImplemented', 'AVIO_ERR_READ_FAILED', false],
    [404, 'NoSuchKey', 'AVIO_ERR_NO_SUCH_KEY', false],
    [403, 'InvalidAccessKeyId', 'AVIO_ERR_CREDENTIALS', false],
    [403, 'RequestTimeTooSkewed', 'AVIO_ERR_CREDENTIALS', true],
    [400, 'ExpiredToken', 'AVIO_ERR_CREDENTIALS', true],
    [412, 'PreconditionFailed', 'AVIO_ERR_PRECONDITION_FAILED', false],
    [409, 'ConditionalRequestConflict', 'AVIO_ERR_PRECONDITION_FAILED', true],
  ]
  for (const [status, name, code, retryable] of table) {
    const cause = await errorOf({ status, body: xml(name) })
    t.match(s3Error(cause, 'AVIO_ERR_READ_FAILED', {}, 'Cannot read'), { code, retryable }, name)
  }
  const show = (cause: unknown) => s3Error(cause, 'AVIO_ERR_READ_FAILED', {}, 'Cannot read')
  const provider = Object.assign(new Error('none found'), { name: 'CredentialsProviderError' })
  t.match(show(provider), { code: 'AVIO_ERR_CREDENTIALS', retryable: true })
  t.match(show(system('ECONNRESET')), { code: 'AVIO_ERR_READ_FAILED', retryable: true })
  t.match(show(system('ENOTFOUND')), { code: 'AVIO_ERR_UNREACHABLE', retryable: true })
  t.match(show(new Error('of a middleware')), { code: 'AVIO_ERR_READ_FAILED', retryable: false })
})
