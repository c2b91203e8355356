import { Column, LongColumn, RunColumn } from './packed-columns.js'
import { isSync } from '../fragments/sample-run.js'
import { MAX_EMPTY_SAMPLES } from '../boxes/limits.js'
import type { IndexedRun } from '../movie/pcm.js'

/** A chunk absorbs contiguous data up to this size, as in ffmpeg. */
const CHUNK_SIZE = 2 ** 20

/** `sample_depends_on` of an ordinary sync sample, and of any other ordinary sample, in `sdtp`. */
const SYNC_DEPENDS = 0x20
const OTHER_DEPENDS = 0x10

/**
 * The index data of one track's samples, collected from fragments. Times are in the track's timescale, relative
 * to the first sample's decode time.
 *
 * Memory, in bytes per sample: its size (1, 2 or 4; none while all are equal), and for each run of equal values
 * a count (usually 1) and a value (1, 2 or 4) for decode durations, composition offsets and dependencies; 2 to
 * 8 for each run of sync samples, 9 to 16 for each chunk. H.264 with B-frames takes 5–9 bytes, audio 2–3.
 */
export class SampleLog {
  /** Number of samples. */
  count = 0
  /** Decode time of the first, as stated by its fragment. */
  start = 0
  /** Start of the last chunk in the media. */
  lastChunk = 0
  /** Whether composition offsets are negative, or past 2³¹. Both together can't be written. */
  hasNegativeOffset = false
  hasLargeOffset = false
  readonly durations = new RunColumn()
  readonly offsets = new RunColumn()
  readonly dependencies = new RunColumn()
  /** Start of each chunk in the media, its number of samples, and its sample entry. */
  readonly chunkStarts = new LongColumn()
  readonly chunkSamples = new Column()
  readonly chunkEntries = new RunColumn()
  /** Runs of sync samples: the number of the first, from 1, and the count. */
  readonly #syncStarts = new Column()
  readonly #syncCounts = new Column()
  #syncStart = 0
  #syncCount = 0
  #syncTotal = 0
  /** `undefined` while all sizes are equal. */
  #sizes: Column | undefined
  #size = 0
  #hasOffsets = false
  #hasDependencies = false
  #emptySamples = 0
  /** The last sample: its duration is certain only when the next one arrives. */
  #time = 0
  #duration = 0
  /** Earliest and latest composition time. */
  #earliest = Infinity
  #latest = 0
  /** The chunk that may still grow. */
  #chunkStart = 0
  #chunkEnd = -1
  #chunkCount = 0
  #chunkEntry = 0

  /** Size of every sample; 0 if they differ. */
  get constantSize(): number {
    return this.#sizes ? 0 : this.#size
  }

  /** Sizes of all samples; `undefined` if they are equal. */
  get sizes(): Column | undefined {
    return this.#sizes
  }

  /** Number of sync samples. */
  get syncTotal(): number {
    return this.#syncTotal
  }

  /** Whether any sample is presented at another time than it is decoded. */
  get hasOffsets(): boolean {
    return this.#hasOffsets
  }

  /** Whether dependencies contain more information than the sync samples. */
  get hasDependencies(): boolean {
    return this.#hasDependencies
  }

  /** Sum of all durations. */
  get duration(): number {
    return this.count === 0 ? 0 : this.#time + this.#duration
  }

  /** Start of the presentation, relative to the first decode time; 0 if it is before that. */
  get presentationStart(): number {
    return this.count === 0 ? 0 : Math.max(0, this.#earliest)
  }

  /**
   * End of the presentation. If frames are reordered, the distance to the next one decoded is not a frame's
   * display time; the last one decoded has no next one, so that its duration is its display time.
   */
  get presentationEnd(): number {
    return this.count === 0 ? 0 : this.#latest + Math.max(1, this.#duration)
  }

  /**
   * The next samples start at `time`: a gap makes the previous sample longer (ISO/IEC 14496-12 §8.8.12).
   *
   * @returns whether that can be written
   */
  seek(time: number): boolean {
    if (this.count === 0) {
      this.start = time
      return true
    }
    const duration = time - this.start - this.#time
    if (duration > 0xffffffff) return false
    this.#duration = duration
    return true
  }

  /**
   * Adds a run of samples.
   *
   * @param place - where its data starts in the media
   * @param entry - number of its sample entry
   * @returns whether it is within the limits
   */
  add(run: IndexedRun, place: number, entry: number): boolean {
    const { sampleCount } = run
    if (sampleCount === 0) return true
    this.#addChunk(place, run.totals.size, sampleCount, entry)
    if (!run.isUniform) {
      for (let n = 0; n < sampleCount; n++) this.#addSamples(run, n, 1)
    } else {
      if (run.sizeAt(0) === 0) this.#emptySamples += sampleCount
      if (this.#emptySamples > MAX_EMPTY_SAMPLES) return false
      this.#addSamples(run, 0, 1)
      if (sampleCount > 1) this.#addSamples(run, 1, sampleCount - 1)
    }
    return true
  }

  /** There are no more samples: the last one keeps the duration from its run. */
  end(): void {
    if (this.count > 0) this.durations.add(this.#duration)
    if (this.#syncCount > 0) this.#closeSync()
    if (this.#chunkCount > 0) this.#closeChunk()
  }

  /** Numbers of all sync samples, from 1. */
  *syncSamples(): Generator<number, void, undefined> {
    const counts = this.#syncCounts.values()
    for (const start of this.#syncStarts.values()) {
      const count = counts.next().value!
      for (let n = 0; n < count; n++) yield start + n
    }
  }

  /** Adds `count` samples identical to number `n` of the run. */
  #addSamples(run: IndexedRun, n: number, count: number): void {
    const duration = run.durationAt(n)
    const offset = run.compositionOffsetAt(n)
    if (this.count > 0) {
      this.durations.add(this.#duration)
      this.#time += this.#duration
    }
    this.#earliest = Math.min(this.#earliest, this.#time + offset)
    this.durations.add(duration, count - 1)
    this.#time += duration * (count - 1)
    this.#duration = duration
    this.#latest = Math.max(this.#latest, this.#time + offset)
    this.#addOffset(offset, count)
    this.#addSize(run.sizeAt(n), count)
    this.#addFlags(run.flagsAt(n), count)
    this.count += count
  }

  #addOffset(offset: number, count: number): void {
    this.offsets.add(offset >>> 0, count)
    if (offset === 0) return
    this.#hasOffsets = true
    if (offset < 0) this.hasNegativeOffset = true
    else if (offset > 0x7fffffff) this.hasLargeOffset = true
  }

  #addSize(size: number, count: number): void {
    if (this.count === 0) this.#size = size
    if (this.#sizes === undefined) {
      if (size === this.#size) return
      this.#sizes = new Column()
      this.#sizes.add(this.#size, this.count)
    }
    this.#sizes.add(size, count)
  }

  #addFlags(flags: number, count: number): void {
    const sync = isSync(flags)
    const byte = (flags >>> 20) & 0xff
    this.dependencies.add(byte, count)
    if (byte !== 0 && byte !== (sync ? SYNC_DEPENDS : OTHER_DEPENDS)) this.#hasDependencies = true
    if (!sync) return
    this.#syncTotal += count
    const number = this.count + 1
    if (this.#syncStart + this.#syncCount !== number) {
      if (this.#syncCount > 0) this.#closeSync()
      this.#syncStart = number
    }
    this.#syncCount += count
  }

  #closeSync(): void {
    this.#syncStarts.add(this.#syncStart)
    this.#syncCounts.add(this.#syncCount)
    this.#syncCount = 0
  }

  #addChunk(place: number, size: number, count: number, entry: number): void {
    const follows = place === this.#chunkEnd && entry === this.#chunkEntry
    if (follows && this.#chunkEnd - this.#chunkStart + size <= CHUNK_SIZE) {
      this.#chunkEnd += size
      this.#chunkCount += count
      return
    }
    if (this.#chunkCount > 0) this.#closeChunk()
    this.#chunkStart = place
    this.#chunkEnd = place + size
    this.#chunkCount = count
    this.#chunkEntry = entry
    this.lastChunk = Math.max(this.lastChunk, place)
  }

  #closeChunk(): void {
    this.chunkStarts.add(this.#chunkStart)
    this.chunkSamples.add(this.#chunkCount)
    this.chunkEntries.add(this.#chunkEntry)
    this.#chunkCount = 0
  }
}
