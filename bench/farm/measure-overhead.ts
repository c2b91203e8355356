import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { addBatch, addJob } from '../../lib/bullmq.js'
import { type OpenQueue, withQueue } from '../../lib/engines/bullmq/open-queue.js'
import { jobOptions } from '../../lib/engines/bullmq/queued-options.js'
import { planJob } from '../../lib/job/plan-job.js'
import type { Job } from '../../lib/job/schema/job.js'
import { encodeChunk } from '../../lib/job/split/encode-piece.js'
import { descendantsOf } from '../../test/support/child.js'
import { copyingFfmpeg } from '../../test/support/copying-ffmpeg.js'
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
 * only turns that follow each other are compared. An ffmpeg that copies keeps the steps short. Of what an engine adds,
 * jobs that do nothing show how much is BullMQ's own.
 *
 * CPU time is told beside: other programs on the machine change it less than the clock.
 */

/** What to run. */
export interface OverheadBench {
  /** Objects of each turn, each a job and a step. */
  readonly objects: number
  /** Chunks of the film of each turn, of a second each. */
  readonly chunks: number
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
/** Frames of a second, and of a chunk. */
const RATE = 25

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
  readonly #ended: Promise<Answer>
  #heard: (answer: Answer) => void = () => undefined

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
    child.on('message', answer => this.#heard(answer as Answer))
    this.#ended = once(child, 'exit').then(() => ({ error: 'The process of the workers has ended' }))
  }

  static async start(bench: OverheadBench, engines: Readonly<Record<string, QueueServer>>): Promise<Turns> {
    // BullMQ's tables are there before its own worker looks for them.
    for (const { url } of Object.values(engines)) await withQueue(queueAt(url), () => Promise.resolve())
    const store = await BenchStore.start('unshaped', 1, undefined, { keep: true })
    const script = fileURLToPath(new URL('overhead-process.mjs', import.meta.url))
    const turns = new Turns(bench, engines, store, fork(script, { execArgv: [] }))
    try {
      const urls = Object.fromEntries(Object.entries(engines).map(([name, { url }]) => [name, url]))
      const ffmpegPath = await turns.#storeMedia()
      await turns.#ask({ config: store.arena.client, engines: urls, ffmpegPath })
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
          piece: difference(await this.#film(name, turn), film, this.#bench.chunks + 2),
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
    return await this.#took([], async () =>
      this.#ask({ jobs: filled(clip(`bare-${turn}`), CLIPS, objects, 'ts') }),
    )
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
    return await withQueue(queueAt(server.url, kind), async open => {
      await open.queue.pause()
      await add(options, open)
      const worker = kind === undefined ? name : `${name} ${kind}`
      return await this.#took([server.pid], async () => {
        const armed = await this.#ask({ worker, count })
        const took = this.#answer()
        await open.queue.resume()
        return { ...armed, ...(await took) }
      })
    })
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
    const next = new Promise<Answer>(resolve => (this.#heard = resolve))
    const answer = await Promise.race([next, this.#ended])
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }

  /** Stores the sources, and encodes the chunks for once. Returns an ffmpeg that copies them. */
  async #storeMedia(): Promise<string> {
    const { objects, chunks } = this.#bench
    const client = this.#client
    const put = (Key: string, Body: Buffer) =>
      client.send(new PutObjectCommand({ Bucket: 'bench', Key, Body }))
    for (let n = 0; n < objects; n++) await put(`clips/${n}.ts`, Buffer.alloc(20_000, n))
    const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
    try {
      const path = join(folder, 'film.mp4')
      await makeFilm(path, { seconds: chunks, frame: '128x96' })
      await put('film.mp4', await readFile(path))
    } finally {
      await rm(folder, { recursive: true })
    }
    const plan = await planJob(film('plan'), { client })
    if (plan.unsplit !== undefined) throw new Error(plan.unsplit.message)
    if (plan.chunks.length !== chunks) throw new Error(`The film has ${plan.chunks.length} chunks`)
    const media: Buffer[] = []
    for (const n of plan.chunks.keys()) {
      const { bucket, key } = (await encodeChunk(plan, n, { client })).renditions[0]!.media
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      media.push(Buffer.from(await Body!.transformToByteArray()))
    }
    return copyingFfmpeg(media, RATE)
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

function queueAt(connection: string, queue = 'avio-streams') {
  return { connection, queue }
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
  // Its own last: it has those of the ones that end meanwhile.
  const all = pids.flatMap(pid => [...descendantsOf(pid), pid])
  return all.reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS
}

function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // utime, stime, and those of its children that have ended (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0)
  } catch {
    return 0
  }
}

/** Each turn has targets of its own, since a job that is known to an engine is not run again. */
function clip(turn: string): Job {
  return {
    version: 1,
    inputs: [{ url: '{url}', format: 'mpegts' }],
    outputs: [
      { type: 'object', url: `s3://bench/${turn}/{name}.ts`, format: 'mpegts', args: ['-c', 'copy'] },
    ],
  }
}

function film(turn: string): Job {
  return {
    version: 1,
    inputs: [{ url: 's3://bench/film.mp4' }],
    outputs: [
      {
        ...{ type: 'object', url: `s3://bench/${turn}/film.mp4`, format: 'mp4', layout: 'file' },
        ...{ video: { codec: 'h264', preset: 'ultrafast', crf: 35 }, audio: 'none' },
      },
    ],
    split: { work: `s3://bench/work-${turn}/`, mode: 'required', threads: 1, chunkSeconds: 1, gop: RATE },
  }
}

/** The jobs that a batch makes of a template, for the objects `0.mp4`, `1.mp4` … below a prefix. */
export function filled(job: Job, prefix: string, count: number, ending = 'mp4'): Job[] {
  return Array.from({ length: count }, (_, n) => {
    const url = `${prefix}${n}.${ending}`
    const text = JSON.stringify(job).replaceAll('{url}', url).replaceAll('{name}', String(n))
    return JSON.parse(text) as Job
  })
}
