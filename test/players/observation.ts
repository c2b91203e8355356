/** The page's record of a playback, written by `page/main.js`. Times are in seconds of media. */
export interface Observation {
  /** Whether a first frame was shown. */
  readonly isReady: boolean
  readonly first?: Shown
  readonly last?: Shown
  /** Frames shown during playback. */
  readonly frames: readonly Shown[]
  /** Where playback began. */
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

/** A frame: its time, the number drawn in it, and its height, which identifies the rendition. */
export interface Shown {
  readonly time: number
  readonly number: number
  readonly height: number
}

/** Bytes appended to a buffer. */
export interface Append {
  readonly type: string
  /** Hashes of the fragments' payloads. */
  readonly payloads: readonly number[]
  /** The buffered ranges before and after. */
  readonly before: Ranges
  readonly after: Ranges
  readonly windowEnd: number | null
}
