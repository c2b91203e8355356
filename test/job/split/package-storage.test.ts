import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { packageRequest, packageStorage } from '../../../lib/job/split/package-storage.js'

const PLACE = { bucket: 'web', prefix: 'talk/', targetDuration: 2, layout: 'segments' } as const

t.test('gives each object the properties of the plan', async t => {
  t.same(packageRequest(PLACE), {})
  const stored = { storageClass: 'STANDARD_IA', serverSideEncryption: 'aws:kms', kmsKeyId: 'k' }
  t.same(packageRequest({ ...PLACE, ...stored }), {
    ...{ StorageClass: 'STANDARD_IA', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'k' },
  })
  const client = new S3Client({ region: 'us-east-1' })
  t.throws(() => packageStorage({ ...PLACE, bucket: '' }, client), {
    code: 'AVIO_ERR_OPTION',
    option: 'bucket',
  })
  t.ok(packageStorage({ ...PLACE, ...stored }, client))
  client.destroy()
})
