import { Redis } from 'ioredis'
import t from 'tap'
import { openRedis } from '../../../lib/engines/bullmq/redis.js'
import { REDIS, eventually } from '../../support/farm.js'

const skip = REDIS.missing

t.test('connects by an address and by options, and closes what it opened', { skip }, async t => {
  const { url, password } = await REDIS.start(t)
  const port = Number(new URL(url).port)
  for (const connection of [url, url.replace('redis', 'valkey'), { port, password }, { url }]) {
    const opened = await openRedis(connection, 'worker')
    const client = opened.connection as Redis
    t.equal(await client.ping(), 'PONG')
    t.equal(client.options.maxRetriesPerRequest, null, 'a worker waits for its engine')
    await opened.close()
    await eventually(() => client.status === 'end')
  }
  const caller = await openRedis(url, 'caller')
  t.equal((caller.connection as Redis).options.maxRetriesPerRequest, 3, 'others give up')
  await caller.close()
})

t.test('uses a client as it is, and leaves it open', { skip }, async t => {
  const { url } = await REDIS.start(t)
  const client = new Redis(url, { maxRetriesPerRequest: null })
  t.teardown(() => client.disconnect())
  const opened = await openRedis(client, 'worker')
  t.equal(opened.connection, client)
  await opened.close()
  t.equal(await client.ping(), 'PONG')
})

t.test('a wrong password is told at once', { skip }, async t => {
  const { url } = await REDIS.start(t)
  await t.rejects(openRedis(url.replace(/:[^:@]+@/, ':wrong@'), 'caller'), {
    message: /WRONGPASS|NOAUTH|invalid/i,
  })
})

t.test('closing does not wait for an engine that is gone', { skip }, async t => {
  const server = await REDIS.start(t)
  const opened = await openRedis(server.url, 'worker')
  const client = opened.connection as Redis
  const closed = new Promise(resolve => client.once('close', resolve))
  await server.stop()
  await closed
  await opened.close()
  t.not(client.status, 'ready')
})
