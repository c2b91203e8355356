import { once } from 'node:events'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { LocalS3, type LocalS3Options } from '../../lib/testing/index.js'

async function start(t: Test, options: LocalS3Options = {}) {
  const s3 = await LocalS3.start({ buckets: ['box'], ...options })
  const client = new S3Client({ ...s3.clientConfig(), maxAttempts: 1 })
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  return { s3, client }
}

t.test('what a client puts it gets back, and the log tells of both', async t => {
  const { s3, client } = await start(t)
  await client.send(new PutObjectCommand({ Bucket: 'box', Key: 'k', Body: 'hello' }))
  const got = await client.send(new GetObjectCommand({ Bucket: 'box', Key: 'k', Range: 'bytes=1-3' }))
  t.equal(await got.Body?.transformToString(), 'ell')
  await s3.idle()
  t.match(s3.calls, [
    { operation: 'PutObject', bucket: 'box', key: 'k', status: 200, bytesIn: 5, bytesOut: 0, aborted: false },
    { operation: 'GetObject', range: 'bytes=1-3', status: 206, bytesIn: 0, bytesOut: 3, aborted: false },
  ])
})

t.test('a Complete whose answer is lost took effect', async t => {
  const { s3, client } = await start(t)
  const at = { Bucket: 'box', Key: 'k' }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
  const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'part' }))
  const fault = s3.fault({ operation: 'CompleteMultipartUpload', reset: true, performed: true })
  const complete = new CompleteMultipartUploadCommand({
    ...at,
    UploadId,
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
  })
  await t.rejects(client.send(complete), { code: 'ECONNRESET' })
  t.equal(fault.hits, 1)
  t.same(await s3.get('box', 'k'), Buffer.from('part'))
  t.same(s3.uploads('box'), [])
})

t.test('a held call waits for its release', async t => {
  const { s3, client } = await start(t)
  await s3.put('box', 'k', 'bytes')
  const fault = s3.fault({ operation: 'HeadObject', hold: true })
  const head = client.send(new HeadObjectCommand({ Bucket: 'box', Key: 'k' }))
  t.match(await fault.reached, { operation: 'HeadObject', status: undefined })
  fault.release()
  t.equal((await head).ContentLength, 5)
})

t.test('closing ends what is stalled and leaves no connection', async t => {
  const { s3, client } = await start(t)
  await s3.put('box', 'k', Buffer.alloc(1000))
  const fault = s3.fault({ operation: 'GetObject', stall: 10 })
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'box', Key: 'k' }))
  const body = Body as NodeJS.ReadableStream
  const failed = once(body, 'error')
  body.resume()
  await fault.reached
  await s3.close()
  await failed
  t.equal(s3.openSockets, 0)
  t.match(s3.calls, [{ operation: 'GetObject', fault: 'stall', aborted: true }])
})
