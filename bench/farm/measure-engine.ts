import { Queue, Worker, createPostgresBackend, runMigrations, withBackend } from 'bullmq'
import pg from 'pg'
import type { EngineTimes } from '../simulate/measurements.js'
import { quantilesOf } from '../simulate/random.js'
import { round } from './fit-steps.js'

/**
 * What BullMQ takes by itself: jobs that do nothing, on one worker that takes one at a time, and on several that take as
 * many as they can. Both sides share this process, so that a larger farm hands out more than is measured here.
 */

/** Jobs of one measurement. */
export interface EngineBench {
  readonly latency: number
  readonly throughput: number
}

const WORKERS = 4
const CONCURRENCY = 25
const AT_ONCE = 500

/** A queue and its workers on Redis or PostgreSQL, by the address. */
async function classesFor(url: string) {
  if (!url.startsWith('postgres')) {
    const { hostname, port, password } = new URL(url)
    const connection = { host: hostname, port: Number(port), password, maxRetriesPerRequest: null }
    return {
      queue: (name: string) => new Queue(name, { connection }),
      worker: (name: string, concurrency: number, run: () => Promise<void>) =>
        new Worker(name, run, { connection, concurrency }),
    }
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await runMigrations(client)
  } finally {
    await client.end()
  }
  const classes = withBackend(createPostgresBackend)
  return {
    queue: (name: string) => new classes.Queue(name, { connection: url }),
    worker: (name: string, concurrency: number, run: () => Promise<void>) =>
      new classes.Worker(name, run, { connection: url, concurrency }),
  }
}

type Classes = Awaited<ReturnType<typeof classesFor>>

/** Measures the engine at this address, which must be empty. */
export async function measureEngine(url: string, bench: EngineBench): Promise<EngineTimes> {
  const classes = await classesFor(url)
  const times = await run(classes, 'latency', bench.latency, { workers: 1, concurrency: 1 })
  const gaps = times.slice(1).map((time, n) => (time - times[n]!) / 1000)
  const many = await run(classes, 'throughput', bench.throughput, {
    workers: WORKERS,
    concurrency: CONCURRENCY,
  })
  const seconds = (many.at(-1)! - many[0]!) / 1000
  return {
    latency: { quantiles: quantilesOf(gaps).map(round) },
    perSecond: round((many.length - 1) / seconds),
  }
}

/** Adds jobs, and then lets workers take them; returns the times at which they began. */
async function run(
  { queue, worker }: Classes,
  name: string,
  count: number,
  { workers, concurrency }: { workers: number; concurrency: number },
): Promise<number[]> {
  const jobs = queue(name)
  const times: number[] = []
  const open: { close(): Promise<void> }[] = [jobs]
  try {
    for (let added = 0; added < count; added += AT_ONCE) {
      const length = Math.min(AT_ONCE, count - added)
      await jobs.addBulk(Array.from({ length }, (_, n) => ({ name: 'step', data: { n: added + n } })))
    }
    await new Promise<void>((resolve, reject) => {
      const step = async () => {
        if (times.push(performance.now()) === count) resolve()
        return Promise.resolve()
      }
      for (let n = 0; n < workers; n++) {
        const one = worker(name, concurrency, step)
        open.push(one)
        one.on('error', reject)
      }
    })
  } finally {
    await Promise.all(open.map(one => one.close()))
  }
  return times
}
