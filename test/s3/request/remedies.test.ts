import t from 'tap'
import { isRegionMissing, pathStyleRemedy, remedyOf } from '../../../lib/s3/request/remedies.js'
import { setSendMark } from '../../../lib/s3/request/send-mark.js'

const SENT = {
  unsent: false,
  protocol: 'http:',
  hadCredentials: true,
  hasWorked: true,
  isUnsigned: false,
}

const system = (code: string, more: object = {}) =>
  Object.assign(new Error(`said ${code}`), { code, ...more })

t.test('names AWS_REGION if the region is missing', async t => {
  t.match(remedyOf(new Error('Region is missing'), 'AVIO_ERR_WRONG_REGION'), /AWS_REGION/)
  t.ok(isRegionMissing(new Error('Region not accepted: region="" is not a valid hostname component.')))
  t.notOk(isRegionMissing(new Error('no')))
})

t.test('names the scheme that the port speaks', async t => {
  t.match(remedyOf(system('ERR_SSL_WRONG_VERSION_NUMBER'), 'AVIO_ERR_UNREACHABLE'), /http:\/\//)
  const html = (title: string) =>
    Object.assign(new Error('UnknownError'), { $metadata: { httpStatusCode: 400 }, head: { title } })
  t.match(remedyOf(html('400 The plain HTTP request was sent to HTTPS port'), undefined), /https:\/\//)
  t.equal(remedyOf(html('400 Bad Request'), undefined), '')
  const go = Object.assign(new Error('x'), {
    $metadata: { httpStatusCode: 400 },
    $responseBodyText: 'Client sent an HTTP request to an HTTPS server.',
  })
  t.match(remedyOf(go, undefined), /https:\/\//)
})

t.test('names https for a port that hangs up on http, unless it has responded before', async t => {
  for (const code of ['ECONNRESET', 'EPIPE', 'ECONNABORTED']) {
    for (const hasWorked of [false, true]) {
      const error = Object.assign(new Error('socket hang up'), { code })
      setSendMark(error, { ...SENT, hasWorked })
      t.equal(remedyOf(error, undefined).includes('https://'), !hasWorked, code)
    }
  }
})

t.test('names the limit of the process', async t => {
  for (const code of ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL']) {
    t.match(remedyOf(system(code), 'AVIO_ERR_UNREACHABLE'), /ulimit -n/)
  }
})

t.test('names forcePathStyle if a bucket’s host has no DNS name, or no certificate', async t => {
  const missing = (hostname: string) => system('ENOTFOUND', { syscall: 'getaddrinfo', hostname })
  t.match(
    pathStyleRemedy(missing('web.minio.test'), 'web'),
    /web\.minio\.test: create it with forcePathStyle/,
  )
  t.match(
    pathStyleRemedy(system('ERR_TLS_CERT_ALTNAME_INVALID', { host: 'web.minio.test' }), 'web'),
    /forcePathStyle/,
  )
  t.equal(pathStyleRemedy(missing('minio.test'), 'web'), undefined)
  t.equal(pathStyleRemedy(missing('web.s3.eu-west-9.amazonaws.com'), 'web'), undefined)
  t.equal(pathStyleRemedy(system('ECONNREFUSED'), 'web'), undefined)
  t.equal(pathStyleRemedy(missing('web.minio.test'), undefined), undefined)
})

t.test(
  'names payloadSigning if an unsigned payload may be the reason, whatever the store calls it',
  async t => {
    const refused = (name: string, isUnsigned: boolean) => {
      const error = Object.assign(new Error('no'), { name, $metadata: { httpStatusCode: 400 } })
      setSendMark(error, { ...SENT, isUnsigned })
      return remedyOf(error, name === 'AccessDenied' ? 'AVIO_ERR_ACCESS_DENIED' : undefined)
    }
    for (const name of [
      'AccessDenied',
      'InvalidArgument',
      'InvalidDigest',
      'InvalidRequest',
      'NotImplemented',
      'SignatureDoesNotMatch',
      'XAmzContentSHA256Mismatch',
    ]) {
      t.match(refused(name, true), /was not signed: .*set the option "payloadSigning" to "signed"\.$/, name)
      t.notMatch(refused(name, false), /payloadSigning/, `${name}, signed`)
    }
    t.match(refused('AccessDenied', true), /^Check the credentials and the bucket policy/)
    for (const name of ['NoSuchBucket', 'SlowDown', 'PreconditionFailed'])
      t.notMatch(refused(name, true), /payloadSigning/, name)
  },
)
