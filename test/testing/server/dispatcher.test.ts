import { Agent } from 'node:http'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { sendRaw, startS3 } from '../support.js'

t.test('logs a call from its headers on, and fills it in along the way', async t => {
  const { s3, client } = await startS3(t)
  const fault = s3.fault({ operation: 'PutObject', hold: true, performed: true })
  const put = client.send(new PutObjectCommand({ Bucket: 'box', Key: 'a/b', Body: 'bytes' }))
  const call = await fault.reached
  t.equal(s3.calls[0], call)
  t.match(call, {
    operation: 'PutObject',
    method: 'PUT',
    url: '/box/a/b?x-id=PutObject',
    bucket: 'box',
    key: 'a/b',
    fault: 'hold',
    status: undefined,
    endedAt: undefined,
  })
  t.equal(call.headers['x-amz-sdk-checksum-algorithm'], 'CRC32')
  t.same(s3.openCalls, [call])
  fault.release()
  await put
  await s3.idle()
  t.match(call, { status: 200, bytesIn: 5, errorCode: undefined, aborted: false })
  t.ok(call.endedAt! >= call.startedAt)
  t.same(s3.openCalls, [])
})

t.test('records the connection of each call', async t => {
  const { s3 } = await startS3(t)
  await s3.put('box', 'k', 'bytes')
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 })
  const client = new S3Client({ ...s3.clientConfig(), requestHandler: { httpAgent } })
  t.teardown(() => {
    client.destroy()
    httpAgent.destroy()
  })
  const get = async () => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'box', Key: 'k' }))
    await Body?.transformToString()
  }
  await get()
  await get()
  await sendRaw(s3, { path: '/box/k' })
  t.same(
    s3.calls.map(call => call.connection),
    [1, 1, 2],
  )
})

t.test('logs and responds to an unreadable request', async t => {
  const { s3 } = await startS3(t)
  t.match(await sendRaw(s3, { path: '/box/%zz', unsigned: true }), { status: 400, code: 'InvalidURI' })
  t.match(s3.calls, [{ operation: undefined, url: '/box/%zz', status: 400, errorCode: 'InvalidURI' }])
})

t.test('gives every response its own request id', async t => {
  const { s3 } = await startS3(t)
  const ids = []
  for (const path of ['/', '/box/never', '/box']) {
    const { headers, body } = await sendRaw(s3, { path })
    const id = headers['x-amz-request-id'] as string
    t.match(id, /^[0-9A-Z]{16}$/)
    if (path === '/box/never') t.match(body.toString(), `<RequestId>${id}</RequestId>`)
    ids.push(id)
  }
  t.equal(new Set(ids).size, 3)
})
