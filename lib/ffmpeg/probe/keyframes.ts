import { FfmpegError } from '../../errors.js'
import { BoundedSource } from '../../io/sources/bounded-source.js'
import { CountedSource } from '../../io/sources/counted-source.js'
import type { RandomAccess } from '../../io/random-access.js'
import { SourceWindow } from '../../io/sources/source-window.js'
import { Turns } from '../../io/async/turns.js'
import { segmentDuration, trackCues } from '../../matroska/cues.js'
import { segmentIn } from '../../matroska/segment.js'
import { matroskaTracks } from '../../matroska/tracks.js'
import { keyTrack, mp4Keys } from '../../mp4/index/mp4-keys.js'
import { movieIn } from '../../mp4/index/read-moov.js'
import { KiB, integerOption, knownOptions, optionsObject, signalOption, stringOption } from '../../options.js'
import { CONTAINER_BYTES, containerOf } from '../input/container-sniffer.js'
import { formatWhitelistOption } from '../check-options.js'
import { sourceOption } from '../source-option.js'
import { tooLong } from '../limits/limit-errors.js'
import { UNLIMITED, limitsOption } from '../limits/limits.js'
import { PROBE_LIMITS, type ProbeLimits } from './probe-options.js'
import { packetKeys } from './packet-keys.js'

/** A frame that decodes by itself: a place where media can be cut, or be begun with. */
export interface KeyFrame {
  /**
   * When it is shown, in seconds, as ffmpeg shows it. Below 0 for one that only has to be decoded, because the edit
   * list lets the track begin after it.
   */
  readonly time: number
  /**
   * Where in the source its bytes begin; with method `'cues'`, where the cluster begins that holds them; with
   * `'packets'` −1 where ffmpeg's demuxer does not say.
   */
  readonly offset: number
  /** Its length in bytes; not there with method `'cues'`. */
  readonly size?: number
}

/** What {@link keyframes} found. */
export interface KeyFrames {
  /**
   * How they were found: `'index'` in the sample tables of an MP4, `'fragments'` in each fragment of one, `'cues'` in
   * those of a Matroska or WebM file, `'packets'` by letting ffprobe read the whole source.
   */
  readonly method: 'index' | 'fragments' | 'cues' | 'packets'
  /** The track: `track_ID` of an MP4, `TrackNumber` of Matroska; with `'packets'` ffmpeg's number of the stream. */
  readonly track: number
  /** When the track ends (MP4), or the whole (the others), in seconds. Not there where the container does not say. */
  readonly duration?: number
  /** In the order of time. */
  readonly frames: readonly KeyFrame[]
  /** Bytes that were read from the source. */
  readonly bytesFetched: number
}

/** Options of {@link keyframes}. */
export interface KeyframesOptions {
  /**
   * The track, as {@link KeyFrames.track} counts them.
   * @defaultValue the first moving picture (a cover is none), else the first sound
   */
  readonly track?: number | undefined
  /** Gives up; the promise rejects with an `AbortError`. */
  readonly signal?: AbortSignal | undefined
  /**
   * The ffprobe that reads what has no index.
   * @defaultValue `FFPROBE_PATH`, else `ffprobe` on PATH, else the one beside ffmpeg
   */
  readonly ffprobePath?: string | undefined
  /** The demuxer of what has no index, where its bytes do not tell. @defaultValue found from the first bytes */
  readonly format?: string | undefined
  /**
   * The demuxers that may open what has no index.
   * @defaultValue those of containers that hold all of their media themselves, and `format`
   */
  readonly formatWhitelist?: readonly string[] | undefined
  /**
   * What the media may be, and what looking at them may cost. `maxDuration` holds whatever is found out; `maxPixels`,
   * `threads`, `nice`, `memory` and `cpuSeconds` hold ffprobe, where it reads the packets. Each is an error where it is
   * exceeded.
   * @defaultValue none, as of `probe`
   */
  readonly limits?: ProbeLimits | undefined
}

/** Options of how what has no index is read. */
const READING = ['format', 'formatWhitelist', 'limits']

/** The first read: what tells the container, and mostly the index or the way to it. */
const FIRST_READ = 64 * KiB

/**
 * Lists the key frames of a track: when they are shown, and where they lie.
 *
 * - *MP4, MOV*: from the index, wherever it is in the file, without reading media; in a fragmented file from each
 *   `moof`, for about a read each.
 * - *Matroska, WebM*: from the cues. What is listed there is the writer's choice: ffmpeg lists every key frame of a
 *   picture, and the cluster beginnings of a file with sound alone.
 * - *Anything else, and Matroska without cues for the track*: ffprobe reads the packets, and with them the source from
 *   its first byte to its last.
 *
 * Hostile files cost bounded memory and time: an index of at most 64 MiB, 1,000 hops to get there, 2²⁴ samples.
 *
 * @param source - the file
 * @throws {@link AvioError} the promise rejects with an `Mp4Error` or `MatroskaError` that says where the index is
 * damaged or too large; with an `FfmpegError` `AVIO_ERR_NO_SUCH_STREAM` where there is no such track,
 * `AVIO_ERR_INPUT_INVALID` where ffprobe can't read it, `AVIO_ERR_FFMPEG_NOT_FOUND` where it is needed and there is none; with whatever the source throws
 *
 * @example
 * ```ts
 * const { frames } = await keyframes(new FileSource({ path: 'talk.mp4' }))
 * for (const { time, offset } of frames) console.log(time, offset)
 * ```
 */
export async function keyframes(source: RandomAccess, options: KeyframesOptions = {}): Promise<KeyFrames> {
  const given = optionsObject(options, 'keyframes')
  knownOptions(given, 'keyframes', ['track', 'signal', 'ffprobePath', ...READING])
  const track = integerOption(given, 'track', { min: 0, max: 2 ** 32 - 1, default: undefined })
  const ffprobePath = stringOption(given, 'ffprobePath', { default: undefined })
  const signal = signalOption(given)
  const format = stringOption(given, 'format', { default: undefined })
  const formatWhitelist = formatWhitelistOption(given, 'formatWhitelist', format)
  const limits = limitsOption(given, UNLIMITED, PROBE_LIMITS)
  sourceOption({ source }, 'source')

  const counted = new CountedSource(new BoundedSource(source))
  const window = new SourceWindow(counted, await counted.size(signal), signal)
  const container = containerOf(await window.bytes(0, CONTAINER_BYTES, FIRST_READ))
  let found: FoundKeys | undefined
  const turns = new Turns(signal)
  if (container === 'mp4') found = await fromMp4(window, track, turns, source.name)
  if (container === 'matroska') found = await fromMatroska(window, track, turns, source.name)
  found ??= await packetKeys(counted, { track, ffprobePath, signal, format, formatWhitelist, limits })
  if ((found.duration ?? 0) > limits.maxDuration)
    throw tooLong(source.name ?? 'The source', limits.maxDuration)
  return { ...found, bytesFetched: counted.bytes }
}

/** What is found, before it is counted what that took. */
export type FoundKeys = Omit<KeyFrames, 'bytesFetched'>

async function fromMp4(
  window: SourceWindow,
  id: number | undefined,
  turns: Turns,
  name: string | undefined,
): Promise<FoundKeys> {
  const movie = await movieIn(window)
  const track = keyTrack(movie, id)
  if (track === undefined) throw noSuchTrack(id, name)
  const { fragmented, duration, keys } = await mp4Keys(movie, track, turns)
  return { method: fragmented ? 'fragments' : 'index', track: track.id, duration, frames: keys }
}

/** From the cues; `undefined` where there are none for the track. */
async function fromMatroska(
  window: SourceWindow,
  number: number | undefined,
  turns: Turns,
  name: string | undefined,
): Promise<FoundKeys | undefined> {
  const segment = await segmentIn(window)
  if (segment.tracks === undefined) return undefined
  const tracks = matroskaTracks(segment.tracks)
  const track =
    number === undefined
      ? (tracks.find(({ kind }) => kind === 'video') ?? tracks.find(({ kind }) => kind === 'audio'))
      : tracks.find(other => other.number === number)
  if (track === undefined) throw noSuchTrack(number, name)
  const frames = await turns.run(trackCues(segment, track))
  const duration = segmentDuration(segment)
  if (frames.length === 0) return undefined
  return { method: 'cues', track: track.number, ...(duration !== undefined && { duration }), frames }
}

function noSuchTrack(track: number | undefined, name = 'The file'): FfmpegError {
  const which = track === undefined ? 'neither picture nor sound' : `no track ${track}`
  return new FfmpegError('AVIO_ERR_NO_SUCH_STREAM', `${name} has ${which}`)
}
