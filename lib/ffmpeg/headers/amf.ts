/** A field of an AMF0 object. */
export interface AmfProperty {
  readonly key: string
  readonly type: 'number' | 'other'
  /** Offset of its value, after the type byte. */
  readonly place: number
}

const NUMBER = 0
const STRING = 2
const ECMA_ARRAY = 8

/** Length of a value after its type byte: AMF0 (Adobe, "Action Message Format"), the types that ffmpeg writes. */
function sizeOf(type: number | undefined, bytes: Buffer, place: number): number | undefined {
  if (type === NUMBER) return 8
  if (type === 1) return 1
  if (type === STRING) return place + 2 <= bytes.length ? 2 + bytes.readUInt16BE(place) : undefined
  if (type === 5 || type === 6) return 0
  if (type === 11) return 10
  if (type === 12) return place + 4 <= bytes.length ? 4 + bytes.readUInt32BE(place) : undefined
  return undefined
}

/**
 * The fields of the ECMA array after the string at `place`, as in an FLV's `onMetaData`. Stops without an error at the
 * first value of a type that ffmpeg does not write there.
 */
export function amfProperties(bytes: Buffer, place: number): AmfProperty[] {
  const name = sizeOf(bytes[place], bytes, place + 1)
  const properties: AmfProperty[] = []
  if (bytes[place] !== STRING || name === undefined || bytes[place + 1 + name] !== ECMA_ARRAY)
    return properties
  // The type is followed by the number of fields, which is only a hint.
  let at = place + 1 + name + 5
  while (at + 3 <= bytes.length) {
    const keySize = bytes.readUInt16BE(at)
    const key = bytes.toString('utf8', at + 2, at + 2 + keySize)
    const value = at + 2 + keySize + 1
    const size = sizeOf(bytes[value - 1], bytes, value)
    if (size === undefined || value + size > bytes.length) return properties
    properties.push({ key, type: bytes[value - 1] === NUMBER ? 'number' : 'other', place: value })
    at = value + size
  }
  return properties
}
