import { followedFrame } from './audio-frames.js'
import { TsTables } from './ts-tables.js'

/**
 * How the sound of an input is wrapped, as soon as its first bytes tell: the tables of a transport stream, or two
 * headers of frames that follow one another. A live source is not held back any longer than that.
 */
export interface AudioSeen {
  /** `adts`: all of it is AAC in ADTS frames; `other`: none of it is; `undefined`: not known, or some of both. */
  readonly sound: 'adts' | 'other' | undefined
  /** What ffmpeg calls the container; `undefined` where it finds that out by itself. */
  readonly format: 'aac' | undefined
  /** How many bytes are wanted to tell `sound`, or all that can be told; no more than there are where that is done. */
  readonly wanted: number
  /** How many are wanted before ffmpeg chooses the streams that it would choose of the whole. */
  readonly wantedByFfmpeg: number
}

/** Bytes without an answer after which ffmpeg is asked all the same. */
const MOST = 512 * 1024

/**
 * What `head` tells of its sound, which begins at `start`. While it tells nothing, `wanted` grows with it, so that all
 * answers together cost no more than a few times the last.
 *
 * @param tables - what is known of the shorter heads that were asked about
 */
export function sniffAudio(head: Buffer, start = 0, tables = new TsTables()): AudioSeen {
  const transport = start === 0 ? tables.look(head) : undefined
  if (transport !== undefined) {
    const { isTold, isUnderWay, adts, others, unknown } = transport
    const next = Math.min(head.length + 1, MOST)
    const wantedByFfmpeg = isTold && isUnderWay ? head.length : next
    if (!isTold) return { ...UNKNOWN, wanted: next, wantedByFfmpeg }
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

const UNKNOWN = { sound: undefined, format: undefined } as const

function known(sound: 'adts' | 'other', bytes: number): AudioSeen {
  return { sound, format: undefined, wanted: bytes, wantedByFfmpeg: bytes }
}

/** What two headers tell; `undefined` where there are none that follow one another. */
function framesSeen(head: Buffer, start: number): AudioSeen | undefined {
  const frame = followedFrame(head, start)
  if (frame === undefined) return undefined
  if (typeof frame === 'number') return { ...UNKNOWN, wanted: frame, wantedByFfmpeg: frame }
  return frame.codec === 'adts'
    ? { ...known('adts', head.length), format: 'aac' }
    : known('other', head.length)
}
