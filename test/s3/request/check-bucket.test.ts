import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { checkBucket, isBucketFault, noteBucket } from '../../../lib/s3/request/check-bucket.js'
import { LocalS3 } from '../../../lib/testing/index.js'

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const looks = () => s3.calls.filter(({ operation }) => operation === 'HeadBucket').length
  return { s3, client, looks }
}

t.test('finds a missing bucket, until it is made', async t => {
  const { s3, client, looks } = await open(t)
  const missing = {
    ...{ name: 'S3Error', code: 'AVIO_ERR_NO_SUCH_BUCKET', bucket: 'wbe', operation: 'HeadBucket' },
    ...{ statusCode: 404, retryable: false },
    message:
      /^The bucket "wbe" does not exist \(HeadBucket: HTTP 404\)\. Check the bucket, and that the client/,
  }
  await t.rejects(checkBucket(client, 'wbe'), missing)
  await t.rejects(checkBucket(client, 'wbe'), missing)
  s3.createBucket('wbe')
  await checkBucket(client, 'wbe')
  t.equal(looks(), 3)
})

t.test('looks once for a client and a bucket, however many ask', async t => {
  const { s3, client, looks } = await open(t)
  await Promise.all(Array.from({ length: 20 }, () => checkBucket(client, 'web')))
  for (let n = 0; n < 20; n++) await checkBucket(client, 'web')
  t.equal(looks(), 1)
  const other = new S3Client(s3.clientConfig())
  t.teardown(() => other.destroy())
  await checkBucket(other, 'web')
  t.equal(looks(), 2, 'another client may point elsewhere')
  noteBucket(other, 'noted')
  await checkBucket(other, 'noted')
  t.equal(looks(), 2)
})

/** Answers that tell nothing, and how many requests two looks take. */
const SILENT: readonly [answer: { status: number; code?: string }, requests: number][] = [
  [{ status: 403, code: 'AccessDenied' }, 1],
  [{ status: 401 }, 1],
  [{ status: 400 }, 1],
  [{ status: 405 }, 1],
  [{ status: 501 }, 1],
  [{ status: 301 }, 1],
  [{ status: 503 }, 2],
  [{ status: 500 }, 2],
]

t.test('takes no other answer for a failure, and asks again only what may pass', async t => {
  for (const [answer, requests] of SILENT) {
    const { s3, client, looks } = await open(t)
    s3.fault({ operation: 'HeadBucket', times: 2, ...answer })
    await checkBucket(client, 'web')
    await checkBucket(client, 'web')
    t.equal(looks(), requests, String(answer.status))
  }
  const { s3, client } = await open(t)
  await s3.close()
  await checkBucket(client, 'web')
})

t.test('tells the region in which the store says the bucket is', async t => {
  const server = createServer((_, response) => {
    response.writeHead(301, { 'x-amz-bucket-region': 'eu-north-1' }).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const endpoint = `http://127.0.0.1:${port}`
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  await t.rejects(checkBucket(client, 'web'), {
    code: 'AVIO_ERR_WRONG_REGION',
    message:
      /^The bucket "web" is in another region .* Make the client with the region .* It is eu-north-1\.$/,
  })
})

t.test('stops at the signal, and leaves the look to those who still wait', async t => {
  const { s3, client, looks } = await open(t)
  const gone = new AbortController()
  await t.rejects(checkBucket(client, 'web', AbortSignal.abort()), { name: 'AbortError' })
  t.equal(looks(), 0)
  const held = s3.fault({ operation: 'HeadBucket', hold: true })
  const first = checkBucket(client, 'web', gone.signal)
  const second = checkBucket(client, 'web')
  const third = checkBucket(client, 'web', gone.signal)
  await held.reached
  gone.abort()
  await t.rejects(first, { name: 'AbortError' })
  await t.rejects(third, { name: 'AbortError' })
  held.release()
  await second
  t.equal(looks(), 2)
})

t.test('knows the faults of a bucket', t => {
  for (const [code, is] of [
    ['AVIO_ERR_NO_SUCH_BUCKET', true],
    ['AVIO_ERR_WRONG_REGION', true],
    ['AVIO_ERR_ACCESS_DENIED', false],
  ] as const)
    t.equal(isBucketFault(new S3Error(code, 'x')), is)
  t.equal(isBucketFault(new Error('x')), false)
  t.end()
})
