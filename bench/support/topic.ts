/**
 * A benchmark is a topic: a few contenders that do the same work, run in turns in one go, each run in a process of its
 * own (so that peak memory is its own), against a store in yet another process. These machines are noisy: what counts
 * is the ratio between contenders of one run, and the percentage of what the limit model allows.
 */

/** How the store answers: the limit model of the design, a connection's own cap and its time to first byte. */
export interface Limit {
  /** Time to first byte, in milliseconds. */
  readonly ttfb: number
  /** Cap of one connection, in bytes per second. */
  readonly bytesPerSecond: number
}

/** The environment that a contender runs in. */
export interface Arena {
  /** Endpoint and credentials of the store, to be spread into an S3 client's configuration. */
  readonly client: {
    readonly endpoint: string
    readonly region: string
    readonly forcePathStyle: true
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** The bucket to read from; what is written to it is counted and discarded. */
  readonly bucket: string
  /** The key of the object to read. */
  readonly key: string
  /** The media file, where the topic asked for one; the object to read is a copy of it. */
  readonly file: string
  /** Size of the work, in bytes. */
  readonly size: number
}

/** One way of doing the work. Resolves with the bytes it moved: a contender that moves fewer has not done it. */
export type Contender = (arena: Arena) => Promise<number>

/** Contenders side by side. */
export interface Topic {
  readonly title: string
  /** What the figures depend on: sizes, ranges, connections. */
  readonly setting: string
  /** Bytes to move; of media, about that many. */
  readonly size: number
  /** What is read: synthetic bytes, or a Matroska file with H.264 and AAC. Nothing when absent. */
  readonly source?: 'bytes' | 'media'
  /** How the store answers: by the limit model, as fast as it can, or there is none. */
  readonly store: Limit | 'unshaped' | 'none'
  /** Seconds that the limit model gives for work of `size` bytes, where there is a limit. */
  readonly limitSeconds?: (size: number) => number
  /** By name. The first is ours, the others are the peers. */
  readonly contenders: Readonly<Record<string, Contender>>
}

/**
 * Seconds for `size` bytes in ranges of `range` over `connections`: a connection needs TTFB + S/c for a range of S
 * bytes at its own cap c, and N of them share the work.
 */
export function limitSeconds(size: number, range: number, connections: number, limit: Limit): number {
  const oneRange = limit.ttfb / 1000 + range / limit.bytesPerSecond
  return size / ((connections * range) / oneRange)
}

/** What one run of a contender took. */
export interface Run {
  readonly bytes: number
  /** Seconds on the clock. */
  readonly wall: number
  /** CPU seconds of the contender's own process, user and system; ffmpeg's and the store's are not in it. */
  readonly cpu: number
  /** Largest resident set above what the process had before, in bytes. */
  readonly memory: number
}
