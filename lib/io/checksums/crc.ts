import { crc32 as zlibCrc32 } from 'node:zlib'

/**
 * The three CRCs that S3 supports, all reflected, with all bits set before and inverted after: CRC-32 (ISO-HDLC,
 * native in zlib), CRC-32C (Castagnoli) and CRC-64/NVME.
 *
 * The last two are computed eight bytes at a time with eight tables ("slicing by eight"): table k holds the
 * contribution of a byte that is followed by k more. A 64-bit CRC is held as two halves, because 64-bit
 * integers in JavaScript are objects and slow.
 */

const CRC32_POLYNOMIAL = 0xedb88320n
const CRC32C_POLYNOMIAL = 0x82f63b78n
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n

/** CRC-32 of `bytes`, continuing from `crc`. */
export function crc32(bytes: Buffer, crc: number): number {
  return zlibCrc32(bytes, crc)
}

/** The contribution of byte `value` with `depth` more bytes after it. */
function tableEntry(polynomial: bigint, value: number, depth: number): bigint {
  let crc = BigInt(value)
  for (let bit = 0; bit < 8 * (depth + 1); bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
  return crc
}

function tables(polynomial: bigint): { low: Uint32Array; high: Uint32Array } {
  const low = new Uint32Array(8 * 256)
  const high = new Uint32Array(8 * 256)
  for (let value = 0; value < 256; value++) {
    for (let depth = 0; depth < 8; depth++) {
      const entry = tableEntry(polynomial, value, depth)
      low[depth * 256 + value] = Number(entry & 0xffffffffn)
      high[depth * 256 + value] = Number(entry >> 32n)
    }
  }
  return { low, high }
}

let crc32cTable: Uint32Array | undefined
let crc64Tables: { low: Uint32Array; high: Uint32Array } | undefined

/** CRC-32C of `bytes`, continuing from `crc`. */
export function crc32c(bytes: Buffer, crc: number): number {
  const table = (crc32cTable ??= tables(CRC32C_POLYNOMIAL).low)
  let state = ~crc
  let i = 0
  for (const whole = bytes.length - 7; i < whole; i += 8) {
    state ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    state =
      table[0x700 | (state & 255)]! ^
      table[0x600 | ((state >>> 8) & 255)]! ^
      table[0x500 | ((state >>> 16) & 255)]! ^
      table[0x400 | (state >>> 24)]! ^
      table[0x300 | bytes[i + 4]!]! ^
      table[0x200 | bytes[i + 5]!]! ^
      table[0x100 | bytes[i + 6]!]! ^
      table[bytes[i + 7]!]!
  }
  for (; i < bytes.length; i++) state = table[(state ^ bytes[i]!) & 255]! ^ (state >>> 8)
  return ~state >>> 0
}

/** CRC-64/NVME of `bytes`, continuing from `crc`. */
export function crc64nvme(bytes: Buffer, crc: bigint): bigint {
  const { low: lowTable, high: highTable } = (crc64Tables ??= tables(CRC64NVME_POLYNOMIAL))
  let low = ~Number(crc & 0xffffffffn)
  let high = ~Number(crc >> 32n)
  let i = 0
  for (const whole = bytes.length - 7; i < whole; i += 8) {
    low ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    high ^= bytes[i + 4]! | (bytes[i + 5]! << 8) | (bytes[i + 6]! << 16) | (bytes[i + 7]! << 24)
    const a = 0x700 | (low & 255)
    const b = 0x600 | ((low >>> 8) & 255)
    const c = 0x500 | ((low >>> 16) & 255)
    const d = 0x400 | (low >>> 24)
    const e = 0x300 | (high & 255)
    const f = 0x200 | ((high >>> 8) & 255)
    const g = 0x100 | ((high >>> 16) & 255)
    const h = high >>> 24
    low =
      lowTable[a]! ^
      lowTable[b]! ^
      lowTable[c]! ^
      lowTable[d]! ^
      lowTable[e]! ^
      lowTable[f]! ^
      lowTable[g]! ^
      lowTable[h]!
    high =
      highTable[a]! ^
      highTable[b]! ^
      highTable[c]! ^
      highTable[d]! ^
      highTable[e]! ^
      highTable[f]! ^
      highTable[g]! ^
      highTable[h]!
  }
  for (; i < bytes.length; i++) {
    const entry = (low ^ bytes[i]!) & 255
    low = lowTable[entry]! ^ ((low >>> 8) | (high << 24))
    high = highTable[entry]! ^ (high >>> 8)
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0)
}

/** A CRC by its reflected polynomial, for {@link combineCrc}. */
export interface CrcKind {
  /** Width in bits. */
  readonly bits: 32 | 64
  readonly polynomial: bigint
}

/** Parameters of each CRC for {@link combineCrc}. */
export const CRC_KINDS = {
  CRC32: { bits: 32, polynomial: CRC32_POLYNOMIAL },
  CRC32C: { bits: 32, polynomial: CRC32C_POLYNOMIAL },
  CRC64NVME: { bits: 64, polynomial: CRC64NVME_POLYNOMIAL },
} as const satisfies Record<string, CrcKind>

/** The product of two polynomials modulo the CRC's; the highest bit stands for x⁰. */
function multiply(a: bigint, b: bigint, kind: CrcKind): bigint {
  let product = 0n
  for (let bit = 1n << BigInt(kind.bits - 1); bit > 0n && a > 0n; bit >>= 1n) {
    if (a & bit) {
      product ^= b
      a ^= bit
    }
    b = b & 1n ? (b >> 1n) ^ kind.polynomial : b >> 1n
  }
  return product
}

/**
 * The CRC of A followed by B from the CRC of each and the length of B, in bytes.
 * Appending n bytes multiplies A's remainder by x⁸ⁿ; that power is computed by repeated squaring, so the cost
 * is only logarithmic in the length (Mark Adler's method: https://stackoverflow.com/a/23126768).
 */
export function combineCrc(kind: CrcKind, a: bigint, b: bigint, lengthOfB: number): bigint {
  const one = 1n << BigInt(kind.bits - 1)
  let power = one
  // x⁸: eight places below x⁰.
  let square = one >> 8n
  for (let n = lengthOfB; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) power = multiply(power, square, kind)
    square = multiply(square, square, kind)
  }
  return multiply(power, a, kind) ^ b
}
