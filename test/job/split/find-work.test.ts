import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { findWork } from '../../../lib/job/split/find-work.js'
import { LocalS3 } from '../../../lib/testing/index.js'

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['work'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  return { s3, client, bucket: 'work' }
}

const HASHES = ['a', 'b', 'c'].map(letter => letter.repeat(64))

t.test('finds the work of each plan, objects and uploads, and nothing else', async t => {
  const { s3, client, bucket } = await open(t)
  const [a, b, c] = HASHES.map(hash => `w/${hash}/`)
  for (const key of [
    ...[`${a}chunk-00000.json`, `${a}chunk-00000/x.mp4`, `${b}x/y`],
    // None of these is of the form of a plan's work.
    ...['w/readme', 'w/x/', `w/${'a'.repeat(63)}/x`, `w/${'a'.repeat(65)}/x`, `w/${'A'.repeat(64)}/x`],
    ...[`w/${'a'.repeat(64)}`, `w/x/${'a'.repeat(64)}/x`, `${'a'.repeat(64)}/x`, `v/${'a'.repeat(64)}/x`],
  ])
    await s3.put(bucket, key, '12345')
  for (const Key of [`${b}audio/1.mp4`, `${c}audio/1.mp4`, 'w/other'])
    await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }))
  const found = await findWork({ client, bucket, prefix: 'w/', olderThan: 0 })
  t.match(found, [
    { prefix: a, newest: Date, objects: 2, bytes: 10, uploads: 0, isUsed: false },
    { prefix: b, newest: Date, objects: 1, bytes: 5, uploads: 1, isUsed: false },
    { prefix: c, newest: Date, objects: 0, bytes: 0, uploads: 1, isUsed: false },
  ])
  t.equal(found.length, 3)
  t.match(await findWork({ client, bucket, prefix: 'w/', only: b!, olderThan: 0 }), [{ prefix: b }])
  t.match(await findWork({ client, bucket, prefix: '', olderThan: 0 }), [{ prefix: `${'a'.repeat(64)}/` }])
})

t.test('calls work used if an object or an upload is young, by the store’s clock', async t => {
  const { s3, client, bucket } = await open(t)
  const [a, b] = HASHES.map(hash => `w/${hash}/`)
  await s3.put(bucket, `${a}x`, '1')
  await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: `${b}x` }))
  // The SDK goes by a clock that differs more, and the server then refuses its requests.
  const [limit, shift] = [200_000, 280_000]
  const usedOf = async () =>
    (await findWork({ client, bucket, prefix: 'w/', olderThan: limit })).map(({ isUsed }) => isUsed)
  t.same(await usedOf(), [true, true])
  const date = new Date(Date.now() + shift).toUTCString()
  for (const [operation, used] of [
    ['ListObjectsV2', [false, true]],
    ['ListMultipartUploads', [true, false]],
  ] as const) {
    s3.fault({ operation, answerHeaders: { date }, times: Infinity })
    t.same(await usedOf(), used, operation)
    s3.clearFaults()
  }
})
