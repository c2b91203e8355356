/**
 * H.264 in field pictures (PAFF), as broadcasters' encoders make it and x264 can't: a bitstream of ITU-T H.264, Main
 * profile, whose samples are raw (I_PCM), so that no transform is needed. A key frame has an IDR top field and a bottom
 * field of type P; each third frame repeats the one before by skipped macroblocks, so that it needs its predecessor.
 */

/** The shape of the video. */
export interface PaffShape {
  readonly frames: number
  /** Frames from one key frame to the next. */
  readonly gop: number
  /** Frames per second. */
  readonly rate: number
}

/** Two by two macroblocks a frame: two in each field. */
const [WIDTH, HEIGHT] = [32, 32]
const MACROBLOCKS = (WIDTH / 16) * (HEIGHT / 32)
const [CHROMA, GRAY] = [2 * 8 * 8, 128]

const NAL = { other: 1, idr: 5, sps: 7, pps: 8, delimiter: 9 } as const
/** Slice types, for all slices of a picture (Table 7-6). */
const SLICE = { p: 5, i: 7 } as const
/** I_PCM in a slice of type I, and after the five types of P in one of type P (Tables 7-11, 7-13). */
const PCM = { [SLICE.i]: 25, [SLICE.p]: 30 } as const
/** Digits of frame_num and of the picture order count. */
const DIGITS = 8

/** Bits, the first one first. */
class Bits {
  #text = ''

  /** A number of a fixed length. */
  u(length: number, value: number): this {
    this.#text += value.toString(2).padStart(length, '0')
    return this
  }

  /** Exp-Golomb codes (9.1). */
  ue(...values: readonly number[]): this {
    for (const value of values) {
      const digits = (value + 1).toString(2)
      this.#text += digits.padStart(2 * digits.length - 1, '0')
    }
    return this
  }

  /** Zeros up to a whole byte. */
  align(): this {
    this.#text = this.#text.padEnd(8 * Math.ceil(this.#text.length / 8), '0')
    return this
  }

  bytes(values: Iterable<number>): this {
    for (const value of values) this.u(8, value)
    return this
  }

  /** A NAL unit with its start code, the bits of its end, and the bytes that keep start codes out of it (7.4.1). */
  nal(type: number, importance: number): Buffer {
    this.u(1, 1).align()
    const bytes = (this.#text.match(/.{8}/g) ?? []).map(byte => parseInt(byte, 2))
    const safe: number[] = []
    for (const byte of bytes) {
      if (byte <= 3 && safe.at(-1) === 0 && safe.at(-2) === 0) safe.push(3)
      safe.push(byte)
    }
    return Buffer.from([0, 0, 0, 1, (importance << 5) | type, ...safe])
  }
}

function sequence(rate: number): Buffer {
  const bits = new Bits()
    .bytes([77, 0, 30])
    .ue(0, DIGITS - 4, 0, DIGITS - 4, 2)
    .u(1, 0)
  bits.ue(WIDTH / 16 - 1, HEIGHT / 32 - 1)
  // Fields are allowed, macroblock pairs are not; no cropping; timing: two ticks a frame, at a fixed rate.
  bits
    .u(5, 0b00101)
    .u(5, 0b00001)
    .u(32, 1)
    .u(32, 2 * rate)
    .u(1, 1)
  // No buffers described; nothing is reordered.
  bits.u(4, 0b0001).u(1, 1).ue(0, 0, 10, 10, 0, 2)
  return bits.nal(NAL.sps, 3)
}

function parameters(): Buffer {
  const bits = new Bits().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0)
  return bits.ue(0, 0, 0).u(3, 0b100).nal(NAL.pps, 3)
}

interface Field {
  /** The number of the frame since the key frame. */
  readonly n: number
  readonly isBottom: boolean
  /** Which of the key frames. */
  readonly key: number
  /** The luma of all samples; `undefined` repeats the frame before. */
  readonly luma: number | undefined
}

function field({ n, isBottom, key, luma }: Field): Buffer {
  const isIdr = n === 0 && !isBottom
  const type = isIdr ? SLICE.i : SLICE.p
  const bits = new Bits().ue(0, type, 0).u(DIGITS, n % 2 ** DIGITS)
  bits.u(1, 1).u(1, Number(isBottom))
  if (isIdr) bits.ue(key % 2)
  bits.u(DIGITS, (2 * n + Number(isBottom)) % 2 ** DIGITS)
  // As many references as stated, in their order; none is marked; no deblocking.
  bits.u(type === SLICE.p ? 3 : 2, 0).ue(0, 1)
  if (luma === undefined) bits.ue(MACROBLOCKS)
  else for (let at = 0; at < MACROBLOCKS; at++) macroblock(bits, type, luma)
  const delimiter = new Bits().u(3, isIdr ? 0 : 1).nal(NAL.delimiter, 0)
  return Buffer.concat([delimiter, bits.nal(isIdr ? NAL.idr : NAL.other, 3)])
}

function macroblock(bits: Bits, type: keyof typeof PCM, luma: number): void {
  if (type === SLICE.p) bits.ue(0)
  bits.ue(PCM[type]).align()
  bits.bytes(new Array<number>(256).fill(luma)).bytes(new Array<number>(CHROMA).fill(GRAY))
}

/** The bitstream, as `-f h264` reads it. Each frame has another brightness, and its bottom field one more. */
export function paffVideo({ frames, gop, rate }: PaffShape): Buffer {
  const parts: Buffer[] = []
  for (let frame = 0; frame < frames; frame++) {
    const [n, key] = [frame % gop, Math.floor(frame / gop)]
    const luma = n % 3 === 2 ? undefined : 20 + ((7 * frame) % 200)
    const top = field({ n, key, luma, isBottom: false })
    const bottom = field({ n, key, luma: luma === undefined ? undefined : luma + 1, isBottom: true })
    // The delimiter comes before the parameters.
    const [delimiter, slice] = [top.subarray(0, 6), top.subarray(6)]
    parts.push(delimiter, ...(n === 0 ? [sequence(rate), parameters()] : []), slice, bottom)
  }
  return Buffer.concat(parts)
}
