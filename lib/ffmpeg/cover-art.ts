/**
 * Where a cover picture would be: in the metadata that precede the media. ffmpeg makes a video stream of it, which
 * the MP4 muxer writes into the `moov`; a picture is nearly always larger than what a `moov` on a pipe may be
 * (fragmentation.ts). To drop it, its stream must be known, and for that ffmpeg has to see it whole.
 *
 * Each walk reads the sizes that a container states, and never further than they go.
 */

/** Containers that are told apart here. */
export type Container = 'mp4' | 'matroska' | 'flac' | 'ogg' | 'id3' | 'asf' | 'wave' | 'flv' | 'other'

/** Enough bytes for {@link containerOf}. */
export const CONTAINER_BYTES = 16

const ASF = Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex')
const EBML = Buffer.from('1a45dfa3', 'hex')
const MP4_TYPES = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp'])

/** The container that begins with `head`. */
export function containerOf(head: Buffer): Container {
  const text = (start: number, end: number) => head.toString('latin1', start, end)
  if (MP4_TYPES.has(text(4, 8))) return 'mp4'
  if (head.subarray(0, 4).equals(EBML)) return 'matroska'
  if (text(0, 4) === 'fLaC') return 'flac'
  if (text(0, 4) === 'OggS') return 'ogg'
  if (text(0, 3) === 'ID3') return 'id3'
  if (head.subarray(0, 16).equals(ASF)) return 'asf'
  if (text(0, 3) === 'FLV') return 'flv'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WAVE') return 'wave'
  return 'other'
}

/**
 * Where the metadata of `head` end, as far as can be told from it: at most one header beyond its end. 0 where there
 * is none. Where the answer is within `head`, it is final.
 */
export function metadataEnd(head: Buffer): number {
  const walk = WALKS[containerOf(head)]
  return walk === undefined ? 0 : walk(head)
}

/** Whether the metadata in `head` hold a picture. */
export function hasCover(head: Buffer): boolean {
  const metadata = head.subarray(0, metadataEnd(head))
  return MARKS[containerOf(head)]?.some(mark => metadata.includes(mark)) ?? false
}

const MARKS: Partial<Record<Container, readonly Buffer[]>> = {
  mp4: [Buffer.from('covr')],
  matroska: [Buffer.from('image/')],
  flac: [Buffer.from('image/')],
  ogg: [Buffer.from('METADATA_BLOCK_PICTURE'), Buffer.from('metadata_block_picture')],
  // `APIC` of versions 2.3 and 2.4, `PIC` of 2.2.
  id3: [Buffer.from('PIC')],
  asf: [Buffer.from('WM/Picture', 'utf16le')],
}

const WALKS: Partial<Record<Container, (head: Buffer) => number>> = {
  mp4: endOfMoov,
  matroska: endOfAttachments,
  flac: endOfFlacBlocks,
  ogg: endOfOggHeaders,
  // ID3v2 §3.1: four bytes of seven bits, without the header of ten.
  id3: head =>
    head.length < 10 ? 10 : 10 + [6, 7, 8, 9].reduce((size, at) => size * 128 + (head[at]! & 127), 0),
  asf: head => (head.length < 24 ? 24 : Number(head.readBigUInt64LE(16))),
}

/** ISO/IEC 14496-12 §4.2. A `moov` behind the media is out of reach: such an input is not read from a pipe. */
function endOfMoov(head: Buffer): number {
  let at = 0
  while (at + 16 <= head.length) {
    const type = head.toString('latin1', at + 4, at + 8)
    const short = head.readUInt32BE(at)
    const size = short === 1 ? Number(head.readBigUInt64BE(at + 8)) : short
    if (type === 'mdat' || type === 'moof' || size < 8) return 0
    at += size
    if (type === 'moov') return at
  }
  return at + 16
}

/** RFC 9559: `Attachments` is a child of `Segment`; what stands behind the first `Cluster` is out of reach. */
function endOfAttachments(head: Buffer): number {
  let at = 0
  for (;;) {
    const element = ebmlElement(head, at)
    if (element === undefined) return at + 12
    const { id, start, size } = element
    if (id === 0x1f43b675) return 0
    if (id === 0x18538067) {
      at = start
      continue
    }
    if (size === undefined) return 0
    at = start + size
    if (id === 0x1941a469) return at
  }
}

/** The header of the EBML element at `at` (RFC 8794 §4); undefined where `head` ends too early. */
function ebmlElement(
  head: Buffer,
  at: number,
): { id: number; start: number; size: number | undefined } | undefined {
  if (at + 12 > head.length) return undefined
  const idLength = vintLength(head[at]!)
  const sizeLength = vintLength(head[at + idLength]!)
  const start = at + idLength + sizeLength
  // Not EBML any more: an element of unknown size, behind which nothing is looked for.
  if (idLength > 4 || sizeLength > 8) return { id: 0, start, size: undefined }
  const marker = 2 ** (8 - sizeLength)
  let size = head[at + idLength]! % marker
  let isUnknown = size === marker - 1
  for (const byte of head.subarray(at + idLength + 1, start)) {
    size = size * 256 + byte
    isUnknown &&= byte === 0xff
  }
  return { id: head.readUIntBE(at, idLength), start, size: isUnknown ? undefined : size }
}

/** Bytes of a variable-size integer, from its first: the place of the highest bit. 9 where there is none. */
function vintLength(byte: number): number {
  return Math.clz32(byte) - 23
}

/** RFC 9639 §8.1: a byte of type and last-flag, three of length. */
function endOfFlacBlocks(head: Buffer): number {
  for (let at = 4; ;) {
    if (at + 4 > head.length) return at + 4
    const isLast = head[at]! >= 0x80
    at += 4 + head.readUIntBE(at + 1, 3)
    if (isLast) return at
  }
}

/** RFC 3533 §6: header pages have granule position 0; the comment packet may span many, with none (−1). */
function endOfOggHeaders(head: Buffer): number {
  for (let at = 0; ;) {
    if (at + 27 > head.length) return at + 27
    const granule = head.readBigInt64LE(at + 6)
    if (head.toString('latin1', at, at + 4) !== 'OggS' || granule > 0n) return at
    const segments = head[at + 26]!
    if (at + 27 + segments > head.length) return at + 27 + segments
    at += 27 + segments + head.subarray(at + 27, at + 27 + segments).reduce((sum, length) => sum + length, 0)
  }
}
