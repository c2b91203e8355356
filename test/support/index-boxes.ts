import { Box } from '../../lib/mp4/boxes/box.js'

/** Boxes of an MP4's index, made by hand. */

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * n)
  return bytes
}

export function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body])
}

/** A full box of version 0. */
export function full(type: string, body: Buffer, flags = 0): Buffer {
  return box(type, u32(flags), body)
}

/** A box as parsed from a file, at byte `offset`. */
export function parsed(bytes: Buffer, offset = 0): Box {
  return Box.topLevel(bytes, 0, bytes.length, offset, 0)
}

export function moov(...traks: Buffer[]): Box {
  return parsed(box('moov', ...traks))
}

/** The content of a track's sample table. */
export interface Samples {
  readonly offsets: readonly number[]
  readonly perChunk: number
  readonly sizes?: readonly number[]
  /** The size of all samples alike, in place of `sizes`. */
  readonly fixed?: number
  readonly count?: number
  readonly long?: boolean
  readonly external?: boolean
  /** The count stated in `stco`. */
  readonly entries?: number
  /** A sound description, for an audio track. */
  readonly sound?: Buffer
}

/** A track. */
export function samples(given: Samples): Buffer {
  const { offsets, perChunk, sizes = [], fixed = 0, count = sizes.length, long = false, sound } = given
  const entries = given.entries ?? offsets.length
  const places = long ? u32(...offsets.flatMap(offset => [0, offset])) : u32(...offsets)
  const stbl = box(
    'stbl',
    ...(sound ? [full('stsd', Buffer.concat([u32(1), sound]))] : []),
    full('stsz', Buffer.concat([u32(fixed, count), fixed > 0 ? Buffer.alloc(0) : u32(...sizes)])),
    full('stsc', u32(1, 1, perChunk, 1)),
    full(long ? 'co64' : 'stco', Buffer.concat([u32(entries), places])),
  )
  const dref = full('dref', Buffer.concat([u32(1), full('url ', Buffer.alloc(0), given.external ? 0 : 1)]))
  const hdlr = full('hdlr', Buffer.concat([u32(0), Buffer.from(sound ? 'soun' : 'vide'), Buffer.alloc(12)]))
  return box('trak', box('mdia', hdlr, box('minf', box('dinf', dref), stbl)))
}
