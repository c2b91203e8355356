import { crc32 } from '../../io/checksums/crc.js'

/**
 * The bytes of an image or a WebVTT index with a mark in a place that every decoder skips, so that no two runs store
 * equal bytes. A store compares ETags, which are digests of the bytes: if a newer run stored the bytes that an older
 * one expects to replace, `If-Match` could not tell the two apart.
 *
 * - JPEG: a comment segment (`COM`, ITU-T T.81 B.2.4.5), after the application segments
 * - PNG: a `tEXt` chunk (https://www.w3.org/TR/png-3/#11tEXt) after the header
 * - WebP: a chunk of its own at the end, which takes the extended format (RFC 9649 §2.7)
 * - WebVTT: a comment block (`NOTE`) after the header
 *
 * @param mark - ASCII without control characters
 * @returns other bytes as they are
 */
export function distinctBytes(bytes: Uint8Array, mark: string): Uint8Array {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = Buffer.from(`avio-run ${mark}`, 'latin1')
  const startsWith = (start: string, at = 0) => given.toString('latin1', at, at + start.length) === start
  if (startsWith('\xff\xd8\xff')) return jpeg(given, text)
  if (startsWith('\x89PNG\r\n\x1a\n')) return png(given, text)
  if (startsWith('RIFF') && startsWith('WEBP', 8)) return webp(given, text)
  return startsWith(VTT) ? inserted(given, VTT.length, Buffer.from(`NOTE ${String(text)}\n\n`)) : bytes
}

const VTT = 'WEBVTT\n\n'

function jpeg(image: Buffer, text: Buffer): Buffer {
  let at = 2
  // APP0 (JFIF) has to come first.
  while (at + 4 <= image.length && image[at] === 0xff && (image[at + 1]! & 0xf0) === 0xe0)
    at += 2 + image.readUInt16BE(at + 2)
  const head = Buffer.from([0xff, 0xfe, 0, 0])
  head.writeUInt16BE(2 + text.length, 2)
  return inserted(image, at, Buffer.concat([head, text]))
}

/** The signature, and the first chunk: IHDR, of 13 bytes. */
const PNG_HEAD = 8 + 4 + 4 + 13 + 4

function png(image: Buffer, text: Buffer): Buffer {
  const chunk = Buffer.concat([Buffer.from('tEXtComment\0', 'latin1'), text])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(chunk.length - 4, 0)
  frame.writeUInt32BE(crc32(chunk, 0), 4)
  return inserted(image, PNG_HEAD, Buffer.concat([frame.subarray(0, 4), chunk, frame.subarray(4)]))
}

/** `RIFF`, the size of the rest, `WEBP`. */
const RIFF_HEAD = 12

function webp(image: Buffer, text: Buffer): Buffer {
  const rest = image.subarray(RIFF_HEAD)
  const isExtended = rest.toString('latin1', 0, 4) === 'VP8X'
  const chunks = [...(isExtended ? [] : [extension(rest)]), rest, riffChunk('avio', text)]
  const size = chunks.reduce((sum, { length }) => sum + length, 0)
  const head = Buffer.from(image.subarray(0, RIFF_HEAD))
  head.writeUInt32LE(4 + size, 4)
  return Buffer.concat([head, ...chunks])
}

/** The chunk that begins the extended format: flags, and the size of the picture, from the header of its one frame. */
function extension(frame: Buffer): Buffer {
  const isLossless = frame.toString('latin1', 0, 4) === 'VP8L'
  const bits = isLossless ? frame.readUInt32LE(9) : 0
  const width = isLossless ? bits & 0x3fff : (frame.readUInt16LE(14) & 0x3fff) - 1
  const height = isLossless ? (bits >>> 14) & 0x3fff : (frame.readUInt16LE(16) & 0x3fff) - 1
  const fields = Buffer.alloc(10)
  fields[0] = ((bits >>> 28) & 1) * ALPHA
  fields.writeUIntLE(width, 4, 3)
  fields.writeUIntLE(height, 7, 3)
  return riffChunk('VP8X', fields)
}

const ALPHA = 0x10

/** Chunks have an even length. */
function riffChunk(name: string, data: Buffer): Buffer {
  const head = Buffer.from(`${name}\0\0\0\0`, 'latin1')
  head.writeUInt32LE(data.length, 4)
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)])
}

function inserted(bytes: Buffer, at: number, more: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
}
