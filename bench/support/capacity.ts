import { GiB, MiB } from '../../lib/options.js'
import type { Figures, Results, TopicResult } from './results.js'

/** How far one machine and one prefix go: the arithmetic of docs/performance.md, from what was measured. */

/** A machine to reckon with, and the store's limits. */
export interface Means {
  readonly cores: number
  /** Bytes of memory. */
  readonly memory: number
  /** Gbit/s each way. */
  readonly network: number
  /** Requests a second that a prefix of the store takes at least. */
  readonly reads: number
  readonly writes: number
}

/**
 * A large machine with a network of 100 Gbit/s, and what S3 states for a prefix:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
 */
export const LARGE: Means = { cores: 64, memory: 256 * GiB, network: 100, reads: 5500, writes: 3500 }

/** What each GiB and each pipeline takes. */
export interface Costs {
  /** CPU seconds of Node a GiB. */
  readonly nodeCpu: number
  /** CPU seconds of ffmpeg a GiB, copying. */
  readonly ffmpegCpu: number
  /** Bytes over idle of one pipeline. */
  readonly memory: number
  /** Bytes a second of one pipeline. */
  readonly rate: number
}

/** Costs of `-c copy` from S3 to S3; `undefined` if it was not measured, or in small sizes alone. */
export function costsOf(topics: Results['topics']): Costs | undefined {
  const [unshaped, shaped] = [topics['remux-unshaped'], topics['remux']]
  const [cost, pace] = [first(unshaped), first(shaped)]
  if (unshaped === undefined || shaped === undefined || cost === undefined || pace === undefined)
    return undefined
  if (unshaped.origin.quick || shaped.origin.quick) return undefined
  return {
    nodeCpu: (cost.cpu.median / unshaped.size) * GiB,
    ffmpegCpu: (cost.childCpu.median / unshaped.size) * GiB,
    memory: pace.memory.median,
    rate: shaped.size / pace.wall.median,
  }
}

function first(topic: TopicResult | undefined): Figures | undefined {
  return topic && Object.values(topic.contenders)[0]
}

/** One of the means, and how much of it is used. */
export interface Use {
  readonly what: keyof typeof REMEDIES
  readonly need: string
  /** Of the means: above 1, there is not enough. */
  readonly share: number
}

/** What to do when it bites. */
const REMEDIES = {
  'cores for Node': 'more processes, one a core: the JavaScript of one process runs on one core',
  'cores for ffmpeg': 'more machines: ffmpeg takes the same from file to file',
  memory: 'smaller `partSize` or `concurrency`, or fewer pipelines at once',
  'network, each way': 'more machines',
  'GETs of a prefix': 'larger `partSize` of the reader, or keys over several prefixes',
  'PUTs of a prefix': 'larger `partSize` of the sink, or keys over several prefixes',
}

/** A load: bytes read a second (about as many are written), and the objects they come in. */
export interface Load {
  readonly bytesPerSecond: number
  readonly objectsPerSecond: number
  /** Bytes of a range and of a part. */
  readonly partSize: number
}

/** How much of each of the means a load takes, the scarcest first. */
export function usesOf(
  { bytesPerSecond, objectsPerSecond, partSize }: Load,
  costs: Costs,
  means: Means,
): Use[] {
  const gibs = bytesPerSecond / GiB
  const [node, ffmpeg] = [gibs * costs.nodeCpu, gibs * costs.ffmpegCpu]
  const pipelines = Math.max(1, bytesPerSecond / costs.rate)
  const memory = pipelines * costs.memory
  const gbits = (bytesPerSecond * 8) / 1e9
  const requests = Math.max(objectsPerSecond, bytesPerSecond / partSize)
  // An upload in parts is created and completed.
  const writes = requests + 2 * objectsPerSecond
  const uses: Use[] = [
    { what: 'cores for Node', need: node.toFixed(1), share: node / means.cores },
    { what: 'cores for ffmpeg', need: ffmpeg.toFixed(1), share: ffmpeg / means.cores },
    { what: 'memory', need: `${(memory / GiB).toFixed(1)} GiB`, share: memory / means.memory },
    { what: 'network, each way', need: `${gbits.toFixed(1)} Gbit/s`, share: gbits / means.network },
    { what: 'GETs of a prefix', need: `${requests.toFixed(0)}/s`, share: requests / means.reads },
    { what: 'PUTs of a prefix', need: `${writes.toFixed(0)}/s`, share: writes / means.writes },
  ]
  return uses.sort((a, b) => b.share - a.share)
}

/** The load of 100 Gbit/s as rows; the first names the columns. */
export function fullNetworkRows(costs: Costs, means = LARGE): string[][] {
  const bytesPerSecond = (means.network * 1e9) / 8
  const load = { bytesPerSecond, objectsPerSecond: bytesPerSecond / GiB, partSize: 8 * MiB }
  return [
    ['', 'needs', `of a machine with ${means.cores} cores`, 'when it bites'],
    ...usesOf(load, costs, means).map(({ what, need, share }) => [
      what,
      need,
      `${(100 * share).toFixed(0)} %`,
      REMEDIES[what],
    ]),
  ]
}

const HOURLY = 10_000
const SIZES = [
  ['200 kB', 200e3],
  ['100 MiB', 100 * MiB],
  ['1 GiB', GiB],
  ['10 GiB', 10 * GiB],
] as const

/** 10,000 objects an hour of several sizes, as rows. */
export function hourlyRows(costs: Costs, means = LARGE): string[][] {
  return [
    ['10,000 an hour of', 'Gbit/s', 'cores', 'bites first', 'what to set'],
    ...SIZES.map(([name, size]) => {
      const objectsPerSecond = HOURLY / 3600
      const bytesPerSecond = objectsPerSecond * size
      const uses = usesOf({ bytesPerSecond, objectsPerSecond, partSize: 8 * MiB }, costs, means)
      const [scarce] = uses
      const cores = (bytesPerSecond / GiB) * (costs.nodeCpu + costs.ffmpegCpu)
      return [
        ...[name, ((bytesPerSecond * 8) / 1e9).toFixed(1), cores.toFixed(1)],
        `${scarce!.what}: ${(100 * scarce!.share).toFixed(0)} %`,
        REMEDIES[scarce!.what],
      ]
    }),
  ]
}
