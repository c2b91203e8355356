import { KiB } from '../../options.js'
import { Mp4Sniffer } from './mp4-sniffer.js'

/** What decides how much of an input is looked at before ffmpeg is started. */
export interface InputHeadRules {
  /** The most that is held back to find out whether the input can be read in order, in bytes. */
  readonly window: number
  /** Whether the input may be of the MP4 family. */
  readonly sniff: boolean
  /** How many bytes are wanted besides; asked again as the head grows. */
  readonly wanted: (head: Buffer) => number
}

/** What is allocated first, once there is more than one chunk. */
const FIRST_CAPACITY = 4 * KiB

/**
 * The first bytes of an input, held back until it is known what to make of them, and no longer: of most containers
 * eight bytes tell, and of an MP4 the headers up to its index.
 * Memory: twice the `window`, or what `wanted` asks for where that is more, and one chunk.
 */
export class InputHead {
  readonly #rules: InputHeadRules
  readonly #sniffer: Mp4Sniffer
  /** What is held, with room for more behind it; a single chunk is held as it came. */
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0
  #wanted = 0

  constructor(rules: InputHeadRules) {
    this.#rules = rules
    this.#sniffer = new Mp4Sniffer(rules.window)
  }

  /** Bytes that are held. */
  get length(): number {
    return this.#length
  }

  /** Media came first: where the input can't be read in order, from which byte on and how much of it. */
  get mdat(): { readonly offset: number; readonly size: number } | undefined {
    return this.#sniffer.mdat
  }

  /** Whether it is known by now that the input can't be read in order. */
  get needsSeek(): boolean {
    return this.#rules.sniff && this.#sniffer.verdict === 'seek'
  }

  /**
   * Has a look at bytes without holding them, which goes on after the start: an index can also come late.
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
        // Twice as much each time: however small the chunks are, no byte is copied more than twice.
        const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, 2 * length))
        this.#bytes.copy(grown, 0, 0, this.#length)
        this.#bytes = grown
      }
      chunk.copy(this.#bytes, this.#length)
    }
    this.#length = length
  }

  /** Whether enough is held. */
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

  /** All that is held, in one piece. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Lets go of what is held. */
  release(): Buffer {
    const bytes = this.bytes()
    this.#bytes = Buffer.alloc(0)
    this.#length = 0
    return bytes
  }
}
