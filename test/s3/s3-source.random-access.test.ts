import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { KiB } from '../../lib/options.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { randomAccessSuite } from '../support/random-access-suite.js'

// The suite's reads are larger than these parts, so that most reads take several.
for (const partSize of [undefined, 100 * KiB]) {
  randomAccessSuite(
    t,
    partSize === undefined ? 'an object in S3' : 'an object in S3, by parts',
    async (t, bytes) => {
      const s3 = await LocalS3.start({ buckets: ['bucket'] })
      const client = new S3Client(s3.clientConfig())
      t.teardown(async () => {
        client.destroy()
        await s3.close()
      })
      await s3.put('bucket', 'k', bytes)
      return new S3Source({ client, uri: 's3://bucket/k', partSize })
    },
    'AVIO_ERR_RANGE_NOT_SATISFIABLE',
  )
}
