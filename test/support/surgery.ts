import { u32, u64 } from './fmp4.js'

/** Takes MP4s apart and reassembles them, for files that no available muxer writes. */
export interface Piece {
  type: string
  /** Its offset in the original file; `undefined` for an inserted box. */
  readonly at?: number
  /** The children of a container. */
  kids?: Piece[]
  /** The content of any other box. */
  data?: Buffer
  /** The form of its size: 64 bits, or "to the end of the file". */
  size?: 'long' | 'endless'
}

const CONTAINERS = new Set('moov trak mdia minf stbl mvex moof traf edts dinf'.split(' '))

/** The boxes of a file. */
export function takeApart(bytes: Buffer, from = 0): Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    const content = bytes.subarray(at + 8, at + size)
    pieces.push({
      ...{ type, at: from + at },
      ...(CONTAINERS.has(type)
        ? { kids: takeApart(content, from + at + 8) }
        : { data: Buffer.from(content) }),
    })
    at += size
  }
  return pieces
}

/** The file with these boxes; data offsets stay unchanged. */
export function putTogether(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(pieces.map(written))
}

/** The same, with data offsets and stated bases adjusted to the data's new positions. */
export function reflowed(pieces: readonly Piece[]): Buffer {
  const places: number[] = []
  let length = 0
  for (const piece of pieces) {
    places.push(length)
    length += written(piece).length
  }
  for (const [n, moof] of pieces.entries()) {
    if (moof.type !== 'moof') continue
    const next = pieces.findIndex((piece, later) => later > n && piece.type === 'mdat')
    const mdat = pieces[next]
    if (mdat?.at === undefined || moof.at === undefined) continue
    const before = mdat.at + 8 - moof.at
    const after = places[next]! + (mdat.size === 'long' ? 16 : 8) - places[n]!
    shift(moof, places[n]! - moof.at, after - before)
  }
  return putTogether(pieces)
}

function shift(moof: Piece, byBase: number, byData: number): void {
  for (const [n, traf] of every([moof], 'traf').entries()) {
    const tfhd = every([traf], 'tfhd')[0]?.data
    if (tfhd === undefined) continue
    const isStated = (tfhd[3]! & 1) !== 0
    if (isStated) tfhd.writeBigUInt64BE(tfhd.readBigUInt64BE(8) + BigInt(byBase), 8)
    // Without any base, the second one counts from the end of the first one's data.
    const countsFromMoof = isStated || (tfhd[1]! & 2) !== 0 || n === 0
    for (const { data } of every([traf], 'trun')) {
      if (countsFromMoof && data![3]! & 1) data!.writeInt32BE(data!.readInt32BE(8) + byData, 8)
    }
  }
}

function written({ type, kids, data, size }: Piece): Buffer {
  const content = kids ? putTogether(kids) : data!
  const name = Buffer.from(type, 'latin1')
  if (size === 'long') return Buffer.concat([u32(1), name, u64(content.length + 16), content])
  return Buffer.concat([u32(size === 'endless' ? 0 : content.length + 8), name, content])
}

/** All boxes of a type, at any depth. */
export function every(pieces: readonly Piece[], type: string): Piece[] {
  return pieces.flatMap(piece => [
    ...(piece.type === type ? [piece] : []),
    ...(piece.kids ? every(piece.kids, type) : []),
  ])
}

/** A serialized box, as a piece. */
export function piece(box: Buffer): Piece {
  return { type: box.toString('latin1', 4, 8), data: Buffer.from(box.subarray(8)) }
}

/** A copy of the box. */
export function copyOf({ kids, data, ...rest }: Piece): Piece {
  return { ...rest, ...(kids && { kids: kids.map(copyOf) }), ...(data && { data: Buffer.from(data) }) }
}
