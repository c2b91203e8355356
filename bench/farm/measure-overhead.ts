import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { addBatch, addJob } from '../../lib/bullmq.js'
import { type OpenQueue, openQueue } from '../../lib/engines/bullmq/open-queue.js'
import { jobOptions } from '../../lib/engines/bullmq/queued-options.js'
import { planJob } from '../../lib/job/plan-job.js'
import type { Job } from '../../lib/job/schema/job.js'
import { descendantsOf } from '../../test/support/child.js'
import type { QueueServer } from '../../test/support/servers/queue-server.js'
import type { Added, Overhead } from '../simulate/measurements.js'
import { quantilesOf } from '../simulate/random.js'
import { BenchStore } from '../support/bench-store.js'
import { makeFilm } from '../support/film.js'
import { stopped } from './bare-farm.js'
import { round } from './fit-steps.js'

/**
 * What an engine adds to a step. Whole farms don't tell: a few milliseconds of each step are less than the noise between
 * two runs. So one process does a few small jobs by a bare loop, and as many as a worker of each engine, in turns; and
 * only turns that follow each other are compared. Of that, jobs that do nothing show how much is BullMQ's own.
 *
 * CPU time is told beside: other programs on the machine change it less than the clock.
 */

/** What to run. */
export interface OverheadBench {
  /** Objects of each turn, each a job and a step. */
  readonly objects: number
  /** Seconds of the film of each turn, in chunks of a second. */
  readonly seconds: number
  /** Jobs of each turn that do nothing. */
  readonly nothing: number
  readonly turns: number
}

/** Turns before those that count: the process loads and compiles what it needs. */
const WARM_UP = 2
const QUEUED = { priority: 0, attempts: 3, backoff: 5000 }
/** The queue of jobs that do nothing. */
const NOTHING = 'nothing'
const CLIPS = 's3://bench/clips/'

/** What a number of steps took. */
interface Took {
  /** Wall time, in seconds. */
  readonly seconds: number
  /** CPU time of the process, in seconds, without ffmpeg. */
  readonly cpu: number
  /** CPU time of the engine, in seconds. */
  readonly engine: number
  /** Requests to the store. */
  readonly requests: number
}

/** Measures engines, by their names. They must be empty. */
export async function measureOverhead(
  bench: OverheadBench,
  engines: Readonly<Record<string, QueueServer>>,
): Promise<Record<string, Overhead>> {
  const turns = await Turns.start(bench, engines)
  try {
    return await turns.all()
  } finally {
    await turns.stop()
  }
}

class Turns {
  readonly #bench: OverheadBench
  readonly #engines: Readonly<Record<string, QueueServer>>
  readonly #store: BenchStore
  readonly #client: S3Client
  readonly #child: ChildProcess
  /** Pieces of the film, its plan and its join. */
  #steps = 0

  private constructor(
    bench: OverheadBench,
    engines: Readonly<Record<string, QueueServer>>,
    store: BenchStore,
    child: ChildProcess,
  ) {
    this.#bench = bench
    this.#engines = engines
    this.#store = store
    this.#client = new S3Client(store.arena.client)
    this.#child = child
  }

  static async start(bench: OverheadBench, engines: Readonly<Record<string, QueueServer>>): Promise<Turns> {
    const store = await BenchStore.start('unshaped', 1, undefined, { keep: true })
    const script = fileURLToPath(new URL('overhead-process.mjs', import.meta.url))
    const turns = new Turns(bench, engines, store, fork(script, { execArgv: [] }))
    try {
      const urls = Object.entries(engines).map(([name, { url }]) => [name, url])
      await turns.#ask({ config: store.arena.client, engines: Object.fromEntries(urls) as object })
      await turns.#storeMedia()
    } catch (error) {
      await turns.stop()
      throw error
    }
    return turns
  }

  async all(): Promise<Record<string, Overhead>> {
    const names = Object.keys(this.#engines)
    const found = names.map(() => ({ object: [] as Took[], piece: [] as Took[], nothing: [] as Took[] }))
    for (let turn = 0; turn < WARM_UP + this.#bench.turns; turn++) {
      const [objects, film] = [await this.#bareObjects(turn), await this.#bareFilm(turn)]
      // None is always the one after the bare loop.
      const order = [...names.entries()]
      for (const [n, name] of turn % 2 === 0 ? order : order.reverse()) {
        const took = {
          object: difference(await this.#objects(name, turn), objects, this.#bench.objects),
          piece: difference(await this.#film(name, turn), film, this.#steps),
          nothing: difference(await this.#nothing(name, turn), undefined, this.#bench.nothing),
        }
        if (turn < WARM_UP) continue
        for (const kind of KINDS) found[n]![kind].push(took[kind])
      }
    }
    return Object.fromEntries(
      names.map((name, n) => [name, perKind(kind => summary(found[n]![kind]))] as const),
    )
  }

  async stop(): Promise<void> {
    await stopped(this.#child)
    this.#client.destroy()
    await this.#store.stop()
  }

  async #bareObjects(turn: number): Promise<Took> {
    const { objects } = this.#bench
    return await this.#took([], async () => this.#ask({ jobs: filled(clip(`bare-${turn}`), CLIPS, objects) }))
  }

  async #bareFilm(turn: number): Promise<Took> {
    return await this.#took([], async () => this.#ask({ jobs: [film(`bare-${turn}`)] }))
  }

  async #objects(name: string, turn: number): Promise<Took> {
    const { objects } = this.#bench
    return await this.#onEngine(name, undefined, objects, async options => {
      await addBatch(CLIPS, clip(`${name}-${turn}`), { ...options, client: this.#client })
    })
  }

  async #film(name: string, turn: number): Promise<Took> {
    return await this.#onEngine(name, undefined, 1, async options => {
      await addJob(film(`${name}-${turn}`), { ...options, client: this.#client })
    })
  }

  async #nothing(name: string, turn: number): Promise<Took> {
    const { nothing } = this.#bench
    return await this.#onEngine(name, NOTHING, nothing, async (_options, { queue, engine }) => {
      const ids = Array.from({ length: nothing }, (_, n) => `${turn}-${n}`)
      await queue.addBulk(
        ids.map(id => ({ name: 'job', data: {}, opts: jobOptions(id, QUEUED, engine.engine) })),
      )
    })
  }

  /** Adds jobs, and then lets the worker of an engine take them: adding them is not measured. */
  async #onEngine(
    name: string,
    kind: typeof NOTHING | undefined,
    count: number,
    add: (options: { connection: string }, open: OpenQueue) => Promise<void>,
  ): Promise<Took> {
    const server = this.#engines[name]!
    const options = { connection: server.url }
    const open = await openQueue({ ...options, queue: kind ?? 'avio-streams' }, 'caller')
    try {
      await open.queue.pause()
      await add(options, open)
      const worker = kind === undefined ? name : `${name} ${kind}`
      return await this.#took([server.pid], async () => {
        const armed = await this.#ask({ worker, count })
        const took = this.#answer()
        await open.queue.resume()
        return { ...armed, ...(await took) }
      })
    } finally {
      await open.close()
    }
  }

  async #took(pids: readonly number[], run: () => Promise<Answer>): Promise<Took> {
    await this.#store.fetched()
    const before = cpuOf(pids)
    const { took } = await run()
    const engine = cpuOf(pids) - before
    const { reads, writes } = await this.#store.fetched()
    return { ...took!, engine, requests: reads + writes }
  }

  async #ask(order: object): Promise<Answer> {
    const answer = this.#answer()
    this.#child.send(order)
    return await answer
  }

  async #answer(): Promise<Answer> {
    const [answer] = (await once(this.#child, 'message')) as [Answer]
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }

  async #storeMedia(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
    try {
      const [clip, long] = [join(folder, 'clip.mp4'), join(folder, 'film.mp4')]
      await makeFilm(clip, { seconds: 1, frame: '128x96' })
      await makeFilm(long, { seconds: this.#bench.seconds, frame: '128x96' })
      for (let n = 0; n < this.#bench.objects; n++) await this.#put(`clips/${n}.mp4`, await readFile(clip))
      await this.#put('film.mp4', await readFile(long))
    } finally {
      await rm(folder, { recursive: true })
    }
    const plan = await planJob(film('plan'), { client: this.#client })
    if (plan.unsplit !== undefined) throw new Error(plan.unsplit.message)
    this.#steps = plan.chunks.length + (plan.audio === undefined ? 0 : 1) + 2
  }

  async #put(Key: string, Body: Buffer): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: 'bench', Key, Body }))
  }
}

interface Answer {
  readonly took?: { readonly seconds: number; readonly cpu: number }
  readonly error?: string
}

const KINDS = ['object', 'piece', 'nothing'] as const

function perKind<T>(of: (kind: (typeof KINDS)[number]) => T): Record<(typeof KINDS)[number], T> {
  return { object: of('object'), piece: of('piece'), nothing: of('nothing') }
}

/** What one step takes more than another. */
function difference(took: Took, bare: Took | undefined, steps: number): Took {
  const of = (name: keyof Took) => (took[name] - (bare?.[name] ?? 0)) / steps
  return { seconds: of('seconds'), cpu: of('cpu'), engine: of('engine'), requests: of('requests') }
}

/** CPU times are whole ticks of a hundredth of a second, which only many turns together fill. */
function summary(turns: readonly Took[]): Added {
  const mean = (name: keyof Took) => round(turns.reduce((sum, one) => sum + one[name], 0) / turns.length)
  const seconds = turns.map(one => one.seconds)
  return {
    seconds: { quantiles: quantilesOf(seconds).map(round) },
    ...{ cpu: mean('cpu'), engineCpu: mean('engine'), requests: mean('requests') },
  }
}

const TICKS = 100

/** CPU seconds of processes and of all that they have started. */
function cpuOf(pids: readonly number[]): number {
  const all = pids.flatMap(pid => [pid, ...descendantsOf(pid)])
  return all.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // utime, stime, and those of its children that have ended (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) / TICKS
  }, 0)
}

/** Each turn has targets of its own, since a job that is known to an engine is not run again. */
function clip(turn: string): Job {
  return {
    version: 1,
    inputs: [{ url: '{url}' }],
    outputs: [output(`s3://bench/${turn}/{name}.mp4`, ['-c', 'copy'])],
  }
}

function film(turn: string): Job {
  return {
    version: 1,
    inputs: [{ url: 's3://bench/film.mp4' }],
    outputs: [output(`s3://bench/${turn}/film.mp4`, ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'])],
    split: { work: `s3://bench/work-${turn}/`, mode: 'required', threads: 1, chunkSeconds: 1 },
  }
}

function output(url: string, args: string[]): Job['outputs'][number] {
  return { type: 'object', url, format: 'mp4', layout: 'file', args }
}

/** The jobs that a batch makes of a template, for the objects `0.mp4`, `1.mp4` … below a prefix. */
export function filled(job: Job, prefix: string, count: number): Job[] {
  return Array.from({ length: count }, (_, n) => {
    const text = JSON.stringify(job).replaceAll('{url}', `${prefix}${n}.mp4`).replaceAll('{name}', String(n))
    return JSON.parse(text) as Job
  })
}
