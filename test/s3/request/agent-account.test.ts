import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { MiB } from '../../../lib/options.js'
import { AgentAccount } from '../../../lib/s3/request/agent-account.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../../lib/testing/index.js'

t.test('counts the agent’s active and idle connections, and its own', async t => {
  for (const limit of [{ maxSockets: 2 }, { maxTotalSockets: 2 }]) {
    const server = createServer((_, response) => response.end('x')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const agent = new Agent({ keepAlive: true, ...limit })
    const account = new AgentAccount(agent, { protocol: 'http:', hostname: '127.0.0.1', port })
    const ask = async () => {
      const request = get({ agent, host: '127.0.0.1', port })
      const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
      response.resume()
      await once(response, 'end')
    }
    await ask()
    // The agent gets the connection back in the next turn.
    await new Promise(resolve => setImmediate(resolve))
    t.ok(account.hasRoom, 'one idle connection')
    const socket = connect({ host: '127.0.0.1', port })
    account.enter(socket)
    t.notOk(account.hasRoom, 'one idle connection, and a direct one')
    t.notOk(account.isAwaited)
    await Promise.all([ask(), ask()])
    const both = Promise.all([ask(), ask()])
    t.ok(account.isAwaited, 'a request waits for the direct connection')
    socket.destroy()
    await both
    agent.destroy()
    server.close()
    await once(server, 'close')
  }
})

t.test('uses the agent’s names for hosts', t => {
  const names = [
    [new Agent(), 'http:', '127.0.0.1', /^127\.0\.0\.1:80:/],
    [new Agent({ family: 4 }), 'http:', '[::1]', /^::1:80::4/],
    // The part in between differs between Node versions.
    [new HttpsAgent({ ca: 'CA' }), 'https:', 'a.example', /^a\.example:443:.*:CA:/],
  ] as const
  for (const [agent, protocol, hostname, name] of names) {
    const socket = connect({ host: '127.0.0.1', port: 1 }).on('error', () => undefined)
    new AgentAccount(agent, { protocol, hostname }).enter(socket)
    t.match(Object.keys(agent.sockets)[0], name)
    socket.destroy()
  }
  t.end()
})

t.test('opens no more connections than maxSockets for reads and writes together, and finishes', async t => {
  for (const maxSockets of [1, 2, 4]) {
    const s3 = await LocalS3.start({ buckets: ['bucket'] })
    s3.putSynthetic('bucket', 'k', 24 * MiB, (start, end) => Buffer.alloc(end - start))
    const client = new S3Client({
      ...s3.clientConfig(),
      requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets }) },
    })
    let most = 0
    const count = setInterval(() => (most = Math.max(most, s3.openSockets)), 1)
    const read = async () => {
      let bytes = 0
      const source = new S3RangeReadable({
        client,
        bucket: 'bucket',
        key: 'k',
        concurrency: 8,
        partSize: MiB,
        verify: 'off',
      })
      for await (const chunk of source) bytes += (chunk as Buffer).length
      return bytes
    }
    const writes = Array.from({ length: 8 }, (_, nth) =>
      client.send(new PutObjectCommand({ Bucket: 'bucket', Key: `w${nth}`, Body: Buffer.alloc(100_000) })),
    )
    t.same(await Promise.all([read(), read()]), [24 * MiB, 24 * MiB])
    await Promise.all(writes)
    clearInterval(count)
    t.ok(most <= maxSockets && most > 0, `${most} connections of ${maxSockets}`)
    client.destroy()
    await s3.close()
  }
})
