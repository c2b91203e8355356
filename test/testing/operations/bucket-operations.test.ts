import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { startS3 } from '../support.js'

t.test('creates and deletes buckets', async t => {
  const { client } = await startS3(t, { region: 'eu-west-1' })
  await client.send(new CreateBucketCommand({ Bucket: 'another' }))
  const { Buckets } = await client.send(new ListBucketsCommand({}))
  t.same(
    Buckets?.map(bucket => bucket.Name),
    ['another', 'box'],
  )
  await t.rejects(client.send(new CreateBucketCommand({ Bucket: 'box' })), {
    name: 'BucketAlreadyOwnedByYou',
  })
  const head = await client.send(new HeadBucketCommand({ Bucket: 'box' }))
  t.equal(head.BucketRegion, 'eu-west-1')
  const location = await client.send(new GetBucketLocationCommand({ Bucket: 'box' }))
  t.equal(location.LocationConstraint, 'eu-west-1')
  await client.send(new DeleteBucketCommand({ Bucket: 'another' }))
  await t.rejects(client.send(new HeadBucketCommand({ Bucket: 'another' })), { name: 'NotFound' })
})

t.test('keeps a bucket that is not empty', async t => {
  const { s3, client } = await startS3(t)
  await s3.put('box', 'k', 'x')
  await t.rejects(client.send(new DeleteBucketCommand({ Bucket: 'box' })), { name: 'BucketNotEmpty' })
  t.same(s3.keys('box'), ['k'])
})

t.test('returns no location for us-east-1', async t => {
  const { client } = await startS3(t)
  t.equal((await client.send(new GetBucketLocationCommand({ Bucket: 'box' }))).LocationConstraint, undefined)
})

t.test('switches versioning, after which a delete leaves a marker', async t => {
  const { s3, client } = await startS3(t)
  const at = { Bucket: 'box', Key: 'k' }
  t.equal((await client.send(new GetBucketVersioningCommand({ Bucket: 'box' }))).Status, undefined)
  await client.send(
    new PutBucketVersioningCommand({ Bucket: 'box', VersioningConfiguration: { Status: 'Enabled' } }),
  )
  t.equal((await client.send(new GetBucketVersioningCommand({ Bucket: 'box' }))).Status, 'Enabled')
  const { VersionId } = await client.send(new PutObjectCommand({ ...at, Body: 'one' }))
  const deleted = await client.send(new DeleteObjectCommand(at))
  t.equal(deleted.DeleteMarker, true)
  await t.rejects(client.send(new GetObjectCommand(at)), { name: 'NoSuchKey' })
  const old = await client.send(new GetObjectCommand({ ...at, VersionId: VersionId! }))
  t.equal(await old.Body?.transformToString(), 'one')
  await client.send(new DeleteObjectCommand({ ...at, VersionId: deleted.VersionId! }))
  t.same(await s3.get('box', 'k'), Buffer.from('one'))
})
