import { followedFrame } from './audio-frames.js'
import { TsTables } from './ts-tables.js'

/**
 * The framing of an input's audio, from as few bytes as possible: the tables of a transport stream, or two successive
 * frame headers. A live source is not held back any longer than that.
 */
export interface AudioSeen {
  /** `adts`: all audio is AAC in ADTS frames; `other`: none is; `undefined`: unknown, or some of both. */
  readonly audio: 'adts' | 'other' | undefined
  /** ffmpeg's name of the container; `undefined` if ffmpeg detects it by itself. */
  readonly format: 'aac' | undefined
  /** Bytes needed to determine `audio`, or as much as possible; at most the bytes at hand once that is done. */
  readonly wanted: number
  /** Bytes that ffmpeg needs to choose the same streams as from the whole input. */
  readonly wantedByFfmpeg: number
}

/** After this many bytes without an answer, ask ffmpeg anyway. */
const MOST = 512 * 1024

/**
 * Examines the audio of `head` from `start` on. While it finds nothing, `wanted` grows with the head, so that all calls
 * together cost no more than a few times the last one.
 *
 * @param tables - the state from shorter heads of the same input
 */
export function sniffAudio(head: Buffer, start = 0, tables = new TsTables()): AudioSeen {
  const transport = start === 0 ? tables.look(head) : undefined
  if (transport !== undefined) {
    const { isComplete, isUnderWay, adts, others, unknown } = transport
    const next = Math.min(head.length + 1, MOST)
    const wantedByFfmpeg = isComplete && isUnderWay ? head.length : next
    if (!isComplete) return { ...UNKNOWN, wanted: next, wantedByFfmpeg }
    if (adts === 0 && unknown === 0) return known('other', head.length)
    const isAdts = others === 0 && unknown === 0
    return {
      ...UNKNOWN,
      ...(isAdts ? known('adts', head.length) : { wanted: wantedByFfmpeg }),
      wantedByFfmpeg,
    }
  }
  const frames = framesSeen(head, start)
  if (frames !== undefined) return frames
  const more = Math.min(head.length + Math.max(188, head.length >> 3), start + MOST)
  return { ...UNKNOWN, wanted: more, wantedByFfmpeg: more }
}

const UNKNOWN = { audio: undefined, format: undefined } as const

function known(audio: 'adts' | 'other', bytes: number): AudioSeen {
  return { audio, format: undefined, wanted: bytes, wantedByFfmpeg: bytes }
}

/** The result of two frame headers; `undefined` if no two follow one another. */
function framesSeen(head: Buffer, start: number): AudioSeen | undefined {
  const frame = followedFrame(head, start)
  if (frame === undefined) return undefined
  if (typeof frame === 'number') return { ...UNKNOWN, wanted: frame, wantedByFfmpeg: frame }
  return frame.codec === 'adts'
    ? { ...known('adts', head.length), format: 'aac' }
    : known('other', head.length)
}
