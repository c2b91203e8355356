import { codeAt } from '../boxes/box-header.js'
import { Box } from '../boxes/box.js'
import { type DefaultsOf, Fragment, type TrackFragment } from './fragment.js'

/** The longest `moof` to look for again: a longer one has so many samples that reading its boxes is a small part. */
const MAX_LENGTH = 1024

/**
 * A `moof` as a pattern for those like it, which with a fragment per frame are nearly all. They differ in few numbers:
 * the sequence number, the decode times, the data offsets, and what is stated of each sample. All other bytes are the
 * same, so the boxes, their sizes, flags and counts need not be read again.
 */
export class FragmentPattern {
  /** Length of the `moof`. */
  readonly length: number
  /** The `moof`, read from a copy. */
  readonly #fragment: Fragment
  /** Where the words of four bytes start that are the same in all, and the words. */
  readonly #places: Int32Array
  readonly #words: Int32Array
  readonly #sequence: number
  /** Where the `moof` read last starts in its buffer. */
  #at = 0

  private constructor(fragment: Fragment, places: readonly number[]) {
    const { bytes } = fragment.box
    this.length = bytes.length
    this.#fragment = fragment
    this.#sequence = fragment.mfhd.contentStart + 4
    this.#places = Int32Array.from(places)
    this.#words = this.#places.map(place => codeAt(bytes, place))
  }

  /**
   * The pattern of a `moof` without errors; `undefined` if it is long, or one of the rarer kinds: each track once, with
   * a time and samples, whose data offsets count from the `moof`.
   */
  static of({ raw }: Box, defaultsOf: DefaultsOf): FragmentPattern | undefined {
    if (raw.length > MAX_LENGTH) return undefined
    const bytes = Buffer.from(raw)
    const fragment = new Fragment()
    fragment.read(Box.topLevel(bytes, 0, bytes.length, 0, 0), defaultsOf)
    const { tracks } = fragment
    const isUsual = tracks.length > 0 && tracks.every(isOfUsualKind)
    const isOnce = new Set(tracks.map(({ trackId }) => trackId)).size === tracks.length
    const places = isUsual && isOnce ? samePlaces(fragment) : undefined
    return places && new FragmentPattern(fragment, places)
  }

  /** Whether there is a `moof` like it at `at`; its length is within `view`. */
  fits(view: DataView, at: number): boolean {
    const places = this.#places
    const words = this.#words
    for (let n = 0; n < places.length; n++) if (view.getInt32(at + places[n]!) !== words[n]) return false
    return true
  }

  /** The `moof` at `at`, which fits, has its decode times and samples in {@link tracks} from here on. */
  read(bytes: Buffer, at: number): void {
    const by = at - this.#at
    this.#at = at
    for (const { tfdt, runs } of this.#fragment.tracks) {
      tfdt.shift(bytes, by)
      for (const run of runs) run.repeat(bytes, by)
    }
  }

  /** Sequence number of the `moof` at `at`, which fits. */
  sequenceAt(view: DataView, at: number): number {
    return view.getUint32(at + this.#sequence)
  }

  /** The track fragments, whose places in the stream are unknown. */
  get tracks(): readonly TrackFragment[] {
    return this.#fragment.tracks
  }
}

function isOfUsualKind(track: TrackFragment, index: number): boolean {
  return (
    track.hasSamples &&
    !track.durationIsEmpty &&
    !track.hasAuxiliaryOffsets &&
    track.decodeTime !== undefined &&
    track.baseDataOffset === undefined &&
    // The first track's count from there without the flag.
    (track.defaultBaseIsMoof || index === 0) &&
    track.runs[0]!.dataOffset !== undefined
  )
}

/**
 * Where the words of four bytes start that cover all bytes outside of the numbers that differ; they may overlap.
 * `undefined` if fewer bytes than a word lie between two of these numbers. The `moof` starts its buffer.
 */
function samePlaces({ box, mfhd, tracks }: Fragment): number[] | undefined {
  const differ: [start: number, end: number][] = [[mfhd.contentStart + 4, mfhd.contentStart + 8]]
  for (const { tfdt, runs } of tracks) {
    differ.push([tfdt.contentStart + 4, tfdt.contentStart + (tfdt.version === 1 ? 12 : 8)])
    for (const run of runs) differ.push([run.fieldsStart, run.fieldsEnd])
  }
  differ.sort(([one], [other]) => one - other)
  differ.push([box.end, box.end])
  const places: number[] = []
  let start = 0
  for (const [end, next] of differ) {
    if (end > start && end < start + 4) return undefined
    for (let at = start; at < end; at += 4) places.push(Math.min(at, end - 4))
    start = next
  }
  return places
}
