import t from 'tap'
import { ServiceError } from '../../../lib/testing/wire/service-error.js'

t.test('takes status and message from the code', async t => {
  t.match(new ServiceError('NoSuchKey'), {
    status: 404,
    message: 'The specified key does not exist.',
    fields: {},
  })
  t.match(new ServiceError('SlowDown'), { status: 503 })
})

t.test('overrides them by details', async t => {
  const error = new ServiceError('NoSuchKey', {
    status: 410,
    message: 'gone',
    fields: { Key: 'k' },
    headers: { a: 'b' },
  })
  t.match(error, {
    code: 'NoSuchKey',
    status: 410,
    message: 'gone',
    fields: { Key: 'k' },
    headers: { a: 'b' },
  })
})

t.test('treats an unknown code as a server error', async t => {
  t.match(new ServiceError('Teapot', { message: 'short and stout' }), {
    status: 500,
    message: 'short and stout',
  })
  t.match(new ServiceError('toString'), { status: 500 })
})
