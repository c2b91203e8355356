import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { promisify } from 'node:util'
import { table } from '../examples/support/format.js'
import { parseVersion } from '../lib/ffmpeg/binary/version.js'
import { Postgres } from '../test/support/servers/postgres.js'
import { Redis } from '../test/support/servers/redis.js'
import { type EngineBench, measureEngine } from './farm/measure-engine.js'
import { measureStart } from './farm/measure-start.js'
import { type StepBench, measureSteps } from './farm/measure-steps.js'
import type { EngineTimes, Measurements, StepTimes } from './simulate/measurements.js'
import { mean } from './simulate/random.js'
import { BenchStore } from './support/bench-store.js'

/**
 * What a farm consists of: the steps of films on one worker, the start of a worker, and the engines. `--save` keeps the
 * measurements for `npm run simulate`.
 */

/** What to measure. */
export interface FarmBench {
  readonly steps: StepBench
  readonly engine: EngineBench
  /** Starts of a worker. */
  readonly starts: number
}

/** Ten minutes on an idle machine. */
export const FARM_BENCH: FarmBench = {
  steps: {
    films: [
      { seconds: 12, chunkSeconds: 3 },
      { seconds: 36, chunkSeconds: 9 },
    ],
    ...{ frame: '1280x720', rounds: 3, wait: 300 },
  },
  engine: { latency: 500, throughput: 5000 },
  starts: 10,
}

const FILE = new URL('simulate/measurements.json', import.meta.url)

/** Measures, and prints what it has found. */
export async function run({ steps, engine, starts }: FarmBench, save = false): Promise<Measurements> {
  const [load] = loadavg()
  const times = await measureSteps(steps)
  const store = await BenchStore.start('unshaped', 1, undefined)
  let workerStart
  try {
    workerStart = await measureStart(store.arena, starts)
  } finally {
    await store.stop()
  }
  const { stdout } = await promisify(execFile)('ffmpeg', ['-version'])
  const [short, long] = steps.films
  const measured: Measurements = {
    origin: {
      command: 'npm run bench -- farm --save',
      date: new Date().toISOString().slice(0, 10),
      ...{
        ffmpeg: parseVersion(stdout)!.name,
        cores: availableParallelism(),
        load: Number(load!.toFixed(1)),
      },
      media: `${steps.frame}, x264 medium, one thread, chunks of ${short!.chunkSeconds} and ${long?.chunkSeconds ?? short!.chunkSeconds} s`,
    },
    ...times,
    workerStart,
    engines: { redis: await onServer(Redis, engine), postgres: await onServer(Postgres, engine) },
  }
  console.log(reportOf(measured))
  if (save) writeFileSync(FILE, `${JSON.stringify(measured, null, 2)}\n`)
  return measured
}

async function onServer(server: typeof Redis | typeof Postgres, bench: EngineBench): Promise<EngineTimes> {
  const started = await server.start()
  try {
    return await measureEngine(started.url, bench)
  } finally {
    await started.stop()
  }
}

function reportOf({ origin, workerStart, engines, ...measured }: Measurements): string {
  const row = (name: string, times: StepTimes) => [
    ...[name, `${times.fixed.toFixed(2)} s`, `${times.perMediaSecond.toFixed(3)} s`],
    ...[times.reads, times.writes, times.trips].map(count => count.toFixed(0)),
  ]
  const { plan, chunk, audio, join, whole } = measured
  const steps = [
    ['step', 'in any case', 'each second', 'reads', 'writes', 'waits'],
    ...Object.entries({ plan, chunk, audio, join, whole }).map(([name, times]) => row(name, times)),
  ]
  const queues = [
    ['engine', 'a job', 'jobs a second'],
    ...Object.entries(engines).map(([name, { latency, perSecond }]) => [
      ...[name, `${(1000 * mean(latency)).toFixed(2)} ms`, perSecond.toFixed(0)],
    ]),
  ]
  return [
    `CPU time of steps: ${origin.media}, ${origin.cores} cores, load ${origin.load}`,
    table(steps),
    `\nBullMQ by itself, with jobs that do nothing\n${table(queues)}`,
    `\nA worker is ready after ${mean(workerStart).toFixed(2)} s`,
  ].join('\n')
}
