import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { patterned } from '../patterned.js'
import { sendRaw, startS3 } from '../support.js'

const at = { Bucket: 'box', Key: 'k' }
const GiB = 1024 ** 3

/** Requests an object and returns the response's head; the test reads the body. */
async function get(endpoint: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const outgoing = request(`${endpoint}/box/k`, { headers, agent: false })
  outgoing.end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  return answer
}

t.test('delivers a response of any size whole, and counts its bytes', async t => {
  const { s3 } = await startS3(t)
  for (const size of [0, 1, 65_536, 262_143, 262_144, 262_145, 3_000_000]) {
    const bytes = patterned(size)
    await s3.put('box', 'k', bytes)
    s3.clearCalls()
    const answer = await sendRaw(s3, { path: '/box/k' })
    t.ok(answer.body.equals(bytes), `${size} bytes`)
    t.match(s3.calls, [{ status: 200, bytesOut: size, aborted: false }])
  }
})

t.test('sends no more than the network buffers to a client that stops reading', async t => {
  const { s3 } = await startS3(t, { publicRead: true })
  s3.putSynthetic('box', 'k', 64 * GiB, (start, end) => Buffer.alloc(end - start))
  const answer = await get(s3.endpoint)
  t.equal(answer.headers['content-length'], String(64 * GiB))
  await once(answer, 'readable')
  t.match(s3.openCalls, [{ operation: 'GetObject', endedAt: undefined }])
  answer.destroy()
  await s3.idle()
  const [call] = s3.calls
  t.equal(call?.aborted, true)
  t.ok(call!.bytesOut < 64 * 1024 ** 2, `${call!.bytesOut} bytes were sent`)
})

t.test('cuts the response off at an error of a generator', async t => {
  const { s3, client } = await startS3(t)
  s3.putSynthetic('box', 'k', GiB, start => {
    throw new Error(`no bytes at ${start}`)
  })
  await t.rejects(client.send(new GetObjectCommand(at)), { code: 'ECONNRESET' })
  await s3.idle()
  t.match(s3.calls, [{ status: 200, bytesOut: 0, aborted: true }])
})

t.test('sends the headers of a body, but no body, for a HEAD', async t => {
  const { s3 } = await startS3(t)
  await s3.put('box', 'k', 'bytes')
  const answer = await sendRaw(s3, { method: 'HEAD', path: '/box/k' })
  t.match(answer, { status: 200, headers: { 'content-length': '5' }, body: Buffer.alloc(0) })
})
