import { KiB, MiB } from '../lib/options.js'
import { BenchStore } from './support/bench-store.js'
import { bundleTopic } from './support/bundle-topic.js'
import { originOf, watchOthers } from './support/machine.js'
import { MediaFile } from './support/media-file.js'
import { type CurveResult, type Point, spreadOf } from './support/results.js'
import { runContender } from './support/run-contender.js'
import { type Arena, type Limit, type Run, type Window, limitSeconds } from './support/topic.js'

/** How cost grows: one thing is varied, everything else stays. Each point is a process of its own. */
export interface Curve {
  readonly title: string
  /** What stays the same. */
  readonly setting: string
  /** What the points vary, with its unit. */
  readonly axis: string
  readonly values: readonly number[]
  /** Kinds of work: a line each. */
  readonly work: readonly ('read' | 'upload' | 'remux' | 'pipelines')[]
  /** Bytes of a point's work. */
  readonly size: number
  readonly store: (value: number) => Limit | 'unshaped'
  readonly window?: (value: number) => Window
  readonly count?: (value: number) => number
}

const LIMIT: Limit = { ttfb: 30, bytesPerSecond: 25e6 }
const SHAPED = '30 ms to first byte, 25 MB/s a connection'

/** The curves, by the names of their plots. */
export const CURVES: Readonly<Record<string, Curve>> = {
  connections: {
    title: 'Throughput by connections',
    setting: `${SHAPED}, S = 8 MiB`,
    axis: 'connections',
    values: [1, 2, 4, 8, 16, 32, 64],
    work: ['read', 'upload'],
    size: 512 * MiB,
    store: () => LIMIT,
    window: concurrency => ({ partSize: 8 * MiB, concurrency }),
  },
  ttfb: {
    title: 'Throughput by time to first byte',
    setting: 'N = 16, S = 8 MiB, 25 MB/s a connection',
    axis: 'milliseconds to the first byte',
    values: [1, 10, 30, 100, 300],
    work: ['read', 'upload'],
    size: 512 * MiB,
    store: ttfb => ({ ...LIMIT, ttfb }),
    window: () => ({ partSize: 8 * MiB, concurrency: 16 }),
  },
  'part-size': {
    title: 'Throughput and requests by part size',
    setting: `${SHAPED}, N = 16`,
    axis: 'MiB of a part',
    values: [5, 8, 16, 32],
    work: ['read', 'upload'],
    size: 512 * MiB,
    store: () => LIMIT,
    window: size => ({ partSize: size * MiB, concurrency: 16 }),
  },
  window: {
    title: 'Peak memory over idle by the window',
    setting: `${SHAPED}, S = 8 MiB: the window is N × S each way`,
    axis: 'MiB of a window',
    values: [8, 16, 32, 64, 128, 256],
    work: ['read', 'upload', 'remux'],
    size: 512 * MiB,
    store: () => LIMIT,
    window: size => ({ partSize: 8 * MiB, concurrency: size / 8 }),
  },
  pipelines: {
    title: 'Pipelines in one process',
    setting: 'S3 → ffmpeg -c copy → S3 without limits, default options',
    axis: 'pipelines',
    values: [1, 2, 4, 8, 16, 32],
    work: ['pipelines'],
    size: 64 * MiB,
    store: () => 'unshaped',
    count: pipelines => pipelines,
  },
}

/** What `--quick` leaves of a curve. */
export function quickCurve(curve: Curve): Curve {
  const { values, size } = curve
  const ends = [values[0]!, values[values.length >> 1]!, values.at(-1)!]
  return { ...curve, values: ends, size: Math.max(size / 8, 16 * MiB) }
}

/** Measures a curve. */
export async function runCurve(
  curve: Curve,
  { rounds, quick, library }: { rounds: number; quick: boolean; library: string },
): Promise<CurveResult> {
  const { values, work, setting } = quick ? quickCurve(curve) : curve
  const { size } = quick ? quickCurve(curve) : curve
  const program = await bundleTopic('curve-work')
  const media = work.includes('remux') ? await MediaFile.make(size) : undefined
  const others = watchOthers()
  const points: Point[] = []
  try {
    for (const x of values) {
      for (const line of work) {
        const limit = curve.store(x)
        const file = line === 'remux' ? media : undefined
        const bytes = file?.size ?? size
        const store = await BenchStore.start(limit, bytes, file?.path)
        try {
          const window = curve.window?.(x)
          const arena: Arena = {
            ...{ ...store.arena, file: file?.path ?? '', size: bytes, library, peers: {} },
            ...(window && { window }),
            ...(curve.count && { count: curve.count(x) }),
          }
          const runs: Run[] = []
          for (let round = 0; round < rounds; round++)
            runs.push(await runContender(program, { topic: 'curve-work', contender: line }, arena))
          const { reads, writes } = await store.fetched()
          const of = (value: (run: Run) => number) => spreadOf(runs.map(value))
          points.push({
            ...{ x, line, bytes: runs[0]!.bytes },
            ...{ wall: of(run => run.wall), cpu: of(run => run.cpu), memory: of(run => run.memory) },
            ...(limit !== 'unshaped' &&
              window && { limitSeconds: limitSeconds(bytes, window.partSize, window.concurrency, limit) }),
            ...{ reads: Math.round(reads / rounds), writes: Math.round(writes / rounds) },
          })
        } finally {
          await store.stop()
        }
      }
    }
    return { setting: `${sizeOf(size)}, ${setting}`, points, origin: await originOf(rounds, quick, others()) }
  } finally {
    await media?.remove()
  }
}

function sizeOf(bytes: number): string {
  return bytes >= MiB ? `${bytes / MiB} MiB` : `${bytes / KiB} KiB`
}
