import { type Claim, type Walk, isUnknown64, u64le } from './walk.js'

const FILE_PROPERTIES = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex')
const DATA = Buffer.from('3626b2758e66cf11a6d900aa0062ce6c', 'hex')
/** An object's id and size. */
const HEADER = 24
/** Bytes before the packets in the Data Object. */
const DATA_HEADER = 50
/** The largest header searched for the properties. */
const MAX_HEADER = 2 ** 20

/**
 * ASF (WMV, WMA): the media are the packets of the Data Object. File Properties state the file's size, including
 * indices after the media; a flag marks the sizes of a broadcast as invalid.
 */
export function* asfExtent(from: number): Walk {
  const { bytes: head } = yield { at: from, length: 30 }
  if (head.length < 30) return undefined
  const headerSize = u64le(head, 16)
  if (headerSize < 30 || headerSize > MAX_HEADER) return undefined
  const { bytes: header } = yield { at: from, length: headerSize }
  const properties = objectIn(header, FILE_PROPERTIES)
  if (header.length < headerSize || properties === undefined || properties.length < 92) return undefined
  const fileSize = u64le(properties, 40)
  const isBroadcast = (properties.readUInt32LE(88) & 1) === 1
  if (isBroadcast || isUnknown64(fileSize)) return undefined
  const whole: Claim = { end: from + fileSize, by: 'its size of the file (File Properties)' }
  const { bytes: data } = yield { at: from + headerSize, length: HEADER }
  if (data.length < HEADER || !DATA.equals(data.subarray(0, 16))) return whole
  const size = u64le(data, 16)
  const end = from + headerSize + size
  return isUnknown64(size) || size <= DATA_HEADER || end > whole.end ? whole : { ...whole, end }
}

/** Finds the object with this id in the Header Object. */
function objectIn(header: Buffer, id: Buffer): Buffer | undefined {
  for (let at = 30; at + HEADER <= header.length;) {
    const size = u64le(header, at + 16)
    if (size < HEADER) return undefined
    if (id.equals(header.subarray(at, at + 16))) return header.subarray(at, at + size)
    at += size
  }
  return undefined
}
