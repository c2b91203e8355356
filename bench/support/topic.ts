/**
 * A benchmark is a topic: a few contenders that do the same work in turns, each run in a process of its own (for its
 * peak memory), against a store in another process. Machines are noisy: the ratio between contenders of one run counts,
 * and the percentage of the limit model.
 */

/** The limit model of the store: a cap per connection and a time to first byte. */
export interface Limit {
  /** Time to first byte, in milliseconds. */
  readonly ttfb: number
  /** Cap of one connection, in bytes per second. */
  readonly bytesPerSecond: number
}

/** The environment that a contender runs in. */
export interface Arena {
  /** Endpoint and credentials of the store, to spread into an S3 client's configuration. */
  readonly client: {
    readonly endpoint: string
    readonly region: string
    readonly forcePathStyle: true
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** The bucket to read from; bytes written to it are counted and discarded. */
  readonly bucket: string
  /** The key of the object to read. */
  readonly key: string
  /** The media file, if the topic asked for one; the object to read is a copy of it. */
  readonly file: string
  /** Size of the work, in bytes. */
  readonly size: number
}

/** One way of doing the work. Resolves with the number of bytes moved: a contender that moves fewer has failed. */
export type Contender = (arena: Arena) => Promise<number>

/** Contenders side by side. */
export interface Topic {
  readonly title: string
  /** The conditions of the figures: sizes, ranges, connections. */
  readonly setting: string
  /** Bytes to move; approximate for media. */
  readonly size: number
  /** What to read: synthetic bytes, or a Matroska file with H.264 and AAC. Nothing if omitted. */
  readonly source?: 'bytes' | 'media'
  /** The store: by the limit model, as fast as it can, or none. */
  readonly store: Limit | 'unshaped' | 'none'
  /** Seconds that the limit model gives for work of `size` bytes, if there is a limit. */
  readonly limitSeconds?: (size: number) => number
  /** By name. The first is this library, the others are the peers. */
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

/** The cost of one run of a contender. */
export interface Run {
  readonly bytes: number
  /** Seconds on the clock. */
  readonly wall: number
  /** CPU seconds of the contender's own process, user and system, without ffmpeg's and the store's. */
  readonly cpu: number
  /** Growth of the peak resident set during the run, in bytes. */
  readonly memory: number
}
