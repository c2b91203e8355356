/** A piece of a file with a known length, so that all pieces need only one allocation. */
export interface Part {
  /** In bytes. */
  readonly size: number
  /** Writes exactly `size` bytes. */
  write(to: Buffer, at: number): void
}

/** Given bytes, copied when written. */
export function bytesPart(bytes: Buffer): Part {
  return { size: bytes.length, write: (to, at) => void bytes.copy(to, at) }
}

/** The bytes of a part. */
export function bytesOf(part: Part): Buffer {
  const bytes = Buffer.allocUnsafe(part.size)
  part.write(bytes, 0)
  return bytes
}

/** A box around `parts`, of less than 4 GiB. */
export function boxPart(type: string, parts: readonly Part[]): Part {
  const size = parts.reduce((sum, part) => sum + part.size, 8)
  return {
    size,
    write: (to, at) => {
      to.writeUInt32BE(size, at)
      to.write(type, at + 4, 'latin1')
      let next = at + 8
      for (const part of parts) {
        part.write(to, next)
        next += part.size
      }
    },
  }
}

/** 32-bit numbers, from −2³¹ to 2³². */
export function numbersPart(...values: number[]): Part {
  return {
    size: 4 * values.length,
    write: (to, at) => values.forEach((value, n) => to.writeUInt32BE(value >>> 0, at + 4 * n)),
  }
}

/** `count` 32-bit numbers, generated while writing. */
export function columnPart(count: number, values: () => Iterable<number>): Part {
  return {
    size: 4 * count,
    write: (to, at) => {
      let next = at
      for (const value of values()) next = to.writeUInt32BE(value, next)
    },
  }
}

/** A 64-bit number up to 2⁵³. */
export function writeLong(to: Buffer, value: number, at: number): number {
  to.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  return to.writeUInt32BE(value % 2 ** 32, at + 4)
}
