import { KiB } from '../../options.js'
import { Mp4Sniffer } from './mp4-sniffer.js'

/** How much of an input to examine before starting ffmpeg. */
export interface InputHeadRules {
  /** The most bytes to hold back while deciding whether the input can be read in order. */
  readonly window: number
  /** Whether the input may be of the MP4 family. */
  readonly sniff: boolean
  /** How many further bytes are needed; called again as the head grows. */
  readonly wanted: (head: Buffer) => number
}

/** The first allocation, for the second chunk. */
const FIRST_CAPACITY = 4 * KiB

/**
 * The first bytes of an input, held back until the stage knows how to handle them, and no longer: eight bytes suffice
 * for most containers, the headers up to the index for an MP4.
 * Memory: twice the `window`, or the bytes `wanted` requests if that is more, and one chunk.
 */
export class InputHead {
  readonly #rules: InputHeadRules
  readonly #sniffer: Mp4Sniffer
  /** The held bytes, with room for more; a single chunk is held without copying. */
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0
  #wanted = 0

  constructor(rules: InputHeadRules) {
    this.#rules = rules
    this.#sniffer = new Mp4Sniffer(rules.window)
  }

  /** Number of held bytes. */
  get length(): number {
    return this.#length
  }

  /** Offset and size of media before the index, which prevent reading in order. */
  get mdat(): { readonly offset: number; readonly size: number } | undefined {
    return this.#sniffer.mdat
  }

  /** Whether the input is known to need seeking. */
  get needsSeek(): boolean {
    return this.#rules.sniff && this.#sniffer.verdict === 'seek'
  }

  /**
   * Examines bytes without holding them; continues after the start, because an index can also come late.
   * Returns whether the input can be read in order, as far as is known.
   */
  look(chunk: Buffer): boolean {
    return !this.#rules.sniff || this.#sniffer.push(chunk) !== 'seek'
  }

  /** Holds a chunk. */
  hold(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (this.#length === 0) {
      this.#bytes = chunk
    } else {
      if (this.#bytes.length < length) {
        // Doubling: however small the chunks are, no byte is copied more than twice.
        const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, 2 * length))
        this.#bytes.copy(grown, 0, 0, this.#length)
        this.#bytes = grown
      }
      chunk.copy(this.#bytes, this.#length)
    }
    this.#length = length
  }

  /** Whether it holds enough. */
  isEnough(): boolean {
    const undecided = this.#rules.sniff && this.#sniffer.verdict === 'undecided'
    if (undecided && this.#length < this.#rules.window) return false
    while (this.#length >= this.#wanted) {
      const wanted = this.#rules.wanted(this.bytes())
      if (wanted <= this.#length) return true
      this.#wanted = wanted
    }
    return false
  }

  /** All held bytes, in one piece. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Returns the held bytes and drops them. */
  release(): Buffer {
    const bytes = this.bytes()
    this.#bytes = Buffer.alloc(0)
    this.#length = 0
    return bytes
  }
}
