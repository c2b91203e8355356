import { Redis } from 'ioredis'
import pg from 'pg'
import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { FarmWorker } from '../../../lib/engines/bullmq/farm-worker.js'
import { worker } from '../../../lib/engines/bullmq/worker.js'
import { freePort } from '../../support/servers/free-port.js'
import { REDIS, eventually, filmJob, openFarm } from '../../support/farm.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'

t.test('wrong options are errors at once, an engine out of reach when asked', async t => {
  t.throws(() => worker({ connection: 'redis://h', concurrency: 0 }), {
    code: 'AVIO_ERR_OPTION',
    option: 'concurrency',
  })
  const one = worker({ connection: `redis://127.0.0.1:${await freePort()}` })
  t.type(one, FarmWorker)
  await t.rejects(one.ready(), { code: 'AVIO_ERR_QUEUE_UNREACHABLE' })
  await one.close()
})

t.test('a machine without ffmpeg takes no job', { skip: REDIS.missing }, async t => {
  const { url } = await REDIS.start(t)
  const one = worker({ connection: url, ffmpegPath: '/none/ffmpeg' })
  await t.rejects(one.ready(), { code: 'AVIO_ERR_FFMPEG_NOT_FOUND' })
  await one.close()
})

/** Connections to a server, without the one that counts. */
const COUNTS: Readonly<Record<string, (url: string) => Promise<number>>> = {
  Redis: async url => {
    const client = new Redis(url)
    const list = String(await client.client('LIST'))
    client.disconnect()
    return list.trim().split('\n').length - 1
  },
  PostgreSQL: async url => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query<{ count: number }>(
      "SELECT count(*)::int - 1 AS count FROM pg_stat_activity WHERE backend_type = 'client backend'",
    )
    await client.end()
    return rows[0]!.count
  },
}

for (const [kind, most] of [
  [QUEUE_SERVERS[0]!, 2],
  [QUEUE_SERVERS[1]!, 5],
] as const) {
  const { name, missing } = kind
  t.test(
    `over ${name}, a worker of eight steps has up to ${most} connections`,
    { skip: missing },
    async t => {
      const { s3, server, client, hold, start } = await openFarm(t, kind)
      // Those that add the jobs are none of the worker.
      const queue = { connection: server.url, client }
      for (let n = 0; n < 8; n++) await addJob(filmJob(`film-${n}`), queue)
      const held = hold()
      const one = await start({ concurrency: 8 })
      await eventually(() => one.running === 8)
      const count = await COUNTS[name]!(server.url)
      t.ok(count >= 2 && count <= most, `${count}`)
      s3.clearFaults()
      held.release()
      await one.close({ force: true })
      await eventually(async () => (await COUNTS[name]!(server.url)) === 0)
    },
  )
}
