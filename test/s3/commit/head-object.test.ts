import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { headObject } from '../../../lib/s3/commit/head-object.js'
import { LocalS3 } from '../../../lib/testing/index.js'

t.test('looks at an object, or at none', async t => {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const at = { bucket: 'web', key: 'k' }
  t.equal(await headObject(client, at), undefined)
  const { etag } = await s3.put('web', 'k', 'abc')
  t.match(await headObject(client, at), { etag, size: 3, metadata: {} })

  s3.fault({ operation: 'HeadObject', status: 503 })
  t.match(await headObject(client, at), { etag }, 'tries again what may pass')
  s3.fault({ operation: 'HeadObject', status: 403, code: 'AccessDenied' })
  await t.rejects(headObject(client, at), { code: 'AVIO_ERR_ACCESS_DENIED', ...at, attempts: 1 })
  s3.fault({ operation: 'HeadObject', answerHeaders: { etag: undefined } })
  await t.rejects(headObject(client, at), { code: 'AVIO_ERR_BAD_RESPONSE', ...at })

  await t.rejects(headObject(client, { bucket: 'wbe', key: 'k' }), {
    ...{ code: 'AVIO_ERR_NO_SUCH_BUCKET', bucket: 'wbe' },
  })
  t.equal(await headObject(client, { bucket: 'web', key: 'none' }), undefined)
  const looks = s3.calls.filter(({ operation }) => operation === 'HeadBucket')
  t.same(
    looks.map(({ bucket }) => bucket),
    ['web', 'wbe'],
    'one look for a bucket that exists',
  )

  const { signal } = new AbortController()
  t.match(await headObject(client, at, { signal }), { etag })
  await t.rejects(headObject(client, at, { signal: AbortSignal.abort() }), { name: 'AbortError' })
})
