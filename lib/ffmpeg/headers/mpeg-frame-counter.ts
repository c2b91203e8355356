import { type MpegFrame, mpegFrame } from './mpeg-frame-header.js'

/** Frame offsets to keep, evenly spread: twice as many as a seek table of 100 entries can distinguish. */
const PLACES = 400

/**
 * Counts the frames of an MP3, in any chunking, by stepping from header to header; elsewhere it advances byte by byte.
 * An ID3v1 tag, the last 128 bytes if they begin with `TAG`, is no audio.
 *
 * Memory: 400 offsets. Once they are full, it drops every second one, and from then on keeps every second frame.
 */
export class MpegFrameCounter {
  #first: number | undefined
  #kind = 0
  #bitRateIndex = 0
  #isVariable = false
  #count = 0
  #places: number[] = []
  #stride = 1
  /** Offset of the next header in the stream. */
  #position = 0
  #start = Buffer.alloc(0)
  #skip = 0
  #isTag = false

  /** The header of the first frame; `undefined` before it. */
  get first(): number | undefined {
    return this.#first
  }

  get count(): number {
    return this.#count
  }

  /** Whether frames have different bit rates. */
  get isVariable(): boolean {
    return this.#isVariable
  }

  /** Bytes of audio. */
  get bytes(): number {
    // The last header's missing bytes.
    return this.#position - this.#skip
  }

  /** Offset of a frame, or of one shortly before it, from the start of the audio. */
  placeOf(frame: number): number {
    return this.#places[Math.min(Math.floor(frame / this.#stride), this.#places.length - 1)] ?? 0
  }

  write(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#isTag) {
      const skipped = Math.min(this.#skip, chunk.length - at)
      this.#skip -= skipped
      at += skipped
      const wanted = 4 - this.#start.length
      if (chunk.length - at < wanted) {
        this.#start = Buffer.concat([this.#start, chunk.subarray(at)])
        return
      }
      const word = this.#word(chunk, at, wanted)
      if (word >>> 8 === 0x544147) {
        this.#isTag = true
        return
      }
      const frame = mpegFrame(word)
      if (frame !== undefined && (this.#first === undefined || frame.kind === this.#kind)) {
        at += wanted
        this.#start = Buffer.alloc(0)
        this.#frame(word, frame)
      } else {
        // One byte further: drop a pending byte, or skip one of the chunk.
        this.#position++
        if (this.#start.length === 0) at++
        else this.#start = this.#start.subarray(1)
      }
    }
  }

  /** The four bytes of a possible header. */
  #word(chunk: Buffer, at: number, wanted: number): number {
    if (wanted === 4) return chunk.readUInt32BE(at)
    return Buffer.concat([this.#start, chunk.subarray(at, at + wanted)]).readUInt32BE()
  }

  #frame(header: number, frame: MpegFrame): void {
    if (this.#first === undefined) {
      this.#first = header
      this.#kind = frame.kind
      this.#bitRateIndex = frame.bitRateIndex
    }
    this.#isVariable ||= frame.bitRateIndex !== this.#bitRateIndex
    if (this.#count % this.#stride === 0) this.#keep()
    this.#count++
    this.#position += frame.size
    this.#skip = frame.size - 4
  }

  #keep(): void {
    if (this.#places.length === PLACES) {
      this.#places = this.#places.filter((_place, n) => n % 2 === 0)
      this.#stride *= 2
      if (this.#count % this.#stride !== 0) return
    }
    this.#places.push(this.#position)
  }
}
