import t from 'tap'
import { HANDLERS } from '../../../lib/testing/operations/handlers.js'
import { S3_OPERATIONS } from '../../../lib/testing/wire/operation.js'
import { sendRaw, startS3 } from '../support.js'

t.test('has one handler per operation; HEAD shares the handler of GET', async t => {
  t.same(Object.keys(HANDLERS).sort(), [...S3_OPERATIONS].sort())
  t.equal(new Set(Object.values(HANDLERS)).size, S3_OPERATIONS.length - 1)
  t.equal(HANDLERS.HeadObject, HANDLERS.GetObject)
})

t.test('reports operations that it does not implement, by name', async t => {
  const { s3 } = await startS3(t)
  for (const [method, path] of [
    ['PUT', '/box/k?acl='],
    ['GET', '/box?policy='],
    ['PATCH', '/box/k'],
  ] as const) {
    t.match(await sendRaw(s3, { method, path }), { status: 501, code: 'NotImplemented' }, `${method} ${path}`)
  }
  t.equal(s3.head('box', 'k'), undefined)
})
