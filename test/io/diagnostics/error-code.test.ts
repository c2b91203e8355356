import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { errorCodeOf } from '../../../lib/io/diagnostics/error-code.js'

t.test('names an error by its code or its class, never by its message', async t => {
  const secret = 'https://host/?X-Amz-Signature=sesame'
  t.equal(errorCodeOf(new S3Error('AVIO_ERR_READ_FAILED', secret)), 'AVIO_ERR_READ_FAILED')
  t.equal(errorCodeOf(Object.assign(new Error(secret), { code: 'ECONNRESET' })), 'ECONNRESET')
  t.equal(errorCodeOf(Object.assign(new Error(secret), { code: 7 })), 'Error')
  t.equal(errorCodeOf(new TypeError(secret)), 'TypeError')
  t.equal(errorCodeOf(secret), 'string')
  t.equal(errorCodeOf(null), 'object')
  t.equal(errorCodeOf(undefined), 'undefined')
})
