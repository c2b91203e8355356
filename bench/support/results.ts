import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import type { Ceiling, NoCeiling } from './curl-ceiling.js'
import { median } from './median.js'
import type { MissingPeer } from './peers.js'

/** What `npm run bench -- --write` keeps, and the page and the plots are made of. */

/** The middle of several rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** How, where and when a topic was measured. */
export interface Origin {
  /** Day and time, in UTC. */
  readonly date: string
  /** The commit of the working tree, with `+` if it had changes. */
  readonly commit: string
  readonly node: string
  readonly ffmpeg: string
  readonly cpu: string
  readonly cores: number
  /** Bytes. */
  readonly memory: number
  readonly rounds: number
  /** Measured with the small sizes of `--quick`. */
  readonly quick: boolean
  /** Cores that other processes of the machine used meanwhile; `undefined` where the system does not tell. */
  readonly others: number | undefined
}

/** The figures of one contender. */
export interface Figures {
  /** Seconds. */
  readonly wall: Spread
  /** CPU seconds of all threads. */
  readonly cpu: Spread
  readonly workCpu: Spread
  /** CPU seconds of its children: ffmpeg, and for shell pipelines all programs. */
  readonly childCpu: Spread
  /** Growth of the peak resident set, in bytes. */
  readonly memory: Spread
  readonly figure?: Spread
}

/** A topic's figures. */
export interface TopicResult {
  readonly title: string
  readonly setting: string
  readonly origin: Origin
  /** Bytes of the work. */
  readonly size: number
  readonly count?: number
  /** What `figure` of the contenders is. */
  readonly figure?: string
  readonly limitSeconds?: number
  readonly ceiling?: Ceiling | NoCeiling
  /** By name; the first is this library. The commit of `--against` has {@link AGAINST} behind its name. */
  readonly contenders: Readonly<Record<string, Figures>>
  /** Contenders that could not be measured: the reasons by name. */
  readonly missing: Readonly<Record<string, string>>
  /** The commit that was measured beside. */
  readonly against?: string
}

/** One point of a curve. */
export interface Point {
  readonly x: number
  /** What was done: a line of the plot. */
  readonly line: string
  readonly bytes: number
  readonly wall: Spread
  readonly cpu: Spread
  readonly memory: Spread
  /** What the limit model gives for it. */
  readonly limitSeconds?: number
  readonly reads: number
  readonly writes: number
}

/** The points of a curve. */
export interface CurveResult {
  readonly origin: Origin
  readonly setting: string
  readonly points: readonly Point[]
}

/** Everything measured so far; a run replaces the topics it measures. */
export interface Results {
  readonly topics: Readonly<Record<string, TopicResult>>
  readonly curves: Readonly<Record<string, CurveResult>>
  /** Versions of the peers, or why one could not be had. */
  readonly peers: Readonly<Record<string, { readonly version: string } | MissingPeer>>
}

/** Behind the name of a contender that runs the commit of `--against`. */
export const AGAINST = ' of the other commit'

/** The file. */
const RESULTS = new URL('../results.json', import.meta.url)

/** The kept results; nothing before the first `--write`. */
export function readResults(file = RESULTS): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { topics: {}, curves: {}, peers: {} }
  }
}

/** Keeps results, as the project formats JSON. */
export async function writeResults(results: Results): Promise<void> {
  const filepath = fileURLToPath(RESULTS)
  const options = await resolveConfig(filepath)
  writeFileSync(filepath, await format(JSON.stringify(results), { ...options, filepath }))
}

/** The spread of some values. */
export function spreadOf(values: readonly number[]): Spread {
  return {
    median: brief(median(values)),
    least: brief(Math.min(...values)),
    most: brief(Math.max(...values)),
  }
}

/** Five figures: no clock is better. */
function brief(value: number): number {
  return Number(value.toPrecision(5))
}
