/**
 * CRC-32 as zlib, PNG and S3 use it: polynomial 0x04C11DB7, reflected (RFC 1952 §8). Node's own `zlib.crc32` computes
 * the checksums; this module adds the checksum of a whole from the checksums of its parts.
 *
 * A CRC is the remainder of the message, read as a polynomial over GF(2), modulo P. Appending n bytes to a message
 * multiplies it by x⁸ⁿ; so crc(AB) = crc(A) · x⁸ⁿ mod P + crc(B), with n the length of B (the pre- and
 * post-conditioning of CRC-32 cancels out). x⁸ⁿ is the product of those x^(8·2ᵏ) whose bit k is set in n: one
 * multiplication per bit, however long B is. So parts can be processed in any order and combined at the end.
 *
 * Polynomials are stored reflected, like the CRC: bit 31 is the coefficient of x⁰.
 */
const P = 0xedb88320

/** The polynomial 1. */
const ONE = 0x80000000

/** x⁸, one byte's worth of shift. */
const X8 = 0x00800000

/** a · b mod P. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let shifted = b, bit = ONE; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= shifted
    shifted = shifted & 1 ? (shifted >>> 1) ^ P : shifted >>> 1
  }
  return product >>> 0
}

/** x^(8·2ᵏ) mod P for each bit k of a safe integer. */
const POWERS = [X8]
for (let k = 1; k < 53; k++) POWERS.push(multiply(POWERS[k - 1]!, POWERS[k - 1]!))

/**
 * The CRC-32 of two pieces of data joined together.
 *
 * @param first - CRC-32 of the first piece
 * @param second - CRC-32 of the second
 * @param secondLength - length of the second, in bytes; up to 2⁵³ − 1
 */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  let shift = ONE
  for (let k = 0, rest = secondLength; rest > 0; k++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shift = multiply(shift, POWERS[k]!)
  }
  return (multiply(first, shift) ^ second) >>> 0
}

/** The CRC-32 of pieces given in order. */
export function combineAllCrc32(pieces: Iterable<{ readonly crc32: number; readonly size: number }>): number {
  let whole = 0
  for (const { crc32, size } of pieces) whole = combineCrc32(whole, crc32, size)
  return whole
}

/** A CRC-32 in S3's header notation: base64 of its four bytes, the highest first. */
export function formatCrc32(crc32: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32)
  return bytes.toString('base64')
}
