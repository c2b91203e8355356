import t from 'tap'
import { SourceError } from '../../../lib/errors.js'
import { BrokenBody, OverlongBody } from '../../../lib/io/fetch/range-body.js'
import { httpError, isRetryable, StatusError } from '../../../lib/io/sources/http-errors.js'

const fields = { source: 'http://x/y', byteOffset: 7, attempts: 3 }

function coded(code: string, message = 'it broke'): Error {
  return Object.assign(new Error(message), { code })
}

t.test('retries temporary failures', async t => {
  const status = (code: number) => new StatusError(code, undefined)
  for (const error of [
    ...[408, 429, 500, 502, 503, 504].map(status),
    new BrokenBody('TimeoutError', 'silent'),
    ...['ECONNRESET', 'ECONNREFUSED', 'EAI_AGAIN', 'HPE_INVALID_CONSTANT', 'ERR_STREAM_PREMATURE_CLOSE'].map(
      code => coded(code),
    ),
  ]) {
    t.equal(isRetryable(error), true, String(error))
  }
  for (const error of [
    ...[304, 400, 401, 403, 404, 405, 410, 412, 416, 451, 501, 505].map(status),
    new OverlongBody(),
    new SourceError('AVIO_ERR_SOURCE_CHANGED', 'no'),
    ...[
      'ENOTFOUND',
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'EPROTO',
    ].map(code => coded(code)),
    Object.assign(coded('ABORT_ERR'), { name: 'AbortError' }),
    new TypeError('a slip of ours'),
    undefined,
  ]) {
    t.equal(isRetryable(error), false, String(error))
  }
})

t.test('honours a plausible wait requested by the server', async t => {
  const asked = (header?: string) => new StatusError(503, header).retryAfter
  t.equal(asked('2'), 2000)
  for (const header of [undefined, '', '0', '-1', '301', 'Wed, 21 Oct 2015 07:28:00 GMT'])
    t.equal(asked(header), undefined)
})

t.test('maps a status to a code, with fields and cause', async t => {
  for (const [status, code, retryable = false] of [
    [400, 'AVIO_ERR_SOURCE_READ'],
    [401, 'AVIO_ERR_SOURCE_DENIED'],
    [403, 'AVIO_ERR_SOURCE_DENIED'],
    [404, 'AVIO_ERR_SOURCE_NOT_FOUND'],
    [410, 'AVIO_ERR_SOURCE_NOT_FOUND'],
    [416, 'AVIO_ERR_SOURCE_RANGE'],
    [503, 'AVIO_ERR_SOURCE_READ', true],
  ] as const) {
    const cause = new StatusError(status, undefined)
    const error = httpError(cause, fields, 3)
    t.match(error, { ...fields, code, statusCode: status, retryable, cause })
  }
  t.match(httpError(coded('ENOTFOUND'), fields, 3), { code: 'AVIO_ERR_SOURCE_READ', retryable: true })
  t.match(httpError(new StatusError(403, undefined), fields, 3).message, /presigned URL may have expired/)
})

t.test('states the attempts if retries were allowed, and the code of an error without a message', async t => {
  t.equal(
    httpError(coded('ECONNRESET'), fields, 8).message,
    'Cannot read from byte 7 of http://x/y after 3 of 8 attempts: it broke.',
  )
  t.equal(
    httpError(coded('ENOTFOUND', ''), fields, 8).message,
    'Cannot read from byte 7 of http://x/y: ENOTFOUND.',
  )
  const ours = new SourceError('AVIO_ERR_SOURCE_CHANGED', 'changed')
  t.equal(httpError(ours, fields, 8), ours)
})
