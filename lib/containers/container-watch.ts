import type { RandomAccess } from '../io/random-access.js'
import { readExactly } from '../io/read-exactly.js'
import { type StatedExtent, statedExtent } from './stated-extent.js'
import { TailRing } from './tail-ring.js'
import type { Need, Piece } from './extents/walk.js'

/** Initial allocation for gathered bytes; it grows as they arrive. */
const FIRST_ALLOCATION = 64 * 1024
/** Largest piece kept because the next may begin within it: at most a header. */
const MAX_BEFORE = 64
/** Limit of reads from a source for bytes not sent to ffmpeg. */
const MAX_READS = 64
/** Steps a walk may take regardless of the input's size. */
const FREE_STEPS = 10_000
/** Input bytes required for each further step: real media have more, empty boxes indicate a hostile file. */
const BYTES_PER_STEP = 32

const NOTHING: Buffer = Buffer.alloc(0)

/** An input shorter than its container states. */
export interface Shortfall {
  /** The container's common name. */
  readonly container: string
  /** The stated and the received length, as a clause for a sentence. */
  readonly reason: string
}

/**
 * Watches the bytes of one input, in any order, and finally reports whether it is shorter than its container states.
 *
 * Media are neither copied nor parsed. A chunk costs a comparison, plus a step for each relevant header in it.
 *
 * Memory: the walk's current request, at most 8 MiB (an MP4's index); for FLAC and Ogg in order, the last bytes.
 */
export class ContainerWatch {
  readonly #isOrdered: boolean
  readonly #walk: ReturnType<typeof statedExtent>
  #need: Need | undefined
  /** The part of the needed bytes received so far, if a chunk had only some of them. */
  #gathered = NOTHING
  #filled = 0
  /** The gathered piece with the furthest end. */
  #before: { readonly at: number; readonly bytes: Buffer } | undefined
  readonly #first = Buffer.alloc(MAX_BEFORE)
  #ring: TailRing | undefined
  #end = 0
  #steps = 0
  #reads = 0
  #stated: StatedExtent | undefined

  /**
   * @param demuxers - names of the demuxer forced with `-f`, if any
   * @param size - length of the input, if known. Without it the bytes must arrive in order.
   */
  constructor(demuxers: string | undefined, size?: number) {
    this.#isOrdered = size === undefined
    this.#walk = statedExtent(demuxers, size)
    this.#next(undefined)
  }

  /** Takes a chunk of the input that begins at byte `offset`. */
  see(offset: number, chunk: Buffer): void {
    const end = offset + chunk.length
    if (end > this.#end) this.#end = end
    while (this.#need !== undefined && 'at' in this.#need) {
      const { at, length } = this.#need
      if (at < offset && this.#filled === 0 && this.#takeBefore(at, length)) continue
      const from = at + this.#filled
      if (from < offset || from >= end) break
      const taken = Math.min(length - this.#filled, end - from)
      const bytes = chunk.subarray(from - offset, from - offset + taken)
      if (taken === length) this.#next({ bytes, at, size: undefined })
      else this.#gather(bytes, at, length)
    }
    if (this.#isOrdered) this.#keepTail(offset, chunk)
  }

  /**
   * Ends the watch: the whole input was seen in order, or can be read.
   *
   * @param source - supplies unseen bytes, at most a few small pieces
   * @param signal - aborts the reads
   */
  async finish(source?: RandomAccess, signal?: AbortSignal): Promise<Shortfall | undefined> {
    const size = source === undefined ? this.#end : await source.size(signal)
    while (this.#need !== undefined) {
      if (this.#reads++ === MAX_READS) return undefined
      this.#next(await this.#lastPiece(this.#need, size, source, signal))
    }
    const { claim, container } = this.#stated ?? {}
    if (claim === undefined || container === undefined || claim.end <= size) return undefined
    const reason =
      claim.detail ?? `${claim.by} states media up to byte ${claim.end}, but the input has only ${size} bytes`
    return { container, reason }
  }

  async #lastPiece(
    need: Need,
    size: number,
    source: RandomAccess | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Piece> {
    if ('tail' in need) {
      const at = Math.max(0, size - need.tail)
      const bytes = source ? await readExactly(source, at, size, signal) : (this.#ring?.bytes ?? NOTHING)
      return { bytes, at: size - bytes.length, size }
    }
    const end = Math.min(need.at + need.length, size)
    if (end <= need.at) return { bytes: NOTHING, at: need.at, size }
    if (source) return { bytes: await readExactly(source, need.at, end, signal), at: need.at, size }
    return { bytes: this.#gathered.subarray(0, this.#filled), at: need.at, size }
  }

  /** Gathers needed bytes from several chunks. */
  #gather(bytes: Buffer, at: number, length: number): void {
    const filled = this.#filled + bytes.length
    if (this.#gathered.length < filled) {
      const capacity = Math.min(length, Math.max(FIRST_ALLOCATION, filled, 2 * this.#gathered.length))
      const grown = Buffer.allocUnsafeSlow(capacity)
      this.#gathered.copy(grown, 0, 0, this.#filled)
      this.#gathered = grown
    }
    bytes.copy(this.#gathered, this.#filled)
    this.#filled = filled
    if (filled < length) return
    const piece = { at, bytes: this.#gathered.subarray(0, length) }
    const isFurther = at + length > (this.#before?.at ?? 0) + (this.#before?.bytes.length ?? 0)
    if (isFurther) this.#before = length > MAX_BEFORE ? undefined : piece
    this.#next({ ...piece, size: undefined })
  }

  /** Returns whether a piece gathered from several chunks contains the first bytes of the next piece. */
  #takeBefore(at: number, length: number): boolean {
    const before = this.#before
    const start = at - (before?.at ?? 0)
    if (before === undefined || start < 0 || start >= before.bytes.length) return false
    this.#gather(before.bytes.subarray(start, start + length), at, length)
    return true
  }

  /** Collects the last bytes, and keeps the first ones until a request for the tail: they may be part of it. */
  #keepTail(offset: number, chunk: Buffer): void {
    if (offset < MAX_BEFORE) chunk.copy(this.#first, offset, 0, MAX_BEFORE - offset)
    if (this.#need === undefined || 'at' in this.#need) return
    if (this.#ring === undefined) {
      this.#ring = new TailRing(this.#need.tail)
      if (offset <= MAX_BEFORE) this.#ring.push(this.#first.subarray(0, offset))
    }
    this.#ring.push(chunk)
  }

  #next(piece: Piece | undefined): void {
    const isDense = ++this.#steps > FREE_STEPS && (this.#steps - FREE_STEPS) * BYTES_PER_STEP > this.#end
    const step = isDense
      ? { done: true as const, value: undefined }
      : piece
        ? this.#walk.next(piece)
        : // The first call starts the walk, without a piece.
          this.#walk.next()
    this.#need = step.done ? undefined : step.value
    if (step.done) this.#stated = step.value
    if (this.#filled > 0) this.#gathered = NOTHING
    this.#filled = 0
  }
}
