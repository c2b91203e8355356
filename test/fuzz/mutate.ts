/** The longest run of bytes that one change inserts. */
const MAX_RUN = 64 * 2 ** 10
/** Boundary values: zero, one, the largest signed, all bits set. */
const NUMBERS = [0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff]

/** An integer from 0, below `limit`. */
export type Below = (limit: number) => number

/** A mutation of an input by a few changes: bytes altered, removed, duplicated, inserted; numbers made extreme. */
export function mutated(input: Buffer, below: Below): Buffer {
  let bytes: Buffer = Buffer.from(input)
  for (let n = 1 + below(6); n > 0 && bytes.length > 0; n--) bytes = changed(bytes, below)
  return bytes
}

function changed(bytes: Buffer, below: Below): Buffer {
  const at = below(bytes.length)
  const length = 1 + below(Math.min(64, bytes.length - at))
  const [head, piece, rest] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ]
  switch (below(8)) {
    case 0:
      return Buffer.concat([head, Buffer.from([below(256)]), bytes.subarray(at + 1)])
    case 1:
      return Buffer.concat([head, Buffer.alloc(piece.length, below(2) === 0 ? 0xff : 0), rest])
    case 2:
      return Buffer.concat([head, rest])
    case 3:
      return Buffer.concat([head, piece, piece, rest])
    case 4:
      return Buffer.concat([head, piece])
    case 5:
      return Buffer.concat([bytes, Buffer.alloc(below(MAX_RUN), piece)])
    case 6:
      return Buffer.concat([head, Buffer.alloc(below(below(MAX_RUN) + 1), piece), rest])
    default:
      return withNumber(bytes, at, NUMBERS[below(NUMBERS.length)]!, below(2) === 0)
  }
}

/** The number has four bytes, in either byte order. */
function withNumber(bytes: Buffer, at: number, number: number, isLittle: boolean): Buffer {
  if (at + 4 > bytes.length) return bytes
  const copy = Buffer.from(bytes)
  if (isLittle) copy.writeUInt32LE(number, at)
  else copy.writeUInt32BE(number, at)
  return copy
}
