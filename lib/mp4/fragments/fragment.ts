import type { Box } from '../boxes/box.js'
import { codeAt, typeCode } from '../boxes/box-header.js'
import { InnerBox } from '../boxes/inner-box.js'
import type { SampleDefaults } from '../boxes/leaf-boxes.js'
import { Reused } from './reused.js'
import { SampleRun } from './sample-run.js'

/** A track's `trex` defaults; nothing for an unknown track. */
export type DefaultsOf = (trackId: number) => SampleDefaults | undefined

const MFHD = typeCode('mfhd')
const TRAF = typeCode('traf')
const TFHD = typeCode('tfhd')
const TFDT = typeCode('tfdt')
const TRUN = typeCode('trun')
const SAIO = typeCode('saio')

/** Flags of `tfhd`: a base for data offsets is stated. */
export const BASE_DATA_OFFSET = 0x01
const SAMPLE_DESCRIPTION_INDEX = 0x02
const DEFAULT_DURATION = 0x08
const DEFAULT_SIZE = 0x10
const DEFAULT_FLAGS = 0x20
const DURATION_IS_EMPTY = 0x010000
/** Data offsets count from the start of the `moof`. */
export const DEFAULT_BASE_IS_MOOF = 0x020000

const NO_DEFAULTS: SampleDefaults = { duration: 0, size: 0, flags: 0 }

/** Reads a `moof`. `defaultsOf` returns a track's `trex` defaults, or nothing for an unknown track. */
export function parseFragment(moof: Box, defaultsOf: DefaultsOf): Fragment {
  const fragment = new Fragment()
  fragment.read(moof, defaultsOf)
  return fragment
}

/**
 * A movie fragment: a parsed `moof` (ISO/IEC 14496-12 §8.8).
 *
 * mux.js can parse it too, into an object per sample; with a fragment per frame that would dominate the CPU
 * time, and it truncates 64-bit offsets to 32 and ignores the flags of `tfhd`. So the few fields are read here,
 * in place; a test compares them with mux.js. For the same reason a `Fragment` and all in it can be used again, for
 * the next `moof` of the same shape: reading it then makes no object.
 */
export class Fragment {
  /** The `moof` itself. */
  box!: Box
  sequence = 0
  readonly #mfhd = new InnerBox('mfhd')
  readonly #tracks = new Reused(() => new TrackFragment())

  /** Its first `mfhd`. */
  get mfhd(): InnerBox {
    return this.#mfhd
  }

  get tracks(): readonly TrackFragment[] {
    return this.#tracks.items
  }

  /** Reads a `moof`, as {@link parseFragment} does, and forgets the one before. */
  read(moof: Box, defaultsOf: DefaultsOf): void {
    this.box = moof
    const { bytes, end } = moof
    const tracks = this.#tracks
    let found = 0
    let hasHeader = false
    tracks.begin()
    for (let at = moof.contentStart; at < end;) {
      const size = moof.childSize(at)
      moof.checkCount(++found)
      const code = codeAt(bytes, at + 4)
      if (code === TRAF) tracks.next().traf.moveTo(moof, at, size, tracks.count - 1, found - 1)
      else if (code === MFHD && !hasHeader) {
        this.#mfhd.moveTo(moof, at, size, 0, found - 1)
        hasHeader = true
      }
      at += size
    }
    tracks.end()
    if (!hasHeader) moof.needChild('mfhd')
    this.sequence = this.#mfhd.u32(4)
    for (const track of this.tracks) found = track.read(found, defaultsOf)
    this.#locate()
  }

  /**
   * Where the data of each run starts in the stream (ISO/IEC 14496-12 §8.8.7, §8.8.8).
   *
   * Offsets of a track fragment count from the base in its `tfhd`; otherwise from the start of the `moof`, if
   * flagged or if it is the first; otherwise from the end of the previous track fragment's data. A run without an
   * offset starts where the previous one ended, the first one at the base.
   */
  #locate(): void {
    const { offset } = this.box
    let end = offset
    for (const { baseDataOffset, defaultBaseIsMoof, runs } of this.tracks) {
      const base = baseDataOffset ?? (defaultBaseIsMoof ? offset : end)
      end = base
      for (const run of runs) {
        run.start = run.dataOffset === undefined ? end : base + run.dataOffset
        run.end = end = run.start + run.totals.size
      }
    }
  }
}

/** A `traf`: a fragment's part of one track. */
export class TrackFragment {
  /** The `traf`, as far as its fields and its place go. */
  readonly traf = new InnerBox('traf')
  trackId = 0
  /** Decode time of the first sample, in the track's timescale; `undefined` without a `tfdt`. */
  decodeTime: number | undefined
  /** The base of data offsets; `undefined` if `tfhd` states none. */
  baseDataOffset: number | undefined
  /** Whether they count from the start of the `moof` if no base is stated. */
  defaultBaseIsMoof = false
  /** Whether it represents time without samples, one default duration long. */
  durationIsEmpty = false
  /** Its sample entry, from 1; `undefined` if only `trex` states it. */
  sampleDescription: number | undefined
  /** Whether it has encryption data (`saio`), which may be anywhere, including its `mdat`. */
  hasAuxiliaryOffsets = false
  /** Whether it has a sample. */
  hasSamples = false
  readonly #defaults = { ...NO_DEFAULTS }
  readonly #tfhd = new InnerBox('tfhd')
  readonly #tfdt = new InnerBox('tfdt')
  readonly #runs = new Reused(() => new SampleRun(this))

  /** The `traf` itself. */
  get box(): Box {
    return this.traf.box
  }

  /** Its last `tfdt`, if it has one. */
  get tfdt(): InnerBox {
    return this.#tfdt
  }

  /** Defaults for its samples. */
  get defaults(): SampleDefaults {
    return this.#defaults
  }

  get runs(): readonly SampleRun[] {
    return this.#runs.items
  }

  /**
   * Reads the box that `traf` was moved to.
   *
   * @param found - the number of boxes found in the `moof` so far
   * @returns the same with those in here
   */
  read(found: number, defaultsOf: DefaultsOf): number {
    const { traf } = this
    const { bytes, contentStart, end } = traf
    let count = 0
    let hasHeader = false
    for (let at = contentStart; at < end; count++) {
      const size = traf.childSize(at)
      traf.checkCount(found + count + 1)
      if (!hasHeader && codeAt(bytes, at + 4) === TFHD) {
        this.#tfhd.moveTo(traf, at, size, 0, count)
        hasHeader = true
      }
      at += size
    }
    if (!hasHeader) traf.box.needChild('tfhd')
    this.#readHeader(defaultsOf)
    this.#readChildren()
    return found + count
  }

  #readHeader(defaultsOf: DefaultsOf): void {
    const tfhd = this.#tfhd
    const defaults = this.#defaults
    const { flags } = tfhd
    this.trackId = tfhd.u32(4)
    const inherited = defaultsOf(this.trackId) ?? NO_DEFAULTS
    let at = 8
    this.baseDataOffset = flags & BASE_DATA_OFFSET ? tfhd.u64(at) : undefined
    if (flags & BASE_DATA_OFFSET) at += 8
    this.sampleDescription = flags & SAMPLE_DESCRIPTION_INDEX ? tfhd.u32(at) : undefined
    if (flags & SAMPLE_DESCRIPTION_INDEX) at += 4
    defaults.duration = flags & DEFAULT_DURATION ? tfhd.u32(at) : inherited.duration
    if (flags & DEFAULT_DURATION) at += 4
    defaults.size = flags & DEFAULT_SIZE ? tfhd.u32(at) : inherited.size
    if (flags & DEFAULT_SIZE) at += 4
    defaults.flags = flags & DEFAULT_FLAGS ? tfhd.u32(at) : inherited.flags
    this.defaultBaseIsMoof = (flags & DEFAULT_BASE_IS_MOOF) !== 0
    this.durationIsEmpty = (flags & DURATION_IS_EMPTY) !== 0
  }

  /** Reads the other boxes, whose sizes are known to be right. */
  #readChildren(): void {
    const { traf } = this
    const { bytes, contentStart, end } = traf
    const runs = this.#runs
    let times = 0
    let position = 0
    this.decodeTime = undefined
    this.hasAuxiliaryOffsets = false
    this.hasSamples = false
    runs.begin()
    for (let at = contentStart; at < end; position++) {
      const size = traf.childSize(at)
      const code = codeAt(bytes, at + 4)
      if (code === TRUN) {
        const run = runs.next()
        run.trun.moveTo(traf, at, size, runs.count - 1, position)
        run.read()
        this.hasSamples ||= run.sampleCount > 0
      } else if (code === TFDT) {
        this.#tfdt.moveTo(traf, at, size, times++, position)
        this.decodeTime = this.#tfdt.version === 1 ? this.#tfdt.u64(4) : this.#tfdt.u32(4)
      } else if (code === SAIO) {
        this.hasAuxiliaryOffsets = true
      }
      at += size
    }
    runs.end()
  }
}
