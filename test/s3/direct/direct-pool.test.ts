import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { DirectBody } from '../../../lib/s3/direct/direct-body.js'
import { goDirect } from '../../../lib/s3/direct/direct-pool.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { S3Source } from '../../../lib/s3/s3-source.js'
import { sendMark } from '../../../lib/s3/request/send-mark.js'
import { sendOnce } from '../../../lib/s3/request/send-once.js'
import { LocalS3, type LocalS3Options } from '../../../lib/testing/index.js'

async function local(t: Test, config: S3ClientConfig = {}, options: LocalS3Options = {}) {
  const s3 = await LocalS3.start({ buckets: ['bucket'], ...options })
  const client = new S3Client({ ...s3.clientConfig(), ...config })
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('bucket', 'k', 'hello')
  return { s3, client, get: (input?: Partial<GetObjectCommandInput>) => get(client, input) }
}

function get(client: S3Client, input: Partial<GetObjectCommandInput> = {}): Promise<GetObjectCommandOutput> {
  const command = new GetObjectCommand({ Bucket: 'bucket', Key: 'k', ...input })
  const { signal } = new AbortController()
  goDirect(client, command, signal)
  return sendOnce(client, command, signal)
}

/** Whether the second response came directly. The first comes through the SDK's handler, which then shows its agents. */
async function goesDirect(client: S3Client): Promise<boolean> {
  const bodies: unknown[] = []
  for (let nth = 1; nth <= 2; nth++) {
    const { Body } = await get(client)
    bodies.push(Body)
    if ((await Body?.transformToString()) !== 'hello') throw new Error('The body has other bytes')
  }
  return bodies[1] instanceof DirectBody
}

t.test('connects directly for a default client, from its second request on', async t => {
  const { client, s3 } = await local(t)
  t.ok(await goesDirect(client))
  t.match(await get(client), {
    ETag: s3.head('bucket', 'k')!.etag,
    ContentLength: 5,
    $metadata: { httpStatusCode: 200 },
  })
})

t.test('observes agents that only configure connections, and changes nothing else', async t => {
  for (const httpAgent of [new Agent({ keepAlive: true }), { maxSockets: 3 }]) {
    t.ok(await goesDirect((await local(t, { requestHandler: { httpAgent } })).client))
  }
})

t.test('uses the request handler for every other kind of client', async t => {
  class Proxy extends Agent {}
  const patched = new Agent()
  Object.assign(patched, { createConnection: connect })
  const configs: Record<string, S3ClientConfig> = {
    'an agent of another class': { requestHandler: { httpAgent: new Proxy() } },
    'an agent with its own createConnection()': { requestHandler: { httpAgent: patched } },
    'a connection timeout': { requestHandler: { connectionTimeout: 5000 } },
    'a request timeout': { requestHandler: { requestTimeout: 5000 } },
    'a socket timeout': { requestHandler: { socketTimeout: 5000 } },
  }
  for (const [name, config] of Object.entries(configs)) {
    t.notOk(await goesDirect((await local(t, config)).client), name)
  }
  const { client } = await local(t)
  await get(client)
  const handler = client.config.requestHandler
  handler.handle = handler.handle.bind(handler)
  t.notOk(await goesDirect(client), 'a wrapped handler')
})

t.test('reports the SDK’s errors, and reuses the connection afterwards', async t => {
  const { client, get, s3 } = await local(t)
  await goesDirect(client)
  for (const [input, name] of [
    [{ Key: 'other' }, 'NoSuchKey'],
    [{ Range: 'bytes=9-' }, 'InvalidRange'],
    [{ IfMatch: '"other"' }, 'PreconditionFailed'],
  ] as const) {
    await t.rejects(get(input), { name })
  }
  t.equal(new Set(s3.calls.slice(2).map(call => call.connection)).size, 1)
})

t.test('sends many requests over one connection, and opens as many as the agent allows', async t => {
  const { client, s3 } = await local(t, { requestHandler: { httpAgent: { maxSockets: 2 } } })
  const object = new S3Source({ client, bucket: 'bucket', key: 'k' })
  const read = async () => {
    for await (const chunk of object.read(0, 5)) t.equal(String(chunk), 'hello')
  }
  await read()
  s3.clearCalls()
  for (let n = 0; n < 5; n++) await read()
  t.equal(new Set(s3.calls.map(call => call.connection)).size, 1)
  const most = { direct: 0 }
  s3.fault({
    operation: 'GetObject',
    times: Infinity,
    before: () => {
      most.direct = Math.max(most.direct, s3.openCalls.length)
    },
  })
  await Promise.all(Array.from({ length: 12 }, read))
  t.ok(most.direct <= 2, 'direct connections and the agent’s together')
})

t.test('survives a server that closed an idle connection', async t => {
  let requests = 0
  const server = createServer((_request, response) => {
    requests++
    response.writeHead(206, { 'content-length': 5, 'content-range': 'bytes 0-4/5', etag: '"one"' })
    response.end('hello')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  t.teardown(() => {
    client.destroy()
    server.close()
    server.closeAllConnections()
  })
  const object = new S3Source({ client, bucket: 'bucket', key: 'k', maxAttempts: 1 })
  for (let n = 0; n < 4; n++) {
    for await (const chunk of object.read(0, 5)) t.equal(String(chunk), 'hello')
    if (n > 0) server.closeAllConnections()
  }
  t.equal(requests, 4)
})

t.test('sends the signed request unchanged, whatever it contains', async t => {
  const { client, s3, get } = await local(t)
  await goesDirect(client)
  const Key = "a b/ü+%20!'()*&=?#.mp4"
  await s3.put('bucket', Key, 'hello')
  const ResponseContentDisposition = 'attachment; filename="a b+c!\'()*&=?.mp4"'
  const { Body, ContentDisposition } = await get({ Key, ResponseContentDisposition })
  t.ok(Body instanceof DirectBody)
  t.equal(ContentDisposition, ResponseContentDisposition)
  t.equal(await Body?.transformToString(), 'hello')
})

t.test('keeps the SDK’s checksum validation', async t => {
  const { client, s3, get } = await local(t)
  await goesDirect(client)
  await client.send(
    new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: 'hello', ChecksumAlgorithm: 'CRC32' }),
  )
  t.equal(await (await get()).Body?.transformToString(), 'hello')
  s3.fault({ operation: 'GetObject', corrupt: 2 })
  const { Body } = await get()
  await t.rejects(Body!.transformToString(), { message: /^Checksum mismatch/ })
})

t.test('connects over TLS with the agent’s certificates', async t => {
  const generate = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-days', '1', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const pem = execFileSync('openssl', [...generate, ...subject, '-keyout', '-', '-out', '-'], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
  const cert = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(pem)![0]
  const key = /-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----/.exec(pem)![0]
  const { client, s3 } = await local(
    t,
    { requestHandler: { httpsAgent: { ca: cert } } },
    { tls: { key, cert } },
  )
  t.ok(await goesDirect(client))
  const bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 31 + (i >> 8)))
  await s3.put('bucket', 'k', bytes)
  const object = new S3Source({ client, bucket: 'bucket', key: 'k' })
  const all: Buffer[] = []
  for await (const chunk of object.read(1, bytes.length)) all.push(chunk)
  t.ok(Buffer.concat(all).equals(bytes.subarray(1)))
  const stranger = new S3Client({ ...s3.clientConfig(), requestHandler: { httpsAgent: {} } })
  t.teardown(() => stranger.destroy())
  await t.rejects(get(stranger), { code: /CERT/ })
})

t.test('reports in failures which requests were sent, and over which scheme', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'], tls: true })
  const client = new S3Client({ ...s3.clientConfig(), endpoint: s3.endpoint.replace('https:', 'http:') })
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  for (let n = 1; n <= 3; n++) {
    const read = buffer(new S3RangeReadable({ client, bucket: 'bucket', key: 'k', maxAttempts: n }))
    await t.rejects(read, { message: /If this port speaks https, start the endpoint with https/ }, `try ${n}`)
    const error = (await read.catch((failure: unknown) => failure)) as { cause: object }
    t.match(sendMark(error.cause), { unsent: false, protocol: 'http:', hasWorked: false })
  }
})
