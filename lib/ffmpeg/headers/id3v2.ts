/** Length of the header of an ID3v2 tag, and of each frame in it, in bytes. */
export const ID3 = 10

/** The first byte of an MPEG audio header. */
const SYNC = 0xff

/** Sizes in ID3v2 have 28 bits, seven per byte. */
function synchsafe(bytes: Buffer): number {
  return bytes.reduce((size, byte) => size * 128 + (byte & 127), 0)
}

function statedSize(tag: Buffer): number {
  return synchsafe(tag.subarray(6, ID3))
}

/**
 * The length of the ID3v2 tag at the start of `bytes`, or the number of bytes needed to determine it; 0 without a tag.
 *
 * ffmpeg seeks back to fill in the tag's size. If the tag exceeded its buffer, or was flushed in between, as for cover
 * art, a pipe gets a size of 0, and the right one, in four bytes, may follow the padding. Such a tag ends at the first
 * audio frame.
 */
export function id3Size(bytes: Buffer): number {
  if (bytes.length < ID3) return ID3
  if (bytes.toString('latin1', 0, 3) !== 'ID3') return 0
  const size = statedSize(bytes)
  if (size > 0) return ID3 + size
  const { end, isWhole } = framesEnd(bytes)
  return isWhole ? paddingEnd(bytes, end) : end
}

/** Repairs a tag that fills all of `tag`: sets its size, and zeroes everything after its frames. */
export function repairId3(tag: Buffer): void {
  if (statedSize(tag) === 0) tag.fill(0, framesEnd(tag).end)
  for (let n = 0; n < 4; n++) tag[9 - n] = Math.floor((tag.length - ID3) / 128 ** n) % 128
}

/** The end of the frames; or, if some are missing, the number of bytes needed to continue. */
function framesEnd(bytes: Buffer): { end: number; isWhole: boolean } {
  let end = ID3
  while (end + ID3 <= bytes.length) {
    if (!/^[A-Z0-9]{4}$/.test(bytes.toString('latin1', end, end + 4))) return { end, isWhole: true }
    const size = bytes.subarray(end + 4, end + 8)
    // Only since version 4 do frames write their sizes as the tag does.
    end += ID3 + (bytes[3]! >= 4 ? synchsafe(size) : size.readUInt32BE())
  }
  return { end: end + ID3, isWhole: false }
}

function paddingEnd(bytes: Buffer, start: number): number {
  let place = start
  while (bytes[place] === 0) place++
  // The late size has no byte of more than seven bits.
  const limit = place + 4
  while (place < limit && bytes[place]! < 128) place++
  // It may continue after the last available byte.
  return place >= bytes.length ? place + 1 : bytes[place] === SYNC ? place : start
}
