/** A copy of an MP4 or MOV whose tracks are to be shown turned by 90 degrees. */
export function rotated(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const ONE = 0x10000
  for (let at = copy.indexOf('tkhd'); at !== -1; at = copy.indexOf('tkhd', at + 4)) {
    // ISO/IEC 14496-12, 8.3.2: the matrix of version 0 lies 44 bytes behind the type.
    const matrix = [0, ONE, 0, -ONE, 0, 0]
    matrix.forEach((value, n) => copy.writeInt32BE(value, at + 44 + 4 * n))
  }
  return copy
}
