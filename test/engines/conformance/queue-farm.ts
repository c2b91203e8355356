import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { Redis as RedisClient } from 'ioredis'
import pg from 'pg'
import { QueueError } from '../../../lib/errors.js'
import { addJob, cancel, jobStatus, retry, status } from '../../../lib/bullmq.js'
import type { Job } from '../../../lib/job/schema/job.js'
import type { QueueServer } from '../../support/servers/queue-server.js'
import { Crew } from './crew.js'
import type { End, Farm, WorkerSettings } from './farm.js'
import { argsOf } from './programs.js'
import type { WorkerProcess } from './worker-process.js'

const exec = promisify(execFile)

/** How often to look, in milliseconds. */
const INTERVAL = 100
/** How often to look for the end of a job that no worker has reported: the one that knew of it may be dead. */
const SILENCE = 1000
/** The same for the end of all jobs. */
const LONG_SILENCE = 10_000
/** The heap of the process that adds a batch, in MB. */
const HEAP = 96
/**
 * How long a worker keeps a step without a sign of life, in milliseconds: short, because cases wait for it, but a worker
 * on a busy machine should not seem dead.
 */
const LOCK = 4000

/** BullMQ over Redis or PostgreSQL. */
export class QueueFarm implements Farm {
  readonly engine
  readonly server: QueueServer
  readonly crew: Crew
  readonly #queue: { readonly connection: string; readonly queue: string }
  readonly #s3: S3ClientConfig
  readonly #client: S3Client

  constructor(server: QueueServer, queue: string, s3: S3ClientConfig, mark: string) {
    this.server = server
    this.engine = server.url.startsWith('redis') ? ('redis' as const) : ('postgres' as const)
    this.#queue = { connection: server.url, queue }
    this.crew = new Crew(s3, mark)
    this.#s3 = s3
    this.#client = new S3Client(s3)
  }

  async add(job: Job): Promise<{ id: string; isNew: boolean }> {
    return await addJob(job, { ...this.#queue, client: this.#client })
  }

  async start(settings: WorkerSettings = {}): Promise<WorkerProcess> {
    return await this.crew.start(settings, { queue: this.#queue, lockDuration: LOCK })
  }

  /** In a process with little memory. */
  async addBatch(source: string, template: Job): Promise<number> {
    const args = argsOf(new URL('add-batch.ts', import.meta.url))
    const told = JSON.stringify({ ...this.#queue, s3: this.#s3, source, template })
    const { stdout } = await exec(process.execPath, [`--max-old-space-size=${HEAP}`, ...args, told])
    return Number(stdout)
  }

  async idle(count: number): Promise<number> {
    for (;;) {
      // A look takes a connection of its own, and PostgreSQL counts all jobs for it.
      await Promise.race([this.crew.ends(count), delay(LONG_SILENCE, undefined, { ref: false })])
      const { waiting, running, split, delayed, done } = (await status(this.#queue)).counts
      if (waiting + running + split + delayed === 0) return done
      await delay(INTERVAL)
    }
  }

  async end(id: string): Promise<End> {
    for (;;) {
      // A look takes a connection of its own, and is worth it only when there is news.
      const news = this.crew.news(({ type, job, name }) => {
        return job === id && name === 'job' && ['done', 'fail', 'back'].includes(type)
      })
      const end = await this.#endOf(id)
      if (end !== undefined) return end
      await Promise.race([news, delay(SILENCE)])
    }
  }

  async #endOf(id: string): Promise<End | undefined> {
    try {
      const { state, error } = await jobStatus(id, this.#queue)
      if (state === 'done') return { state }
      return state === 'failed' ? { state, code: error?.code, remedy: error?.remedy ?? '' } : undefined
    } catch (error) {
      if (error instanceof QueueError && error.code === 'AVIO_ERR_QUEUE_UNKNOWN_JOB')
        return { state: 'unknown' }
      throw error
    }
  }

  async cancel(id: string): Promise<void> {
    await cancel(id, { ...this.#queue, client: this.#client })
  }

  async hears(id: string): Promise<void> {
    for (;;) {
      const state = await jobStatus(id, this.#queue).then(
        ({ state }) => state,
        () => 'cancelled' as const,
      )
      if (state === 'cancelled' || state === 'done') return
      await delay(INTERVAL)
    }
  }

  async outlastsLock(): Promise<void> {
    await delay(1.5 * LOCK)
  }

  async unfit(): Promise<string[]> {
    return (await status(this.#queue)).unfit.map(({ id }) => id)
  }

  async retry(): Promise<void> {
    await retry(this.#queue)
  }

  async deadLetters(): Promise<{ id: string; code: string | undefined }[]> {
    const { failed } = await status(this.#queue)
    return failed.map(({ id, error }) => ({ id, code: error?.code }))
  }

  async gaveAway(silent: WorkerProcess): Promise<void> {
    const { job, name, piece } = silent.told.findLast(({ type }) => type === 'start')!
    const others = this.crew.workers.filter(worker => worker !== silent && worker.isAlive)
    await Promise.race(
      others.map(worker =>
        worker.hears(
          told => told.type === 'start' && told.job === job && told.name === name && told.piece === piece,
        ),
      ),
    )
  }

  async left(): Promise<string[]> {
    const { counts } = await status(this.#queue)
    const running = ['waiting', 'running', 'split', 'delayed'] as const
    const steps = running.filter(state => counts[state] > 0).map(state => `${counts[state]} steps ${state}`)
    const records = await this.#records()
    return [...steps, ...records.filter(([key]) => /:lock$|lock_token|piece/.test(key)).map(([key]) => key)]
  }

  async kept(): Promise<string> {
    return (await this.#records()).map(record => record.join(' ')).join('\n')
  }

  async close(): Promise<void> {
    this.#client.destroy()
    await this.crew.kill()
  }

  /** What the server keeps of this queue. */
  async #records(): Promise<(readonly [key: string, value: string])[]> {
    const { connection, queue } = this.#queue
    return this.engine === 'redis'
      ? await redisRecords(connection, queue)
      : await postgresRecords(connection, queue)
  }
}

async function redisRecords(url: string, queue: string): Promise<[string, string][]> {
  const client = new RedisClient(url)
  try {
    const records: [string, string][] = []
    for await (const keys of client.scanStream({ match: `bull:${queue}:*`, count: 500 })) {
      const values = (keys as string[]).map(async (key): Promise<[string, string]> => [
        /\.(?:chunk-\d+|audio)(?::|$)/.test(key) ? `piece ${key}` : key,
        await redisValue(client, key),
      ])
      records.push(...(await Promise.all(values)))
    }
    return records
  } finally {
    client.disconnect()
  }
}

async function redisValue(client: RedisClient, key: string): Promise<string> {
  const read: Record<string, () => Promise<unknown>> = {
    string: () => client.get(key),
    hash: () => client.hgetall(key),
    list: () => client.lrange(key, 0, -1),
    set: () => client.smembers(key),
    zset: () => client.zrange(key, '0', '-1'),
    stream: () => client.xrange(key, '-', '+'),
  }
  return JSON.stringify(await read[await client.type(key)]?.())
}

async function postgresRecords(connectionString: string, queue: string): Promise<[string, string][]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'bullmq'",
    )
    const records: [string, string][] = []
    for (const { name } of tables) {
      const { rows } = await client.query<object>(`SELECT * FROM bullmq.${name}`)
      const own = rows.map(row => JSON.stringify(row)).filter(text => text.includes(queue))
      records.push(...own.map((text): [string, string] => [rowName(name, text), text]))
    }
    return records
  } finally {
    await client.end()
  }
}

/** The table of a row, and whether a worker has the step, or it is a piece. */
function rowName(table: string, text: string): string {
  if (/"lock_token":"/.test(text)) return `${table} with a lock_token`
  return table === 'job' && /"name":"(?:chunk|audio)"/.test(text) ? `piece ${text}` : table
}
