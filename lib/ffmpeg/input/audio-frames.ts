import { mpegFrameSize } from '../headers/mpeg-frame-header.js'

/** Audio frames that follow one another without a container: each header states its frame's length. */
export interface AudioFrame {
  readonly codec: 'adts' | 'mpeg' | 'ac3' | 'loas' | 'dts'
  /**
   * Length in bytes, with its header, of the frame at `at`, given {@link FRAME_HEADER} of its bytes; 0 for none.
   */
  readonly lengthAt: (head: Buffer, at: number) => number
}

/** Header bytes that suffice for the length of any kind of frame. */
export const FRAME_HEADER = 8

/** ISO/IEC 14496-3 §1.A.2.2. */
function adtsLength(head: Buffer, at: number): number {
  if (head[at] !== 0xff || (head[at + 1]! & 0xf6) !== 0xf0) return 0
  const length = ((head[at + 3]! & 3) << 11) | (head[at + 4]! << 3) | (head[at + 5]! >> 5)
  return length >= 7 ? length : 0
}

const AC3_RATES = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640]

/** AC-3 and E-AC-3 (ATSC A/52 §5.3, §E.1.2). */
function ac3Length(head: Buffer, at: number): number {
  if (head.readUInt16BE(at) !== 0x0b77) return 0
  if (head[at + 5]! >> 3 > 10) return 2 * (1 + (head.readUInt16BE(at + 2) & 0x7ff))
  const rate = AC3_RATES[(head[at + 4]! & 63) >> 1]
  if (rate === undefined) return 0
  const words = [2 * rate, Math.floor((rate * 96_000) / 44_100) + (head[at + 4]! & 1), 3 * rate, 0]
  return 2 * words[head[at + 4]! >> 6]!
}

/** AAC in LATM frames, in LOAS (ISO/IEC 14496-3 §1.7.2). */
function loasLength(head: Buffer, at: number): number {
  const header = head.readUIntBE(at, 3)
  return header >>> 13 === 0x2b7 ? 3 + (header & 0x1fff) : 0
}

/** DTS (ETSI TS 102 114 §5.4). */
function dtsLength(head: Buffer, at: number): number {
  return head.readUInt32BE(at) === 0x7ffe8001 ? 1 + ((head.readUIntBE(at + 5, 3) >>> 4) & 0x3fff) : 0
}

/** The recognized kinds. */
export const AUDIO_FRAMES: readonly AudioFrame[] = [
  { codec: 'adts', lengthAt: adtsLength },
  { codec: 'mpeg', lengthAt: (head, at) => mpegFrameSize(head.readUInt32BE(at)) ?? 0 },
  { codec: 'ac3', lengthAt: ac3Length },
  { codec: 'loas', lengthAt: loasLength },
  { codec: 'dts', lengthAt: dtsLength },
]

/**
 * The frame at `at`, if another one of its kind follows it; a number: how many bytes the decision needs; `undefined`
 * if there is none.
 */
export function followedFrame(head: Buffer, at: number): AudioFrame | number | undefined {
  if (at + FRAME_HEADER > head.length) return at + FRAME_HEADER
  const frame = AUDIO_FRAMES.find(({ lengthAt }) => lengthAt(head, at) > 0)
  if (frame === undefined) return undefined
  const next = at + frame.lengthAt(head, at)
  if (next + FRAME_HEADER > head.length) return next + FRAME_HEADER
  return frame.lengthAt(head, next) > 0 ? frame : undefined
}
