import type { RandomAccess } from '../../lib/io/random-access.js'

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts', 'udta'])
const CHUNK = 256 * 1024

interface Piece {
  readonly type: string
  readonly bytes: Buffer
}

function* boxes(bytes: Buffer): Generator<Piece> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at)
    yield { type: bytes.toString('latin1', at + 4, at + 8), bytes: bytes.subarray(at, at + size) }
    at += size
  }
}

function box(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(8 + content.length, 0)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, content])
}

/** A box with all 32-bit chunk offsets within made 64-bit ones, moved by `shift`. */
function moved({ type, bytes }: Piece, shift: number): Buffer {
  if (type === 'udta' || (!CONTAINERS.has(type) && type !== 'stco')) return bytes
  if (CONTAINERS.has(type)) {
    return box(type, Buffer.concat([...boxes(bytes.subarray(8))].map(child => moved(child, shift))))
  }
  const count = bytes.readUInt32BE(12)
  const offsets = Buffer.alloc(8 + count * 8)
  offsets.writeUInt32BE(count, 4)
  for (let n = 0; n < count; n++) {
    offsets.writeBigUInt64BE(BigInt(bytes.readUInt32BE(16 + 4 * n) + shift), 8 + 8 * n)
  }
  return box('co64', offsets)
}

/**
 * An ordinary MP4 with its index last, made into one of more than `gap` bytes: its media are behind so many zeros that
 * nothing refers to. It is never in memory as a whole.
 */
export function largeMp4(
  mp4: Buffer,
  gap: number,
): RandomAccess & { readonly bytesRead: number; readonly length: number } {
  const all = [...boxes(mp4)]
  const mdat = all.find(({ type }) => type === 'mdat')!
  const head = all.find(({ type }) => type === 'ftyp')!.bytes
  const header = Buffer.alloc(16)
  header.writeUInt32BE(1, 0)
  header.write('mdat', 4, 'latin1')
  const media = mdat.bytes.subarray(8)
  header.writeBigUInt64BE(BigInt(16 + gap + media.length), 8)
  const front = Buffer.concat([head, header])
  const oldStart = mdat.bytes.byteOffset - mp4.byteOffset + 8
  const mediaStart = front.length + gap
  const moov = moved(
    all.find(({ type }) => type === 'moov')!,
    mediaStart - oldStart,
  )
  const back = Buffer.concat([media, moov])
  const length = mediaStart + back.length
  const zeros = Buffer.alloc(CHUNK)
  const access = {
    bytesRead: 0,
    length,
    size: () => Promise.resolve(length),
    async *read(start: number, end: number, signal?: AbortSignal) {
      for (let at = start; at < end;) {
        await new Promise(setImmediate)
        signal?.throwIfAborted()
        const limit = Math.min(end, at + CHUNK)
        let chunk: Buffer
        if (at < front.length) chunk = front.subarray(at, limit)
        else if (at < mediaStart) chunk = zeros.subarray(0, Math.min(limit, mediaStart) - at)
        else chunk = back.subarray(at - mediaStart, limit - mediaStart)
        access.bytesRead += chunk.length
        at += chunk.length
        yield Buffer.from(chunk)
      }
    },
  }
  return access
}
