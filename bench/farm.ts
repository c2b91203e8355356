import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { promisify } from 'node:util'
import { table } from '../examples/support/format.js'
import { parseVersion } from '../lib/ffmpeg/binary/version.js'
import { Postgres } from '../test/support/servers/postgres.js'
import type { QueueServer } from '../test/support/servers/queue-server.js'
import { Redis } from '../test/support/servers/redis.js'
import { type FarmsBench, measureFarms } from './farm/measure-farms.js'
import { type EngineBench, measureEngine } from './farm/measure-engine.js'
import { type OverheadBench, measureOverhead } from './farm/measure-overhead.js'
import { measureStart } from './farm/measure-start.js'
import { type StepBench, measureSteps } from './farm/measure-steps.js'
import { held } from './simulate/held.js'
import {
  type EngineTimes,
  type Measurements,
  type Overhead,
  type StepTimes,
  readMeasurements,
} from './simulate/measurements.js'
import { mean, middle } from './simulate/random.js'
import { overheadRows } from './simulate/report.js'
import { BenchStore } from './support/bench-store.js'

/**
 * A farm on this machine, and what it consists of: steps on one worker, the start of a worker, the engines by
 * themselves, and what they add to a step; then one, two and four worker processes on each engine, against bare loops.
 * `--save` keeps the measurements for `npm run simulate`; `--overhead` measures only what engines add to a step.
 */

/** What to measure. */
export interface FarmBench {
  readonly steps: StepBench
  readonly engine: EngineBench
  readonly overhead: OverheadBench
  readonly farms: FarmsBench
  /** Starts of a worker. */
  readonly starts: number
}

/** Twenty minutes on an idle machine of two cores. */
export const FARM_BENCH: FarmBench = {
  steps: {
    films: [
      { seconds: 12, chunkSeconds: 3 },
      { seconds: 36, chunkSeconds: 9 },
    ],
    ...{ frame: '1280x720', rounds: 3, wait: 300 },
  },
  engine: { latency: 500, throughput: 5000 },
  overhead: { objects: 20, chunks: 20, nothing: 100, turns: 20 },
  farms: {
    ...{ processes: [1, 2, 4], objects: 40, film: { seconds: 36, chunkSeconds: 3 } },
    ...{ frame: '1280x720', rounds: 1 },
  },
  starts: 10,
}

/** Limits of the figures. */
const GOALS = { overheadMs: 20, model: 0.25 }

const FILE = new URL('simulate/measurements.json', import.meta.url)

/** Measures, and prints what it has found; returns that, and the goals that are missed. */
export async function run(
  bench: FarmBench,
  save = false,
): Promise<{ measured: Measurements; missed: string[] }> {
  const { steps, starts } = bench
  const [load] = loadavg()
  const times = await measureSteps(steps)
  const workerStart = await startOf(starts)
  const { stdout } = await promisify(execFile)('ffmpeg', ['-version'])
  const [short, long] = steps.films
  const lengths = [...new Set([short!.chunkSeconds, (long ?? short!).chunkSeconds])].join(' and ')
  const queues = await onEngines(servers => measureQueues(bench, servers))
  const measured: Measurements = {
    origin: {
      command: 'npm run bench -- farm --save',
      date: new Date().toISOString().slice(0, 10),
      ...{
        ffmpeg: parseVersion(stdout)!.name,
        cores: availableParallelism(),
        load: Number(load!.toFixed(1)),
      },
      media: `${steps.frame}, x264 medium, one thread, chunks of ${lengths} s`,
    },
    ...times,
    workerStart,
    engines: queues.engines,
    overheads: queues.overheads,
    farms: { objects: bench.farms.objects, film: bench.farms.film, times: queues.times },
  }
  console.log(reportOf(measured))
  if (save) writeFileSync(FILE, `${JSON.stringify(measured, null, 2)}\n`)
  return { measured, missed: [...missedGoals(measured), ...missedOverheads(measured.overheads)] }
}

async function startOf(starts: number) {
  const store = await BenchStore.start('unshaped', 1, undefined)
  try {
    return await measureStart(store.arena, starts)
  } finally {
    await store.stop()
  }
}

/** Measures only what engines add to a step. With `save`, the rest of the kept measurements stays. */
export async function runOverhead(
  bench: OverheadBench,
  save = false,
): Promise<{ overheads: Measurements['overheads']; missed: string[] }> {
  const overheads = await onEngines(servers => measureOverhead(bench, servers))
  console.log(overheadTable(overheads))
  if (save) writeFileSync(FILE, `${JSON.stringify({ ...readMeasurements(), overheads }, null, 2)}\n`)
  return { overheads, missed: missedOverheads(overheads) }
}

type Servers = Readonly<Record<string, QueueServer>>

async function onEngines<T>(measure: (servers: Servers) => Promise<T>): Promise<T> {
  const [redis, postgres] = await Promise.all([Redis.start(), Postgres.start()])
  try {
    return await measure({ redis, postgres })
  } finally {
    await Promise.all([redis.stop(), postgres.stop()])
  }
}

async function measureQueues({ engine, overhead, farms }: FarmBench, servers: Servers) {
  const engines: Record<string, EngineTimes> = {}
  for (const [name, server] of Object.entries(servers)) {
    engines[name] = await measureEngine(server.url, engine)
    await server.empty()
  }
  const overheads = await measureOverhead(overhead, servers)
  for (const server of Object.values(servers)) await server.empty()
  const urls = Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, url]))
  return { engines, overheads, times: await measureFarms(farms, urls) }
}

/** Whether a step takes longer by an engine than allowed. */
export function missedOverheads(overheads: Measurements['overheads']): string[] {
  return Object.entries(overheads).flatMap(([engine, { object, piece }]) =>
    Object.entries({ object, piece }).flatMap(([kind, { seconds }]) => {
      const [, median] = middle(seconds)
      if (1000 * median <= GOALS.overheadMs) return []
      return [
        `farm: ${engine} adds ${(1000 * median).toFixed(1)} ms to a step (${kind}), goal ${GOALS.overheadMs} ms`,
      ]
    }),
  )
}

/** The model has to say what is measured. */
export function missedGoals(measured: Measurements): string[] {
  return held(measured)
    .filter(({ measured: wall, modelled }) => !(Math.abs(modelled / wall - 1) <= GOALS.model))
    .map(
      ({ engine, workers, measured: wall, modelled }) =>
        `farm: the model has ${modelled.toFixed(1)} s for ${workers} on ${engine}, measured are ${wall.toFixed(1)} s`,
    )
}

function reportOf(measured: Measurements): string {
  const { origin, workerStart, engines } = measured
  return [
    `CPU time of steps: ${origin.media}, ${origin.cores} cores, load ${origin.load}`,
    stepTable(measured),
    '\nBullMQ by itself, with jobs that do nothing',
    table([
      ['engine', 'a job', 'jobs a second'],
      ...Object.entries(engines).map(([name, { latency, perSecond }]) => [
        ...[name, `${(1000 * mean(latency)).toFixed(2)} ms`, perSecond.toFixed(0)],
      ]),
    ]),
    `\nA worker is ready after ${mean(workerStart).toFixed(2)} s`,
    `\n${measured.farms.objects} objects, and a film of ${measured.farms.film.seconds} s in chunks of ${measured.farms.film.chunkSeconds} s`,
    farmTable(measured),
    `\n${overheadTable(measured.overheads)}`,
  ].join('\n')
}

function overheadTable(overheads: Readonly<Record<string, Overhead>>): string {
  return `What an engine adds to a step, on one worker (goal: ${GOALS.overheadMs} ms)\n${table(overheadRows(overheads))}`
}

function stepTable({ plan, chunk, audio, join, whole }: Measurements): string {
  const row = (name: string, times: StepTimes) => [
    ...[name, `${times.fixed.toFixed(2)} s`, `${times.perMediaSecond.toFixed(3)} s`],
    ...[times.reads, times.writes, times.trips].map(count => count.toFixed(0)),
  ]
  return table([
    ['step', 'in any case', 'each second', 'reads', 'writes', 'waits'],
    ...Object.entries({ plan, chunk, audio, join, whole }).map(([name, times]) => row(name, times)),
  ])
}

function farmTable(measured: Measurements): string {
  const all = held(measured)
  const bare = (workers: number) => all.find(one => one.engine === 'none' && one.workers === workers)!
  return table([
    ['workers', 'objects/h', 'by bare loops', 'chunks/h', 'by bare loops', 'speed-up', 'film', 'the model'],
    ...all.map(one => [
      `${one.workers} on ${one.engine === 'none' ? 'no engine' : one.engine}`,
      ...[one.objects.toFixed(0), `${(one.objects / bare(one.workers).objects).toFixed(2)} ×`],
      ...[one.chunks.toFixed(0), `${(one.chunks / bare(one.workers).chunks).toFixed(2)} ×`],
      ...[`${one.speedUp.toFixed(2)} ×`, `${one.measured.toFixed(1)} s`, `${one.modelled.toFixed(1)} s`],
    ]),
  ])
}
