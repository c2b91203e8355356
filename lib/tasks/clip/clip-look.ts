import { InputDump } from '../../ffmpeg/report/input-dump.js'
import type { MediaFormat, MediaStreamInfo } from '../../ffmpeg/report/media-info.js'
import type { SourceLook } from '../../ffmpeg/route/source-look.js'
import { lengthOf } from '../media-length.js'
import {
  DECODABLE,
  SEEN,
  type TimeLine,
  landingArguments,
  landings,
  onClock,
  pictureTime,
  timeLineOf,
} from '../shown-picture.js'

/** A part of the media, in seconds from their start. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** How a clip starts. */
export interface Opening {
  readonly line: TimeLine
  /** Duration of the media, in seconds, if known. */
  readonly duration: number | undefined
  /** Where ffmpeg seeks to, in seconds. */
  readonly landing: number | undefined
  /**
   * The start of the frame shown at the start, in microseconds on ffmpeg's clock; undefined without video.
   */
  readonly shown: number | undefined
  /** Number of video tracks that are not still images. */
  readonly pictures: number
}

/**
 * Preroll of an audio decoder, in seconds: the overlap of AAC, the bit reservoir of MP3, 80 ms of Opus.
 */
const PREROLL = 0.5

/** Finds the frame shown at a time, by decoding from a key frame before it to the first frame after it. */
export async function openingAt(look: SourceLook, start: number): Promise<Opening> {
  let line: TimeLine = { start: 0, names: [] }
  const tried = new Set<number | undefined>()
  for (;;) {
    const landing = landings(start, line, PREROLL).find(way => !tried.has(way))
    tried.add(landing)
    const dump = new InputDump()
    const seen: number[] = []
    const hasSucceeded = await look.run(
      {
        input: landingArguments(landing),
        output: ['-map', '0:V:0', '-vf', `${DECODABLE},${SEEN}`, '-fps_mode', 'passthrough'],
        format: 'null',
      },
      {
        onLog: entry => {
          dump.push(entry)
          const pts = pictureTime(entry)
          if (pts !== undefined) seen.push(pts)
        },
        isEnough: () =>
          seen.length > 0 && seen.at(-1)! > onClock(start, timeLineOf(dump.info?.format ?? NONE)),
      },
    )
    const format = dump.info?.format ?? NONE
    line = timeLineOf(format)
    const wanted = onClock(start, line)
    // Only the first run does not know the demuxer yet.
    const seeks = landings(start, line)[0] !== undefined
    const isGood = landing === undefined || (seeks && (seen[0] ?? Infinity) <= wanted)
    const hasNone = !hasSucceeded && seen.length === 0
    if (isGood || hasNone) {
      const pictures = (dump.info?.streams ?? []).filter(isMovingPicture).length
      const duration = look.source && (await lengthOf(look.source, format, look.signal))
      return { line, duration, landing, shown: seen.findLast(pts => pts <= wanted) ?? seen[0], pictures }
    }
  }
}

function isMovingPicture({ type, disposition }: MediaStreamInfo): boolean {
  return type === 'video' && !disposition.includes('attached_pic')
}

const NONE: MediaFormat = { names: [], tags: {} }

/** How far past the end other tracks are read while one has had no packet, in seconds. */
const APART = 10

/** A packet in `framecrc` format: stream, dts, pts, duration. */
const PACKET = /^(\d+), *(?:-?\d+|NOPTS), *(-?\d+|NOPTS), *(\d+),/
const HEADER = /^#(tb|media_type) (\d+): (\S+)$/

/**
 * The audio tracks without data in a span, by their index among the audio tracks, from 0. Only packets are read;
 * nothing is decoded.
 */
export async function silentTracks(
  look: SourceLook,
  { start, end }: Span,
): Promise<{ silent: number[]; count: number }> {
  const dump = new InputDump()
  const audio: number[] = []
  const clocks = new Map<number, number>()
  const packets: { stream: number; from: number; to: number }[] = []
  const heard = new Set<number>()
  const over = new Set<number>()
  let isOver = false
  /** Packets written before the start of the media was known. */
  const settle = () => {
    if (dump.info === undefined) return
    const { start: zero } = timeLineOf(dump.info.format)
    for (const { stream, from, to } of packets.splice(0)) {
      if (from - zero < end && to - zero > start) heard.add(stream)
      if (from - zero >= end) over.add(stream)
      if (from - zero >= end + APART) isOver = true
    }
  }
  const hasSucceeded = await look.run(
    {
      input: landingArguments(start > 1 ? start - 1 : undefined),
      output: [
        ...['-map', '0:V:0?', '-map', '0:a?', '-c', 'copy'],
        ...['-max_interleave_delta', '1', '-flush_packets', '1'],
      ],
      format: 'framecrc',
    },
    {
      onLog: entry => dump.push(entry),
      onLine: line => {
        const [, key, number, value = ''] = HEADER.exec(line) ?? []
        if (key === 'tb') clocks.set(Number(number), ratio(value))
        else if (key === 'media_type' && value === 'audio') audio.push(Number(number))
        const [, stream, pts, length] = PACKET.exec(line) ?? []
        if (stream === undefined) return
        const clock = clocks.get(Number(stream)) ?? 0
        // A packet without a time may lie anywhere.
        const from = pts === 'NOPTS' ? start : Number(pts) * clock
        packets.push({ stream: Number(stream), from, to: from + Math.max(1, Number(length)) * clock })
      },
      isEnough: () => {
        settle()
        return isOver || (audio.length > 0 && audio.every(stream => heard.has(stream) || over.has(stream)))
      },
    },
  )
  settle()
  const silent = hasSucceeded ? audio.flatMap((stream, n) => (heard.has(stream) ? [] : [n])) : []
  return { silent, count: audio.length }
}

function ratio(text: string): number {
  const [numerator = 0, denominator = 1] = text.split('/').map(Number)
  return numerator / denominator
}
