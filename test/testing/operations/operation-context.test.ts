import { HeadBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import t from 'tap'
import { ACCOUNT_ID } from '../../../lib/testing/operations/operation-context.js'
import { startS3 } from '../support.js'

t.test('reports a missing bucket by name', async t => {
  const { client } = await startS3(t)
  await t.rejects(client.send(new ListObjectsV2Command({ Bucket: 'nowhere' })), { name: 'NoSuchBucket' })
})

t.test('refuses a bucket with an owner other than expected', async t => {
  const { s3, client } = await startS3(t)
  const head = (ExpectedBucketOwner: string) =>
    client.send(new HeadBucketCommand({ Bucket: 'box', ExpectedBucketOwner }))
  await head(ACCOUNT_ID)
  await t.rejects(head('210987654321'))
  t.match(
    s3.calls.map(call => call.status),
    [200, 403],
  )
})
