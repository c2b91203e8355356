import { GiB, MiB } from '../../lib/options.js'
import { AGAINST, type Figures, type Results, type TopicResult } from './results.js'

/** A goal: what is compared, and where the figure comes from. */
export interface Goal {
  readonly what: string
  /** How a figure is written. */
  readonly unit: '%' | '×' | 's' | 'MiB' | 'ms'
  readonly atLeast?: number
  readonly atMost?: number
  /** The topics it is about. */
  readonly topics: readonly string[]
  /** The figure; `undefined` if its topic, its peer or the other commit was not measured. */
  readonly figure: (topics: Results['topics']) => number | undefined
}

/** A goal beside its figure. */
export interface Judged {
  readonly what: string
  readonly goal: string
  readonly figure: string
  /** Small sizes are no measure: most of their time is the start of a process. */
  readonly verdict: 'reached' | 'missed' | 'not measured' | 'too small to judge'
}

type Topics = Results['topics']
type Take = (one: Figures) => number

const OURS = 'avio-streams'
const wall: Take = ({ wall }) => wall.median
const cpu: Take = ({ cpu }) => cpu.median

/** The first contender of a topic. */
function ours(topic: TopicResult): Figures | undefined {
  return Object.values(topic.contenders)[0]
}

/** Takes a figure of a topic, if it was measured. */
function of(
  name: string,
  take: (topic: TopicResult, ours: Figures) => number | undefined,
): Pick<Goal, 'topics' | 'figure'> {
  const figure = (topics: Topics) => {
    const topic = topics[name]
    const first = topic && ours(topic)
    return first && take(topic, first)
  }
  return { topics: [name], figure }
}

/** How much of the limit model's rate is reached. */
const ofTheLimit = (name: string) =>
  of(name, (topic, one) => topic.limitSeconds && topic.limitSeconds / wall(one))

/** A figure of a peer by ours: above 1, we are better. */
const peerByOurs = (name: string, peer: string, take: Take = wall) =>
  of(name, (topic, one) => {
    const other = topic.contenders[peer]
    return other && take(other) / take(one)
  })

/** A figure of ours by a peer's. */
const oursByPeer = (name: string, peer: string, take: Take = wall) =>
  of(name, (topic, one) => {
    const other = topic.contenders[peer]
    return other && take(one) / take(other)
  })

/** Ours by the commit of `--against`. */
const oursByOther = (name: string, take: Take) =>
  of(name, (topic, one) => {
    const other = topic.contenders[Object.keys(topic.contenders)[0]! + AGAINST]
    return other && take(one) / take(other)
  })

/** The wall time of ours by that of the fastest that others offer; ffmpeg between files is no offer. */
function oursByFastest({ contenders }: TopicResult, one: Figures): number | undefined {
  const others = Object.entries(contenders).filter(
    ([name]) => !name.startsWith(OURS) && !name.includes('file →'),
  )
  if (others.length === 0) return undefined
  return wall(one) / Math.min(...others.map(([, figures]) => wall(figures)))
}

const cpuOfGiB: (topic: TopicResult, one: Figures) => number = ({ size }, one) => (cpu(one) / size) * GiB

/** The goals of speed, in the order of the page. Ratios hold on any machine; seconds and MiB on the measuring one. */
export const SPEED_GOALS: readonly Goal[] = [
  {
    what: 'remux 1 GiB S3 → S3, shaped, of the limit',
    unit: '%',
    atLeast: 0.75,
    ...ofTheLimit('remux'),
  },
  {
    what: '… by `aws s3 cp | ffmpeg | aws s3 cp`, wall',
    ...{ unit: '×', atLeast: 2.3, ...peerByOurs('remux', 'aws s3 cp | ffmpeg | aws s3 cp') },
  },
  {
    what: '… by GetObject, spawn, Upload, wall',
    ...{ unit: '×', atLeast: 11, ...peerByOurs('remux', 'GetObject, spawn, Upload') },
  },
  { what: 'remux 4 GiB, shaped, of the limit', unit: '%', atLeast: 0.9, ...ofTheLimit('remux-long') },
  {
    what: 'remux 512 MiB, no shaping, ÷ the fastest peer, wall',
    ...{ unit: '×', atMost: 0.8, ...of('remux-unshaped', oursByFastest) },
  },
  {
    what: 'remux 1 GiB, no shaping: Node CPU a GiB, signed payload',
    unit: 's',
    atMost: 2.9,
    ...of('remux-cpu', cpuOfGiB),
  },
  { what: '… ÷ the other commit', unit: '×', atMost: 0.58, ...oursByOther('remux-cpu', cpu) },
  {
    what: '… Node CPU a GiB, unsigned payload',
    unit: 's',
    atMost: 2.3,
    ...of('remux-cpu', ({ contenders, size }) => {
      const unsigned = contenders[`${OURS}, unsigned payload`]
      return unsigned && (cpu(unsigned) / size) * GiB
    }),
  },
  { what: 'read, shaped, of the limit', unit: '%', atLeast: 0.95, ...ofTheLimit('read-shaped') },
  { what: 'upload, shaped, of the limit', unit: '%', atLeast: 0.85, ...ofTheLimit('upload-shaped') },
  {
    // The page has the calculation: no client that hashes the same is much faster.
    what: 'upload, no shaping, ÷ `node:http` alone, wall',
    ...{ unit: '×', atMost: 1.2, ...oursByPeer('upload', 'node:http alone') },
  },
  {
    what: '… CPU',
    ...{ unit: '×', atMost: 1.2, ...oursByPeer('upload', 'node:http alone', cpu) },
  },
  {
    // From file to file there is no pipe: two of them alone take twice as long.
    what: '`-c copy` through our pipes ÷ `cat | ffmpeg | cat`',
    ...{ unit: '×', atMost: 1.05, ...oursByPeer('pipe', 'cat | ffmpeg | cat') },
  },
  {
    what: 'transcode S3 → S3 (x264 medium, 1080p) ÷ file → file',
    ...{ unit: '×', atMost: 1.02, ...oursByPeer('transcode', 'ffmpeg file → file') },
  },
  {
    what: '… CPU of our process by that of its ffmpeg',
    unit: '%',
    atMost: 0.01,
    ...of('transcode', (_, { workCpu, childCpu }) => workCpu.median / childCpu.median),
  },
  {
    // Which fills and writes as much memory in turn as the cache has.
    what: 'block cache ÷ `node:http` alone, CPU',
    ...{ unit: '×', atMost: 1.5, ...oursByPeer('block-cache', 'node:http alone', cpu) },
  },
  {
    what: '… of an MP4 with its index last ÷ the other commit',
    ...{ unit: '×', atMost: 0.25, ...oursByOther('cache', cpu) },
  },
  {
    what: 'peak memory over idle, defaults, 1 GiB',
    unit: 'MiB',
    atMost: 140,
    ...of('memory', (_, { memory }) => memory.most / MiB),
  },
  {
    what: '… 64 GiB',
    unit: 'MiB',
    atMost: 140,
    ...of('memory-long', (_, { memory }) => memory.most / MiB),
  },
  {
    what: '… apart from each other',
    unit: '%',
    atMost: 0.05,
    topics: ['memory', 'memory-long'],
    figure: topics => {
      const [short, long] = [topics['memory'], topics['memory-long']].map(topic => topic && ours(topic))
      return short && long && Math.abs(long.memory.median / short.memory.median - 1)
    },
  },
  {
    what: '1,000 small objects a second ÷ a loop of ffmpeg',
    unit: '×',
    atLeast: 0.85,
    ...oursByPeer('small-objects', 'ffmpeg in a loop', ({ figure }) => figure!.median),
  },
  {
    what: 'construction → ffmpeg started, beyond spawn',
    unit: 'ms',
    atMost: 15,
    ...of('start', ({ contenders }, one) => {
      const bare = contenders['child_process.spawn']
      return bare && one.figure!.median - bare.figure!.median
    }),
  },
  {
    // Of compiled code, as for the next one: the page has the calculation.
    what: 'Fmp4Validator by PassThrough, rate',
    ...{ unit: '×', atLeast: 0.5, ...peerByOurs('validator', 'PassThrough') },
  },
  {
    what: 'a picture a fragment: by mp4frag, rate',
    ...{ unit: '×', atLeast: 4, ...peerByOurs('validator-frames', 'mp4frag') },
  },
]

function written(value: number, unit: Goal['unit']): string {
  if (unit === '%') return `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`
  const digits = unit === 'MiB' ? 0 : unit === 'ms' ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

/** Every goal beside what was measured. */
export function judge(topics: Topics, goals = SPEED_GOALS): Judged[] {
  return goals.map(({ what, unit, atLeast, atMost, topics: names, figure }) => {
    const value = figure(topics)
    const goal = atLeast === undefined ? `≤ ${written(atMost!, unit)}` : `≥ ${written(atLeast, unit)}`
    if (value === undefined || Number.isNaN(value))
      return { what, goal, figure: '', verdict: 'not measured' as const }
    const small = names.some(name => topics[name]?.origin.quick)
    const isReached = value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity)
    const verdict = small ? 'too small to judge' : isReached ? 'reached' : 'missed'
    return { what, goal, figure: written(value, unit), verdict }
  })
}

/** The goals as rows; the first names the columns. */
export function goalRows(judged: readonly Judged[]): string[][] {
  return [
    ['what', 'goal', 'measured', ''],
    ...judged.map(({ what, goal, figure, verdict }) => [what, goal, figure, verdict]),
  ]
}
