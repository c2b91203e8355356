import type { Walk } from './walk.js'

const HEADER = 22
/** The largest seek table read, in bytes: 12 days of 44,100 samples a second. */
const MAX_TABLE = 4 * 2 ** 20

/** True Audio: the header states the number of samples, and the seek table after it the size of each frame. */
export function* ttaExtent(from: number): Walk {
  const { bytes: header } = yield { at: from, length: HEADER }
  if (header.length < HEADER) return undefined
  const rate = header.readUInt32LE(10)
  const samples = header.readUInt32LE(14)
  const frameLength = Math.floor((rate * 256) / 245)
  if (samples === 0 || samples === 0xffffffff || frameLength === 0) return undefined
  const length = 4 * Math.ceil(samples / frameLength) + 4
  if (length > MAX_TABLE) return undefined
  const at = from + HEADER
  const { bytes: table } = yield { at, length }
  // ffmpeg reads no frame without the table.
  let end = at + length
  if (table.length === length) for (let n = 0; n < length - 4; n += 4) end += table.readUInt32LE(n)
  return { end, by: 'its seek table' }
}
