import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { PinnedObject } from '../../lib/s3/pinned-object.js'
import { readOptions } from '../../lib/s3/read/read-options.js'
import { LocalS3 } from '../../lib/testing/index.js'

t.test('reads one version for all objects that share a pin, in any order', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('bucket', 'k', '0123456789')
  const target = readOptions({ client, uri: 's3://bucket/k' }, 'it')
  const one = new PinnedObject(target)
  const other = new PinnedObject(target, one.pin)
  t.equal(await other.size(), 10)
  t.equal(one.info, other.info)
  await s3.put('bucket', 'k', '9876543210')
  await t.rejects(one.read(0, 1)[Symbol.asyncIterator]().next(), { code: 'AVIO_ERR_OBJECT_CHANGED' })
  t.equal(await new PinnedObject(target).size(), 10, 'an object with its own pin reads the new version')
})
