/** What the page saw of a playback: `page/main.js` writes it. Times are in seconds of media. */
export interface Observation {
  /** Whether it came to a first picture. */
  readonly isReady: boolean
  readonly first?: Shown
  readonly last?: Shown
  /** Pictures that were shown while it played. */
  readonly frames: readonly Shown[]
  /** Where it began to play. */
  readonly start: number
  readonly isEnded: boolean
  readonly time: number
  readonly duration: number | null
  readonly errors: readonly string[]
  readonly played: Ranges
  readonly buffered: Ranges
  readonly buffers: readonly { readonly type: string; readonly buffered: Ranges }[]
  readonly appends: readonly Append[]
  readonly seeks: readonly { readonly asked: number; readonly shown?: Shown }[]
}

export type Ranges = readonly (readonly [number, number])[]

/** A picture: its time, the number in it, and its height, which tells the rendition. */
export interface Shown {
  readonly time: number
  readonly number: number
  readonly height: number
}

/** Bytes that were given to a buffer. */
export interface Append {
  readonly type: string
  /** Hashes of what fragments hold. */
  readonly payloads: readonly number[]
  /** What was buffered before and after. */
  readonly before: Ranges
  readonly after: Ranges
  readonly windowEnd: number | null
}
