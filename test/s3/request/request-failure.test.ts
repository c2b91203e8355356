import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { BrokenBody } from '../../../lib/io/fetch/range-body.js'
import { failureOf } from '../../../lib/s3/request/request-failure.js'

t.test('names a failure by status, request id and code, never by its message', async t => {
  const metadata = (httpStatusCode: number) => ({ $metadata: { httpStatusCode, requestId: 'id' } })
  const error = (more: object) => Object.assign(new Error('sesame'), more)
  for (const [thrown, statusCode, requestId, errorCode] of [
    [error({ name: 'SlowDown', ...metadata(503) }), 503, 'id', 'SlowDown'],
    [error({ name: 'UnknownError', ...metadata(503) }), 503, 'id', undefined],
    [error({ name: 'NotFound', ...metadata(404) }), 404, 'id', 'AVIO_ERR_NO_SUCH_KEY'],
    [error({ code: 'ECONNRESET' }), undefined, undefined, 'ECONNRESET'],
    [new BrokenBody('TimeoutError', 'sesame'), undefined, undefined, 'TimeoutError'],
    [new TypeError('sesame'), undefined, undefined, 'TypeError'],
    [
      new S3Error('AVIO_ERR_OBJECT_CHANGED', 'sesame', { statusCode: 412, requestId: 'id' }),
      412,
      'id',
      'AVIO_ERR_OBJECT_CHANGED',
    ],
  ] as const) {
    t.same(failureOf(thrown), { statusCode, requestId, errorCode }, String(errorCode))
  }
})
