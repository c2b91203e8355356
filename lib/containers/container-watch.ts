import type { RandomAccess } from '../io/random-access.js'
import { readExactly } from '../io/read-exactly.js'
import { type StatedExtent, statedExtent } from './stated-extent.js'
import { TailRing } from './tail-ring.js'
import type { Need, Piece } from './extents/walk.js'

/** What is allocated first for bytes that are gathered; more as they come. */
const FIRST_ALLOCATION = 64 * 1024
/** A piece that is kept for the next one, which may begin within it: a header, at most. */
const MAX_BEFORE = 64
/** Reads made of a source for what ffmpeg was not sent itself. */
const MAX_READS = 64
/** Steps of a walk for which the size of the input does not have to answer. */
const FREE_STEPS = 10_000
/** Bytes of input for each further step: real media have more, boxes of nothing are a stranger's. */
const BYTES_PER_STEP = 32

const NOTHING: Buffer = Buffer.alloc(0)

/** An input of which less came than its container states. */
export interface Shortfall {
  /** The container, as people call it. */
  readonly container: string
  /** How much the container states and how much came: a clause to be put into a sentence. */
  readonly reason: string
}

/**
 * Watches the bytes of one input go by, in any order, and says in the end whether less came than the container states.
 *
 * Media are not copied and not looked at. A chunk costs a comparison, and a step for each header in it that counts.
 *
 * Memory: what the walk asks for at a time, at most 8 MiB (an MP4's index); of FLAC and Ogg in order, the last bytes.
 */
export class ContainerWatch {
  readonly #isOrdered: boolean
  readonly #walk: ReturnType<typeof statedExtent>
  #need: Need | undefined
  /** What has come of the bytes that are needed, where a chunk had only a part of them. */
  #gathered = NOTHING
  #filled = 0
  /** Of the pieces that were gathered, the one that reaches furthest. */
  #before: { readonly at: number; readonly bytes: Buffer } | undefined
  readonly #first = Buffer.alloc(MAX_BEFORE)
  #ring: TailRing | undefined
  #end = 0
  #steps = 0
  #reads = 0
  #stated: StatedExtent | undefined

  /**
   * @param demuxers - the demuxer that ffmpeg was told to use, where it was told, by any of its names
   * @param size - length of the input, where it is known. Without it the bytes have to come in order.
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
   * The input is over, and all of it was seen in order, or is there to be read.
   *
   * @param source - where what was not seen is read, a few small pieces at most
   * @param signal - gives up the reads
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
      claim.detail ?? `${claim.by} states media up to byte ${claim.end}, but only ${size} bytes came`
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

  /** The bytes that are needed lie in more than one chunk. */
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

  /** A piece that came in more than one chunk may have the first bytes of the next one. Returns whether it has. */
  #takeBefore(at: number, length: number): boolean {
    const before = this.#before
    const start = at - (before?.at ?? 0)
    if (before === undefined || start < 0 || start >= before.bytes.length) return false
    this.#gather(before.bytes.subarray(start, start + length), at, length)
    return true
  }

  /** Before it is known whether the last bytes are wanted, the first ones are kept: they may be the last. */
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
        : // The first one is to come to the first need.
          this.#walk.next()
    this.#need = step.done ? undefined : step.value
    if (step.done) this.#stated = step.value
    if (this.#filled > 0) this.#gathered = NOTHING
    this.#filled = 0
  }
}
