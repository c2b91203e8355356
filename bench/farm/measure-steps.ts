import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PieceResult } from '../../lib/job/split/piece-result.js'
import type { SplitPlan } from '../../lib/job/split/split-plan.js'
import type { Measurements } from '../simulate/measurements.js'
import { BenchStore } from '../support/bench-store.js'
import { median } from '../support/median.js'
import { makeFilm } from '../support/film.js'
import type { Measured } from '../support/split-order.js'
import { SplitWorker } from '../support/split-worker.js'
import { type StepSample, fitSteps } from './fit-steps.js'

/**
 * How long the steps of a film take on one worker that has nothing else to do: two films, cut into chunks of two
 * lengths, so that what a step takes in any case is told from what it takes for each second. CPU time counts, which other
 * programs on the machine change less than the clock; what a step waits for is measured with a store that lets each
 * first byte wait.
 */

/** What to measure. */
export interface StepBench {
  readonly films: readonly { readonly seconds: number; readonly chunkSeconds: number }[]
  readonly frame: string
  readonly rounds: number
  /** Milliseconds that a first byte waits, to count how often a step waits for one. */
  readonly wait: number
}

const BUCKET = 'bench'
/** The encoder's arguments, for all runs. */
export const ENCODER = ['-c:v', 'libx264', '-crf', '23', '-c:a', 'aac']
const KINDS = ['plan', 'chunk', 'audio', 'join', 'whole'] as const
type Kind = (typeof KINDS)[number]

type Samples = Record<Kind, (StepSample & { readonly wall: number })[]>

/** The times of all steps. */
export async function measureSteps(bench: StepBench): Promise<Pick<Measurements, Kind>> {
  const { films, rounds, wait } = bench
  const calm = await sampled(bench, films, rounds, 0)
  const [short] = films
  const waiting = await sampled(bench, [short!], 1, wait)
  const times = KINDS.map(kind => {
    const wall = (samples: Samples) =>
      median(samples[kind].filter(({ length }) => length === waiting[kind][0]!.length).map(one => one.wall))
    const waits = Math.round((wall(waiting) - wall(calm)) / (wait / 1000))
    // On a busy machine the clock says more than there are requests to wait for.
    const requests = median(waiting[kind].map(one => one.reads + one.writes))
    const trips = Math.max(0, Math.min(waits, requests))
    return [kind, fitSteps(calm[kind], trips)]
  })
  return Object.fromEntries(times) as Pick<Measurements, Kind>
}

async function sampled(
  { frame }: StepBench,
  films: StepBench['films'],
  rounds: number,
  wait: number,
): Promise<Samples> {
  const samples = Object.fromEntries(KINDS.map(kind => [kind, [] as Samples[Kind]])) as Samples
  for (const film of films) {
    const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
    try {
      const path = join(folder, 'film.mp4')
      await makeFilm(path, { seconds: film.seconds, frame })
      const limit = wait === 0 ? 'unshaped' : { ttfb: wait, bytesPerSecond: 1e9 }
      const store = await BenchStore.start(limit, (await stat(path)).size, path, { keep: true })
      try {
        for (let round = 0; round < rounds; round++) await sampleFilm(store, film, round, samples)
      } finally {
        await store.stop()
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  return samples
}

/** One film, step by step, then as a whole. */
async function sampleFilm(
  store: BenchStore,
  { seconds, chunkSeconds }: StepBench['films'][number],
  round: number,
  samples: Samples,
): Promise<void> {
  const worker = await SplitWorker.start(store.arena.client)
  const step = async <Value>(kind: Kind, length: number, run: () => Promise<Measured<Value>>) => {
    await store.fetched()
    const started = performance.now()
    const { value, cpu } = await run()
    const wall = (performance.now() - started) / 1000
    const { reads, writes } = await store.fetched()
    samples[kind].push({ length, cpu, wall, reads, writes })
    return value
  }
  try {
    const key = `film-${round}.mp4`
    const plan = await step('plan', seconds, () =>
      worker.plan({
        ...{ source: { bucket: BUCKET, key: 'source' }, output: { bucket: BUCKET, key }, args: ENCODER },
        ...{ work: { bucket: BUCKET, prefix: 'work/' }, chunkSeconds, mode: 'required', threads: 1 },
      }),
    )
    if (plan.unsplit !== undefined) throw new Error(plan.unsplit.message)
    const results: PieceResult[] = [await step('audio', seconds, () => worker.audio(plan))]
    for (const n of plan.chunks.keys()) {
      const length = Math.round(chunkLength(plan, n))
      results.push(await step('chunk', length, () => worker.chunk(plan, n)))
    }
    await step('join', seconds, () => worker.join(plan, results))
    await worker.remove(plan)
    await step('whole', seconds, () => worker.whole(plan, `whole-${round}.mp4`))
  } finally {
    await worker.stop()
  }
}

function chunkLength({ chunks, video }: SplitPlan, n: number): number {
  const [numerator, denominator] = video.rate.split('/').map(Number)
  const { start, end } = chunks[n]!
  return ((end - start) * (denominator ?? 1)) / numerator!
}
