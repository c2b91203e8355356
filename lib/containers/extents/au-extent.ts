import { type Walk, isUnknown32 } from './walk.js'

/** Sun AU: the header states the offset and the length of the data. */
export function* auExtent(from: number): Walk {
  const { bytes } = yield { at: from, length: 12 }
  if (bytes.length < 12) return undefined
  const size = bytes.readUInt32BE(8)
  return isUnknown32(size) ? undefined : { end: from + bytes.readUInt32BE(4) + size, by: 'its header' }
}
