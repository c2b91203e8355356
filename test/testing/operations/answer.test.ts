import t from 'tap'
import {
  errorAnswer,
  errorOfStatus,
  toServiceError,
  xmlAnswer,
} from '../../../lib/testing/operations/answer.js'
import { ServiceError } from '../../../lib/testing/wire/service-error.js'

t.test('sends an error like S3: code, message, fields, resource, request', async t => {
  const error = new ServiceError('InvalidRange', {
    fields: { ActualObjectSize: 5 },
    headers: { 'content-range': 'bytes */5' },
  })
  const answer = errorAnswer(error, '/box/a&b', 'ID1')
  t.equal(answer.status, 416)
  t.same(answer.headers, { 'content-range': 'bytes */5', 'content-type': 'application/xml' })
  t.equal(
    answer.body,
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InvalidRange</Code>' +
      '<Message>The requested range is not satisfiable.</Message><ActualObjectSize>5</ActualObjectSize>' +
      '<Resource>/box/a&amp;b</Resource><RequestId>ID1</RequestId><HostId>local-s3</HostId></Error>',
  )
})

t.test('finds a code for a bare status', async t => {
  t.match(errorOfStatus({ status: 503 }), { code: 'SlowDown', status: 503, headers: {} })
  t.match(errorOfStatus({ status: 409 }), { code: 'ConditionalRequestConflict', status: 409 })
  t.match(errorOfStatus({ status: 418 }), { code: 'InternalError', status: 418 })
  t.match(errorOfStatus({ status: 500, code: 'Odd', message: 'm', retryAfter: 7 }), {
    code: 'Odd',
    status: 500,
    message: 'm',
    headers: { 'retry-after': '7' },
  })
})

t.test('turns any thrown value into a response', async t => {
  const own = new ServiceError('NoSuchKey')
  t.equal(toServiceError(own), own)
  t.match(toServiceError(new TypeError('oops')), { code: 'InternalError', status: 500, message: 'oops' })
  t.match(toServiceError('text'), { code: 'InternalError', message: 'text' })
})

t.test('sends XML as XML', async t => {
  t.match(xmlAnswer('A', { B: 1 }), {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: /<B>1<\/B>/,
  })
})
