import t from 'tap'
import { isRegionMissing, pathStyleRemedy, remedyOf } from '../../../lib/s3/request/remedies.js'
import { setSendMark } from '../../../lib/s3/request/send-mark.js'

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
      setSendMark(error, { unsent: false, protocol: 'http:', hadCredentials: true, hasWorked })
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
