import { type FlacFrame, flacFrameAt, isFlacFrameWhole } from './flac-frame.js'
import type { Claim, Walk } from './walk.js'

/** Size of `fLaC`, a block header, and STREAMINFO, always the first block. */
const HEADER = 4 + 4 + 34
/** Bytes at the end that contain the last frame: a stereo frame has some 10 KiB, and a tag may follow. */
const TAIL = 256 * 1024

/**
 * FLAC (RFC 9639 §8.2): STREAMINFO states the number of samples, 0 if unknown. Each frame states its position, so the
 * last one gives the number of samples received; nothing is decoded.
 */
export function* flacExtent(from: number): Walk {
  const { bytes } = yield { at: from, length: HEADER }
  if (bytes.length < HEADER || (bytes[4]! & 0x7f) !== 0) return undefined
  const minBlock = bytes.readUInt16BE(8)
  const maxBlock = bytes.readUInt16BE(10)
  const minFrame = bytes.readUIntBE(12, 3)
  const total = (bytes[21]! & 15) * 2 ** 32 + bytes.readUInt32BE(22)
  if (total === 0) return undefined
  const { bytes: tail, at } = yield { tail: TAIL }
  const isAll = at <= from + HEADER
  const fixed = minBlock === maxBlock ? maxBlock : 0
  const frames = [fixed, fixed === 0 ? maxBlock : 0].map(blockSize =>
    lastFrame(tail, blockSize, total, isAll),
  )
  const frame = frames.find(found => found !== undefined)
  if (frame === undefined) return isAll ? claim(total, 0) : undefined
  const end = frame.first + frame.samples
  const isWhole = isFlacFrameWhole(tail, frame.at, minFrame)
  if (end >= total && isWhole) return undefined
  const came = isWhole ? end : frame.first
  return claim(total, came)
}

function claim(total: number, came: number): Claim {
  const detail = `its STREAMINFO states ${total} samples, but its last frame ends at sample ${came}`
  return { end: Infinity, by: 'its STREAMINFO', detail }
}

/**
 * Finds the last frame in `bytes`. It must continue another frame, since audio may look like a header by chance, or be
 * the only frame of the stream.
 */
function lastFrame(bytes: Buffer, blockSize: number, total: number, isAll: boolean): FlacFrame | undefined {
  const frames: FlacFrame[] = []
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const frame = flacFrameAt(bytes, at, blockSize)
    if (frame !== undefined && frame.first < total) frames.push(frame)
  }
  const ends = new Map(frames.map(frame => [frame.first + frame.samples, frame.at]))
  const isNext = ({ first, at }: FlacFrame) => (ends.get(first) ?? Infinity) < at
  return frames.findLast(isNext) ?? (isAll && frames.length === 1 ? frames[0] : undefined)
}
