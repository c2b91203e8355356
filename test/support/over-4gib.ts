import { Box } from '../../lib/mp4/boxes/box.js'
import type { RandomAccess } from '../../lib/io/random-access.js'
import { GiB } from '../../lib/options.js'
import { box, fullBox, u32, u64 } from './fmp4.js'

const CHUNK = 64 * 1024

/** A source of any size that is zeros except at a few offsets. */
export class SparseAccess implements RandomAccess {
  readonly #size: number
  readonly #parts: readonly { readonly offset: number; readonly bytes: Buffer }[]

  constructor(size: number, parts: readonly { readonly offset: number; readonly bytes: Buffer }[]) {
    this.#size = size
    this.#parts = parts
  }

  size(): Promise<number> {
    return Promise.resolve(this.#size)
  }

  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    if (end > this.#size) throw new RangeError(`${end} is past the end`)
    for (let at = start; at < end; at += CHUNK) {
      signal?.throwIfAborted()
      const chunk = Buffer.alloc(Math.min(CHUNK, end - at))
      for (const { offset, bytes } of this.#parts) {
        if (offset < at + chunk.length && offset + bytes.length > at) {
          bytes.copy(chunk, Math.max(0, offset - at), Math.max(0, at - offset))
        }
      }
      yield chunk
    }
  }
}

/**
 * An ordinary MP4 with its media 5 GiB later, in an `mdat` with a 64-bit size, followed by its index with `co64` in
 * place of `stco`.
 *
 * @param mp4 - an MP4 with its index in front (`fastStartMp4`)
 */
export function over4GiB(mp4: Buffer): { readonly source: SparseAccess; readonly shift: number } {
  const places = new Map<string, number>()
  for (let at = 0; at < mp4.length; at += mp4.readUInt32BE(at))
    places.set(mp4.toString('latin1', at + 4, at + 8), at)
  const boxOf = (type: string) => {
    const at = places.get(type)!
    return mp4.subarray(at, at + mp4.readUInt32BE(at))
  }
  const ftyp = boxOf('ftyp')
  const media = boxOf('mdat').subarray(8)
  const offset = 5 * GiB
  const shift = offset - (places.get('mdat')! + 8)
  const moov = withLongOffsets(boxOf('moov'), shift)
  const end = offset + media.length
  const header = Buffer.concat([u32(1), Buffer.from('mdat'), u64(end - ftyp.length)])
  const front = Buffer.concat([ftyp, header])
  const parts = [
    { offset: 0, bytes: front },
    { offset, bytes: media },
    { offset: end, bytes: moov },
  ]
  return { source: new SparseAccess(end + moov.length, parts), shift }
}

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl'])

function withLongOffsets(bytes: Buffer, shift: number): Buffer {
  const type = bytes.toString('latin1', 4, 8)
  const whole = Box.topLevel(bytes, 0, bytes.length, 0, 0)
  if (type === 'stco') {
    const offsets = Array.from({ length: whole.u32(4) }, (_, n) => whole.u32(8 + 4 * n) + shift)
    return fullBox('co64', 0, 0, u32(offsets.length), u64(...offsets))
  }
  if (!CONTAINERS.has(type)) return bytes
  return box(
    type,
    ...whole.children.map(child =>
      withLongOffsets(bytes.subarray(child.offset, child.offset + child.size), shift),
    ),
  )
}
