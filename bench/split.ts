import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { table } from '../examples/support/format.js'
import type { PieceResult } from '../lib/job/split/piece-result.js'
import type { SplitPlan } from '../lib/job/split/split-plan.js'
import { bareSeconds } from './support/bare-ffmpeg.js'
import { BenchStore } from './support/bench-store.js'
import { makeFilm } from './support/film.js'
import { median } from './support/median.js'
import { type SplitFigures, missedGoals } from './support/split-goals.js'
import { SplitWorker } from './support/split-worker.js'

/**
 * One object in pieces, over several processes of one thread each, against the same arguments in one run. Both read
 * from a store in a process of its own. CPU time is that of Node and ffmpeg together, without a worker's own start. The
 * speed-up has the machine's own limit beside it: that of as many bare ffmpegs without a store.
 */

const execute = promisify(execFile)

/** What to measure. */
export interface SplitBench {
  /** Length of the source. */
  readonly seconds: number
  readonly chunkSeconds: number
  /** Width and height of the video: `640x360`. */
  readonly frame: string
  readonly rounds: number
  /** Numbers of processes, each a contender. */
  readonly processes: readonly number[]
}

/** The length at which the goals are set: four chunks. */
export const SPLIT_BENCH: SplitBench = {
  seconds: 240,
  chunkSeconds: 60,
  frame: '640x360',
  rounds: 3,
  processes: [1, 2, 4],
}

const BUCKET = 'bench'
const ENCODER = ['-c:v', 'libx264', '-crf', '23', '-maxrate', '4M', '-bufsize', '8M', '-c:a', 'aac']
const UNSPLIT = 'unsplit'

/** The cost of one run. */
interface SplitRun {
  readonly wall: number
  /** CPU seconds by step. */
  readonly cpu: Readonly<Record<string, number>>
  /** Bytes read of the source by step. Where steps run at the same time, the one that ends first has them. */
  readonly fetched: Readonly<Record<string, number>>
  readonly requests: number
  readonly size: number
  readonly ssim: number
}

/** A round: the unsplit run, and the runs in pieces by number of processes, each with the limit of its speed-up. */
interface Round {
  readonly unsplit: SplitRun
  readonly split: ReadonlyMap<number, { readonly run: SplitRun; readonly limit: number }>
}

/** The similarity of two files' videos, over all frames and planes. */
async function ssimOf(path: string, source: string): Promise<number> {
  const inputs = ['-i', path, '-i', source]
  const args = ['-nostdin', ...inputs, '-lavfi', '[0:v:0][1:v:0]ssim', '-an', '-f', 'null', '-']
  const { stderr } = await execute('ffmpeg', args)
  const value = /SSIM .*All:([\d.]+)/.exec(stderr)?.[1]
  if (value === undefined) throw new Error(`ffmpeg reports no SSIM:\n${stderr}`)
  return Number(value)
}

class Bench {
  readonly #reference = new Map<string, number>()

  constructor(
    private readonly store: BenchStore,
    private readonly client: S3Client,
    private readonly folder: string,
    private readonly source: string,
    private readonly options: SplitBench,
  ) {}

  #spec(key: string) {
    return {
      ...{ source: { bucket: BUCKET, key: 'source' }, output: { bucket: BUCKET, key } },
      ...{ args: ENCODER, work: { bucket: BUCKET, prefix: 'work/' } },
      ...{ chunkSeconds: this.options.chunkSeconds, mode: 'required' as const, threads: 1 },
    }
  }

  async #plan(worker: SplitWorker, key: string): Promise<{ plan: SplitPlan; cpu: number }> {
    const { value, cpu } = await worker.plan(this.#spec(key))
    if (value.unsplit !== undefined) throw new Error(value.unsplit.message)
    return { plan: value, cpu }
  }

  /** One round, with results under keys of its own. */
  async round(n: number): Promise<Round> {
    const { plan, run: unsplit } = await this.#unsplit(`${UNSPLIT}-${n}.mp4`)
    const work = { plan, source: this.source, seconds: this.options.seconds }
    const alone = await bareSeconds(work, 1)
    const split = new Map<number, { run: SplitRun; limit: number }>()
    for (const count of this.options.processes) {
      const limit = count === 1 ? 1 : alone / (await bareSeconds(work, count))
      split.set(count, { run: await this.#split(`split-${count}-${n}.mp4`, count), limit })
    }
    return { unsplit, split }
  }

  /** The whole in one process, by the arguments of the plan. */
  async #unsplit(key: string): Promise<{ readonly plan: SplitPlan; readonly run: SplitRun }> {
    const worker = await SplitWorker.start(this.store.arena.client)
    try {
      const { plan } = await this.#plan(worker, key)
      await this.store.fetched()
      const started = performance.now()
      const { value, cpu } = await worker.whole(plan, key)
      const wall = (performance.now() - started) / 1000
      const { bytes, ranges } = await this.store.fetched()
      const run = {
        ...{ wall, cpu: { whole: cpu }, fetched: { whole: bytes }, requests: ranges.length },
        ...{ size: value.bytes, ssim: await this.#ssim(key, UNSPLIT) },
      }
      return { plan, run }
    } finally {
      await worker.stop()
    }
  }

  /** In pieces: workers take the next piece from a queue, the audio first. */
  async #split(key: string, processes: number): Promise<SplitRun> {
    const start = () => SplitWorker.start(this.store.arena.client)
    const workers = await Promise.all(Array.from({ length: processes }, start))
    const [first] = workers
    const cost = { cpu: {} as Record<string, number>, fetched: {} as Record<string, number>, requests: 0 }
    const add = async (step: string, cpu: number) => {
      cost.cpu[step] = (cost.cpu[step] ?? 0) + cpu
      const { bytes, ranges } = await this.#fetchedInTurn()
      cost.fetched[step] = (cost.fetched[step] ?? 0) + bytes
      cost.requests += ranges.length
    }
    try {
      await this.store.fetched()
      const started = performance.now()
      const { plan, cpu } = await this.#plan(first!, key)
      await add('plan', cpu)
      const results: PieceResult[] = []
      const queue: (number | 'audio')[] = [...(plan.audio === undefined ? [] : ['audio' as const])]
      queue.push(...plan.chunks.keys())
      const work = async (worker: SplitWorker) => {
        for (let piece = queue.shift(); piece !== undefined; piece = queue.shift()) {
          const done = await (piece === 'audio' ? worker.audio(plan) : worker.chunk(plan, piece))
          results.push(done.value)
          await add(piece === 'audio' ? piece : 'chunks', done.cpu)
        }
      }
      await Promise.all(workers.map(work))
      const joined = await first!.join(plan, results)
      await add('join', joined.cpu)
      const wall = (performance.now() - started) / 1000
      await first!.remove(plan)
      return { wall, ...cost, size: joined.value.bytes, ssim: await this.#ssim(key, 'split') }
    } finally {
      await Promise.all(workers.map(worker => worker.stop()))
    }
  }

  #asked: Promise<unknown> = Promise.resolve()

  /** The store answers one question after the other. */
  async #fetchedInTurn() {
    const answer = this.#asked.then(() => this.store.fetched())
    this.#asked = answer
    return await answer
  }

  /** One thread makes the same bytes each time, so each way is compared with the source once. */
  async #ssim(key: string, way: string): Promise<number> {
    const path = join(this.folder, 'result.mp4')
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
    await pipeline(Body as Readable, createWriteStream(path))
    const name = `${way} ${(await stat(path)).size}`
    const value = this.#reference.get(name) ?? (await ssimOf(path, this.source))
    this.#reference.set(name, value)
    return value
  }
}

const sum = (parts: Readonly<Record<string, number>>) => Object.values(parts).reduce((a, b) => a + b, 0)

/** The figures of a contender, each the median of its rounds, against the unsplit run of the same round. */
function figuresOf(rounds: readonly Round[], count: number, size: number): SplitFigures {
  const ratio = (of: (run: SplitRun, unsplit: SplitRun, limit: number) => number) =>
    median(
      rounds.map(({ unsplit, split }) => {
        const { run, limit } = split.get(count)!
        return of(run, unsplit, limit)
      }),
    )
  return {
    overhead: ratio((run, unsplit) => (run.cpu['plan']! + run.cpu['join']!) / sum(unsplit.cpu)),
    cpu: ratio((run, unsplit) => sum(run.cpu) / sum(unsplit.cpu)),
    fetched: ratio(run => sum(run.fetched) / size),
    size: ratio((run, unsplit) => run.size / unsplit.size),
    ssim: ratio((run, unsplit) => run.ssim - unsplit.ssim),
    speedUp: ratio((run, unsplit) => unsplit.wall / run.wall),
    limit: ratio((_run, _unsplit, limit) => limit),
    ofLimit: ratio((run, unsplit, limit) => unsplit.wall / run.wall / limit),
  }
}

/** Measures, prints the tables, and returns the figures by number of processes, and the goals that are missed. */
export async function run(options: SplitBench) {
  const { seconds, chunkSeconds, frame, rounds, processes } = options
  const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
  const source = join(folder, 'source.mp4')
  try {
    await makeFilm(source, options)
    const { size } = await stat(source)
    const store = await BenchStore.start('unshaped', size, source, { keep: true })
    const client = new S3Client(store.arena.client)
    const made: Round[] = []
    try {
      const bench = new Bench(store, client, folder, source, options)
      for (let n = 0; n < rounds; n++) made.push(await bench.round(n))
    } finally {
      client.destroy()
      await store.stop()
    }
    const figures = new Map(processes.map(count => [count, figuresOf(made, count, size)]))
    console.log(`One object in pieces: ${seconds} s of ${frame}, chunks of ${chunkSeconds} s, H.264 medium`)
    console.log(
      `MP4 of ${(size / 1e6).toFixed(0)} MB with its index last, one thread each, ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}`,
    )
    console.log(`${summary(made, figures, size)}\n\n${bySteps(made, processes[0]!, size)}\n`)
    const missed = [...figures].flatMap(([count, one]) =>
      missedGoals({ ...one, ofLimit: sharesCores(count) ? one.ofLimit : undefined }).map(
        line => `split over ${count}: ${line}`,
      ),
    )
    return { figures, missed }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** One process has nothing to gain; more than there are cores, no more. */
const sharesCores = (count: number) => count > 1 && count <= availableParallelism()

function summary(rounds: readonly Round[], figures: ReadonlyMap<number, SplitFigures>, size: number): string {
  const wall = (list: readonly SplitRun[]) => median(list.map(run => run.wall))
  const runsOf = (count: number) => rounds.map(({ split }) => split.get(count)!.run)
  const times = ['wall', 'speed-up', 'limit', 'of the limit']
  const head = ['processes', ...times, 'plan + join', 'CPU / unsplit', 'fetched', 'GETs', 'size', 'SSIM']
  const first = rounds[0]!.unsplit
  const rows = [
    [
      ...[
        UNSPLIT,
        `${wall(rounds.map(({ unsplit }) => unsplit)).toFixed(1)} s`,
        '',
        '',
        '',
        '',
        '',
        `${(sum(first.fetched) / size).toFixed(2)} ×`,
      ],
      ...[String(first.requests), `${(first.size / 1e6).toFixed(2)} MB`, first.ssim.toFixed(4)],
    ],
    ...[...figures].map(([count, one]) => [
      ...[String(count), `${wall(runsOf(count)).toFixed(1)} s`],
      ...[`${one.speedUp.toFixed(2)} ×`, `${one.limit.toFixed(2)} ×`, `${(100 * one.ofLimit).toFixed(0)} %`],
      ...[`${(100 * one.overhead).toFixed(1)} %`, `${one.cpu.toFixed(3)} ×`, `${one.fetched.toFixed(2)} ×`],
      ...[String(runsOf(count)[0]!.requests), `${one.size.toFixed(4)} ×`],
      `${one.ssim < 0 ? '−' : '+'}${Math.abs(one.ssim).toFixed(4)}`,
    ]),
  ]
  return table([head, ...rows])
}

/** What each step costs, in the run with the fewest processes. */
function bySteps(rounds: readonly Round[], count: number, size: number): string {
  const runs = rounds.map(({ unsplit, split }) => ({ unsplit, run: split.get(count)!.run }))
  const rows = Object.keys(runs[0]!.run.cpu).map(step => [
    step,
    `${(100 * median(runs.map(({ run, unsplit }) => run.cpu[step]! / sum(unsplit.cpu)))).toFixed(1)} %`,
    `${median(runs.map(({ run }) => run.fetched[step]! / size)).toFixed(3)} ×`,
  ])
  return table([['step', 'CPU / unsplit', 'fetched / source'], ...rows])
}
