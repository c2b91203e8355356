/** The header of a FLAC frame (RFC 9639 §9.1). */
export interface FlacFrame {
  /** Offset in the bytes. */
  readonly at: number
  /** Number of its first sample. */
  readonly first: number
  /** Samples per channel. */
  readonly samples: number
}

/** Length of the longest header. */
const MAX_HEADER = 16
/** CRC-8 of x⁸ + x² + x + 1, and CRC-16 of x¹⁶ + x¹⁵ + x² + 1, tables by byte. */
const CRC8 = table(8, 0x07)
const CRC16 = table(16, 0x8005)

/**
 * Reads the header at `at`; `undefined` if it is missing or incomplete. `blockSize` is the size of all blocks but the
 * last in a stream with numbered frames, 0 in a stream with numbered samples.
 */
export function flacFrameAt(bytes: Buffer, at: number, blockSize: number): FlacFrame | undefined {
  if (at + 6 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xf8) return undefined
  const isNumbered = (bytes[at + 1]! & 1) === 0
  const [sizeCode, rateCode] = [bytes[at + 2]! >> 4, bytes[at + 2]! & 15]
  const [channels, depth] = [bytes[at + 3]! >> 4, bytes[at + 3]! & 15]
  if (sizeCode === 0 || rateCode === 15 || channels > 10 || (depth & 1) === 1) return undefined
  if (isNumbered !== blockSize > 0) return undefined
  const number = codedNumber(bytes, at + 4)
  if (number === undefined) return undefined
  const sizeAt = at + 4 + number.length
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0
  const end = sizeAt + sizeBytes + (rateCode < 12 ? 0 : rateCode === 12 ? 1 : 2)
  if (end >= bytes.length || end - at > MAX_HEADER || crc(CRC8, 8, bytes, at, end) !== bytes[end])
    return undefined
  const samples = sizeBytes > 0 ? bytes.readUIntBE(sizeAt, sizeBytes) + 1 : samplesOf(sizeCode)
  return { at, first: isNumbered ? number.value * blockSize : number.value, samples }
}

/**
 * Whether the frame at `at` is whole: its CRC matches somewhere after `least` bytes. It matches at the frame's end, and
 * rarely by chance at any of some thousand other places.
 */
export function isFlacFrameWhole(bytes: Buffer, at: number, least: number): boolean {
  let sum = 0
  for (let n = at; n < bytes.length; n++) {
    sum = ((sum << 8) & 0xffff) ^ CRC16[(sum >> 8) ^ bytes[n]!]!
    if (sum === 0 && n + 1 - at >= least) return true
  }
  return false
}

function samplesOf(code: number): number {
  if (code === 1) return 192
  return code < 6 ? 576 << (code - 2) : 256 << (code - 8)
}

/** Reads a number of up to 36 bits, coded like UTF-8. */
function codedNumber(bytes: Buffer, at: number): { value: number; length: number } | undefined {
  const first = bytes[at]!
  const ones = Math.clz32(~(first << 24))
  if (ones === 0) return { value: first, length: 1 }
  if (ones === 1 || ones > 7 || at + ones > bytes.length) return undefined
  let value = first & (0x7f >> ones)
  for (let n = 1; n < ones; n++) {
    if ((bytes[at + n]! & 0xc0) !== 0x80) return undefined
    value = value * 64 + (bytes[at + n]! & 0x3f)
  }
  return { value, length: ones }
}

function table(bits: number, polynomial: number): Uint16Array {
  const top = 1 << (bits - 1)
  const mask = 2 ** bits - 1
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (bits - 8)
    for (let bit = 0; bit < 8; bit++) value = ((value << 1) ^ ((value & top) === 0 ? 0 : polynomial)) & mask
    return value
  })
}

function crc(values: Uint16Array, bits: number, bytes: Buffer, start: number, end: number): number {
  let sum = 0
  for (let n = start; n < end; n++) {
    sum = ((sum << 8) & (2 ** bits - 1)) ^ values[(sum >> (bits - 8)) ^ bytes[n]!]!
  }
  return sum
}
