import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { classifyError } from '../../../lib/s3/request/classify-error.js'
import {
  isAnswered,
  isUploadGone,
  isWorthRepeating,
  mayHaveTakenEffect,
  patience,
  unknownOutcome,
  uploadError,
} from '../../../lib/s3/upload/upload-errors.js'
import { target } from '../../support/upload-store.js'

/** An error as the SDK throws it. */
function answered(httpStatusCode: number, name = 'Unknown'): Error {
  return Object.assign(new Error('said the service'), { name, $metadata: { httpStatusCode } })
}
const broken = (code: string) => Object.assign(new Error(code), { code })
const timeout = Object.assign(new Error('silence'), { name: 'TimeoutError' })
const mine = target(new S3Client({ region: 'us-east-1' }))

t.test('knows that a refused or unsent request has no effect', async t => {
  for (const error of [
    answered(400, 'InvalidPart'),
    answered(403, 'AccessDenied'),
    answered(404, 'NoSuchUpload'),
    answered(412, 'PreconditionFailed'),
    answered(503, 'SlowDown'),
    answered(501, 'NotImplemented'),
    broken('ECONNREFUSED'),
    broken('ENOTFOUND'),
    broken('CERT_HAS_EXPIRED'),
    broken('ERR_INVALID_CHAR'),
    Object.assign(new Error('no keys'), { name: 'CredentialsProviderError' }),
  ]) {
    t.notOk(mayHaveTakenEffect(error), error.name + error.message)
  }
})

t.test('assumes that everything else may have taken effect', async t => {
  for (const error of [
    answered(500, 'InternalError'),
    answered(503, 'InternalError'),
    answered(400, 'InternalError'),
    answered(502),
    answered(408, 'RequestTimeout'),
    answered(200, 'SyntaxError'),
    broken('ECONNRESET'),
    broken('EPIPE'),
    timeout,
    new Error('whatever'),
    undefined,
  ]) {
    t.ok(mayHaveTakenEffect(error), String(error))
  }
})

t.test('treats any response as an answer, but not silence', async t => {
  t.ok(isAnswered(answered(500)))
  t.notOk(isAnswered(timeout))
  t.notOk(isAnswered(broken('ECONNRESET')))
})

t.test('recognises a missing upload by any 404 except the bucket’s', async t => {
  t.ok(isUploadGone(classifyError(answered(404, 'NoSuchUpload'))))
  t.ok(isUploadGone(classifyError(answered(404, 'NoSuchKey'))), 'the code of Ceph')
  t.notOk(isUploadGone(classifyError(answered(404, 'NoSuchBucket'))))
  t.notOk(isUploadGone(classifyError(answered(403, 'AccessDenied'))))
  t.notOk(isUploadGone(classifyError(timeout)))
})

t.test('retries corruption in transit like a broken connection, but not a refusal', async t => {
  t.ok(isWorthRepeating(answered(400, 'BadDigest')))
  t.ok(isWorthRepeating(answered(400, 'XAmzContentSHA256Mismatch')))
  t.ok(isWorthRepeating(new S3Error('AVIO_ERR_CHECKSUM_MISMATCH', 'other bytes')))
  t.ok(isWorthRepeating(timeout))
  t.ok(isWorthRepeating(answered(500)))
  t.notOk(isWorthRepeating(answered(403)))
  t.notOk(isWorthRepeating(new S3Error('AVIO_ERR_BAD_RESPONSE', 'no id')))
})

t.test('honours the delay requested by the service', async t => {
  const error = Object.assign(answered(503, 'SlowDown'), { $response: { headers: { 'retry-after': '2' } } })
  t.equal(patience(3).retryAfter?.(error), 2000)
  t.equal(patience(3).maxAttempts, 3)
})

t.test('reports the operation, the object and the service’s error', async t => {
  const fields = { operation: 'UploadPart', uploadId: 'u', partNumber: 3, byteOffset: 10, attempts: 2 }
  const error = uploadError(answered(500, 'InternalError'), mine, fields, 'Could not upload part 3 of')
  t.match(error, {
    ...fields,
    code: 'AVIO_ERR_UPLOAD_FAILED',
    bucket: 'uploads',
    key: 'k',
    statusCode: 500,
    s3Code: 'InternalError',
    message: /^Could not upload part 3 of s3:\/\/uploads\/k after 2 of 3 attempts: /,
  })
  t.match(error.cause, { message: 'said the service' })
  t.equal(uploadError(error, mine, fields, 'again'), error, 'an error is not wrapped twice')
})

t.test('does not report a missing upload as a missing key', async t => {
  const fields = { operation: 'UploadPart', uploadId: 'u' }
  t.match(uploadError(answered(404, 'NoSuchKey'), mine, fields, 'Could not upload part 1 of'), {
    code: 'AVIO_ERR_UPLOAD_FAILED',
    message: /lifecycle rule/,
    retryable: true,
    s3Code: 'NoSuchKey',
  })
  t.match(uploadError(answered(404, 'NoSuchBucket'), mine, fields, 'x'), { code: 'AVIO_ERR_NO_SUCH_BUCKET' })
})

t.test('names a server without CRC32 support as a cause, unless none was sent', async t => {
  const fields = { operation: 'CreateMultipartUpload' }
  for (const error of [
    answered(501, 'NotImplemented'),
    answered(400, 'InvalidArgument'),
    answered(400, 'InvalidPart'),
  ]) {
    t.match(uploadError(error, mine, fields, 'x').message, /set the option "checksum" to "md5"/)
    t.notMatch(uploadError(error, { ...mine, checksum: 'md5' }, fields, 'x').message, /option "checksum"/)
  }
  t.notMatch(uploadError(answered(403, 'AccessDenied'), mine, fields, 'x').message, /option "checksum"/)
})

t.test('reports an unknown outcome, and keeps the cause', async t => {
  const fields = { operation: 'PutObject', attempts: 3 }
  const failure = uploadError(timeout, mine, fields, 'Could not store')
  const error = unknownOutcome(failure, mine, fields)
  t.match(error, {
    ...fields,
    code: 'AVIO_ERR_OUTCOME_UNKNOWN',
    bucket: 'uploads',
    message: /^It is unknown whether/,
  })
  t.equal(error.cause, failure)
})
