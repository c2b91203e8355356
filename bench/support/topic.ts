import type * as library from '../../lib/index.js'
import type { LocalClientConfig } from '../../lib/testing/local-s3.js'

/**
 * A benchmark is a topic: a few contenders that do the same work in turns, each run in a process of its own (for its
 * peak memory), against a store in another process. Machines are noisy: the ratio between contenders of one run counts,
 * and the percentage of the limit model.
 */

/** The package's main entry point, built: of the working tree, or of the commit it is compared with. */
export type Library = typeof library

/** The limit model of the store: a cap per connection and a time to first byte. */
export interface Limit {
  /** Time to first byte, in milliseconds. */
  readonly ttfb: number
  /** Cap of one connection, in bytes per second. */
  readonly bytesPerSecond: number
}

/** How much a contender may have under way, where the topic leaves that open. */
export interface Window {
  /** Bytes of one range or part. */
  readonly partSize: number
  /** Requests at once, each way. */
  readonly concurrency: number
}

/** The environment that a contender runs in. */
export interface Arena {
  /** Endpoint and credentials of the store, to spread into an S3 client's configuration. */
  readonly client: LocalClientConfig

  /** The bucket to read from; bytes written to it are counted and discarded. */
  readonly bucket: string
  /** The key of the object to read. */
  readonly key: string
  /** The media file, if the topic asked for one; the object to read is a copy of it. */
  readonly file: string
  /** Size of the work, in bytes. */
  readonly size: number
  /** URL of the library's entry point that `library()` loads. */
  readonly library: string
  /** Programs and modules of the peers that could be had: paths by name. */
  readonly peers: Readonly<Record<string, string>>
  /** The point of a curve: what it varies, if anything. */
  readonly window?: Window
  /** Pipelines, objects or repetitions at once or in turn, if the topic counts them. */
  readonly count?: number
}

/** Where a store is, and what it holds. */
export type StoreArena = Pick<Arena, 'client' | 'bucket' | 'key'>

/** What a contender reports: the bytes moved, or those and more. */
export interface Moved {
  readonly bytes: number
  /**
   * CPU seconds that count as the contender's own beyond its Node process: those of its helper programs other than
   * ffmpeg.
   */
  readonly helperCpu?: number
  /** Peak resident set of its helper programs together, in bytes. */
  readonly helperMemory?: number
  /** A figure of the topic's own, in its unit. */
  readonly figure?: number
}

/**
 * One way of doing the work. Resolves with the number of bytes moved: a contender that moves fewer has failed. `load`
 * imports the library that the arena names.
 */
export type Contender = (arena: Arena, load: () => Promise<Library>) => Promise<number | Moved>

/** Contenders side by side. */
export interface Topic {
  /**
   * Bytes that each contender moves before the clock starts, so that its code is compiled. Default: none, as most
   * topics move data for seconds.
   */
  readonly warmUp?: number
  readonly title: string
  /** The conditions of the figures: sizes, ranges, connections. */
  readonly setting: string
  /** Bytes to move; approximate for media. */
  readonly size: number
  /**
   * What to read: synthetic bytes; a Matroska file with H.264 and AAC in 720p, or in 1080p; an MP4 of the first with its
   * index at the end; or AAC in ADTS. Nothing if omitted.
   */
  readonly source?: 'bytes' | 'media' | 'hd' | 'mp4' | 'audio'
  /** The store: by the limit model, as fast as it can, or none. */
  readonly store: Limit | 'unshaped' | 'none'
  /** Whether the store speaks https. */
  readonly tls?: boolean
  /** Seconds that the limit model gives for work of `size` bytes, if there is a limit. */
  readonly limitSeconds?: (size: number) => number
  /** By name. The first is this library, the others are the peers. */
  readonly contenders: Readonly<Record<string, Contender>>
  /**
   * What the clock covers: the work alone, with everything imported before, or the whole process from its start to its
   * end. The work by default.
   */
  readonly clock?: 'work' | 'process'
  /** Contenders that run the library, which `--against` repeats with another commit. The first alone by default. */
  readonly ours?: readonly string[]
  /** Contenders that need a peer, by its name in `bench/support/peers.ts`: left out, with the reason, without it. */
  readonly needs?: Readonly<Record<string, string>>
  /** The object that these contenders store: a copy of all media that is read, held against its size after each run. */
  readonly stored?: { readonly key: string; readonly contenders: readonly string[] }
  /** What `figure` is, with its unit: printed beside the others. */
  readonly figure?: string
  /** Bytes to move by `--quick`: a sixteenth by default. */
  readonly quickSize?: number
  /** The arena's `count`, and that of `--quick`. */
  readonly count?: { readonly full: number; readonly quick: number }
}

/**
 * Seconds for `size` bytes in ranges of `range` over `connections`: a connection needs TTFB + S/c for a range of S
 * bytes at its own cap c, and N of them share the work.
 */
export function limitSeconds(size: number, range: number, connections: number, limit: Limit): number {
  const oneRange = limit.ttfb / 1000 + range / limit.bytesPerSecond
  return size / ((connections * range) / oneRange)
}

/** The cost of one run of a contender. */
export interface Run {
  readonly bytes: number
  /** Seconds on the clock. */
  readonly wall: number
  /**
   * CPU seconds of all threads of the contender's process (getrusage(2), RUSAGE_SELF) and of its helper programs, user
   * and system, without ffmpeg's and the store's.
   */
  readonly cpu: number
  /** CPU seconds of the work alone, even where the whole process counts. */
  readonly workCpu: number
  /** CPU seconds of the processes that the contender started and that ended: ffmpeg's, where it starts nothing else. */
  readonly childCpu: number
  /** Growth of the peak resident set during the run, in bytes. */
  readonly memory: number
  /** The topic's own figure. */
  readonly figure?: number
}
