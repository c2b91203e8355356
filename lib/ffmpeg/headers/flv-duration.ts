const AUDIO = 8
const VIDEO = 9
/** A tag's header, and the part of its data that affects its time: codec, packet type, composition time. */
const LOOK = 11 + 8

/** Rates of the tracks in the metadata; 0 if absent. */
export interface FlvRates {
  readonly frameRate: number
  readonly sampleRate: number
}

/**
 * Determines the end of an FLV's media, in milliseconds, from its tags, in any chunking.
 *
 * The end is the largest presentation time plus duration. A tag has no duration: an AAC frame has 1,024 samples, an MP3
 * frame 1,152 or 576, a video frame lasts as long as the frame rate says; any other lasts as long as the one before.
 */
export class FlvDuration {
  readonly #rates: FlvRates
  readonly #last = new Map<number, number>()
  /** The beginning of a tag. */
  #start = Buffer.alloc(0)
  /** Bytes left of the tag whose beginning was read. */
  #skip = 0
  #end = 0

  constructor(rates: FlvRates) {
    this.#rates = rates
  }

  /** The end of the media so far, in milliseconds. */
  get end(): number {
    return this.#end
  }

  get isBetweenTags(): boolean {
    return this.#skip === 0 && this.#start.length === 0
  }

  write(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, rest.length)
        this.#skip -= skipped
        rest = rest.subarray(skipped)
        continue
      }
      const taken = Math.min(LOOK - this.#start.length, rest.length)
      const start = Buffer.concat([this.#start, rest.subarray(0, taken)])
      const size = start.length < 4 ? LOOK : 11 + start.readUIntBE(1, 3) + 4
      if (start.length < Math.min(size, LOOK)) {
        this.#start = start
        return
      }
      rest = rest.subarray(Math.min(size, LOOK) - this.#start.length)
      this.#start = Buffer.alloc(0)
      this.#skip = Math.max(0, size - LOOK)
      this.#tag(start.subarray(0, size - 4))
    }
  }

  #tag(tag: Buffer): void {
    const [type = 0, head = 0] = [tag[0], tag[11]]
    const time = tag.readUIntBE(4, 3) + tag[7]! * 2 ** 24
    const shift = type === AUDIO ? audioShift(head, tag) : type === VIDEO ? videoShift(head, tag) : undefined
    if (shift === undefined) return
    const step = Math.max(0, time - (this.#last.get(type) ?? time))
    this.#last.set(type, time)
    this.#end = Math.max(this.#end, time + shift + (this.#durationOf(type, head) ?? step))
  }

  #durationOf(type: number, head: number): number | undefined {
    const { frameRate, sampleRate } = this.#rates
    if (type === VIDEO) return frameRate > 0 ? Math.round(1000 / frameRate) : undefined
    const codec = head >> 4
    const samples = codec === 10 ? 1024 : codec === 2 ? (sampleRate < 32_000 ? 576 : 1152) : undefined
    return samples !== undefined && sampleRate > 0 ? Math.round((samples * 1000) / sampleRate) : undefined
  }
}

/** 0 for an audio packet; `undefined` for an AAC header, which is no packet. */
function audioShift(head: number, tag: Buffer): number | undefined {
  const isHeader = head >> 4 === 10 && tag[12] === 0
  const isOther = head >> 4 === 9 && (head & 15) !== 1
  return isHeader || isOther ? undefined : 0
}

/** Presentation time minus decoding time; `undefined` for tags without a frame: headers and the end mark. */
function videoShift(head: number, tag: Buffer): number | undefined {
  // Enhanced RTMP v2: the first byte's top bit announces a packet type and a FourCC.
  if (head >= 0x80) {
    const [type, codec] = [head & 15, tag.toString('latin1', 12, 16)]
    if (type === 1) return ['avc1', 'hvc1'].includes(codec) && tag.length >= 19 ? tag.readIntBE(16, 3) : 0
    return type === 3 ? 0 : undefined
  }
  const isShifted = (head & 15) === 7 || (head & 15) === 12
  if (!isShifted) return 0
  return tag[12] === 1 && tag.length >= 16 ? tag.readIntBE(13, 3) : undefined
}
