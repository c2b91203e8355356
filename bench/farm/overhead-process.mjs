// The process of the topic "farm" that does the same steps by a bare loop and as a worker of each engine, in turns: the same
// code, compiled as far, with the same connections to the store. It tells its parent what each turn took.
import { S3Client } from '@aws-sdk/client-s3'
import { worker } from 'avio-streams/bullmq'
import {
  encodeAudio,
  encodeChunk,
  joinChunks,
  planJob,
  readResults,
  removeWork,
  runJob,
} from 'avio-streams/job'
import { Worker, createPostgresBackend, createRedisBackend } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'

const NOTHING = 'nothing'

process.once('message', async ({ config, engines, ffmpegPath }) => {
  const context = { client: new S3Client(config), ffmpegPath }
  const workers = {}
  for (const [name, connection] of Object.entries(engines)) {
    workers[name] = worker({ connection, ...context })
    workers[`${name} ${NOTHING}`] = idle(connection)
  }
  process.on('message', async order => {
    try {
      if (order.jobs) process.send({ took: await bare(order.jobs, context) })
      else {
        const took = taken(workers[order.worker], order.count)
        process.send({ armed: true })
        process.send({ took: await took })
      }
    } catch (error) {
      process.send({ error: String(error) })
    }
  })
  process.once('disconnect', () => process.exit())
  await Promise.all(Object.values(workers).map(one => (one.ready ?? one.waitUntilReady).call(one)))
  process.send({ ready: true })
})

/** BullMQ by itself. */
function idle(connection) {
  const settings = { concurrency: 1, maxStalledCount: 5 }
  if (connection.startsWith('redis')) {
    const client = new Redis(connection, { maxRetriesPerRequest: null })
    return new Worker(NOTHING, async () => undefined, { ...settings, connection: client }, createRedisBackend)
  }
  const options = '-c search_path=bullmq'
  const pool = new pg.Pool({ connectionString: connection, options, max: 5, keepAlive: true })
  return new Worker(NOTHING, async () => undefined, { ...settings, connection: pool }, createPostgresBackend)
}

async function bare(jobs, context) {
  const since = start()
  for (const job of jobs) await (job.split ? inPieces(job, context) : runJob(job, context))
  return since()
}

async function inPieces(job, context) {
  const plan = await planJob(job, context)
  if (plan.audio) await encodeAudio(plan, context)
  for (const n of plan.chunks.keys()) await encodeChunk(plan, n, context)
  await joinChunks(plan, await readResults(plan, context), context)
  await removeWork(plan, context)
}

/** From the begin of the next job to the end of the last of so many. */
async function taken(one, count) {
  const [begins, ends, fails] =
    one instanceof Worker ? ['active', 'completed', 'failed'] : ['start', 'done', 'fail']
  let since
  let left = count
  const begin = () => (since ??= start())
  one.on(begins, begin)
  try {
    return await new Promise((resolve, reject) => {
      one.on(fails, (step, error) => reject(new Error(error?.message)))
      one.on(ends, ({ piece }) => {
        if (piece === undefined && --left === 0) resolve(since())
      })
    })
  } finally {
    for (const name of [begins, ends, fails]) one.removeAllListeners(name)
  }
}

function start() {
  const [time, cpu] = [performance.now(), process.cpuUsage()]
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return { seconds: (performance.now() - time) / 1000, cpu: (user + system) / 1e6 }
  }
}
