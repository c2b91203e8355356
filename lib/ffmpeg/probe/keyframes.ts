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
import { KiB, integerOption, knownOptions, signalOption, stringOption } from '../../options.js'
import { CONTAINER_BYTES, containerOf } from '../input/container-sniffer.js'
import { formatWhitelistOption } from '../input-settings.js'
import { sourceArguments } from '../source-option.js'
import { tooLong } from '../limits/limit-errors.js'
import { UNLIMITED, limitsOption } from '../limits/limits.js'
import { PROBE_LIMITS, type ProbeLimits } from './probe-options.js'
import { packetKeys } from './packet-keys.js'

/** A frame that decodes by itself: media can be cut, or start, at it. */
export interface KeyFrame {
  /**
   * Its presentation time in seconds, as ffmpeg shows it. Below 0 if the frame is only decoded, not shown, because the
   * edit list starts the track after it.
   */
  readonly time: number
  /**
   * Offset of its first byte in the source. With method `'cues'`, the offset of its cluster; with `'packets'`, −1 if
   * ffmpeg's demuxer does not report it.
   */
  readonly offset: number
  /** Its length in bytes; absent with method `'cues'`. */
  readonly size?: number
}

/** The result of {@link keyframes}. */
export interface KeyFrames {
  /**
   * How they were found: `'index'` in the sample tables of an MP4, `'fragments'` in each fragment of an MP4, `'cues'`
   * in the cues of a Matroska or WebM file, `'packets'` by ffprobe, which reads the whole source.
   */
  readonly method: 'index' | 'fragments' | 'cues' | 'packets'
  /** The track: `track_ID` of an MP4, `TrackNumber` of Matroska; with `'packets'` ffmpeg's index of the stream. */
  readonly track: number
  /**
   * The end of the track (MP4), or of the whole file (others), in seconds. Absent if the container does not state it.
   */
  readonly duration?: number
  /** Sorted by time. */
  readonly frames: readonly KeyFrame[]
  /** Bytes read from the source. */
  readonly bytesFetched: number
}

/** Options of {@link keyframes}. */
export interface KeyframesOptions {
  /**
   * The track, numbered as in {@link KeyFrames.track}.
   * @defaultValue the first video track (covers excluded), else the first audio track
   */
  readonly track?: number | undefined
  /** Aborts; the promise rejects with an `AbortError`. */
  readonly signal?: AbortSignal | undefined
  /**
   * The ffprobe that reads sources without an index.
   * @defaultValue `FFPROBE_PATH`, else `ffprobe` on PATH, else the one beside ffmpeg
   */
  readonly ffprobePath?: string | undefined
  /**
   * The demuxer for a source without an index, if its bytes do not identify the format. @defaultValue found from the
   * first bytes
   */
  readonly format?: string | undefined
  /**
   * The demuxers that may open a source without an index.
   * @defaultValue those of containers that hold all of their media themselves, and `format`
   */
  readonly formatWhitelist?: readonly string[] | undefined
  /**
   * Limits for the media and the cost of reading them. `maxDuration` applies to every method; `maxPixels`, `threads`,
   * `nice`, `memory` and `cpuSeconds` apply to ffprobe, when it reads the packets. Exceeding a limit is an error.
   * @defaultValue none, as of `probe`
   */
  readonly limits?: ProbeLimits | undefined
}

/** Options of {@link keyframes} in one object with the source. */
export interface KeyframesSourceOptions extends KeyframesOptions {
  /** The source: an `S3Source`, a `FileSource`, an `HttpSource`, a `BytesSource`, or your own. */
  readonly source: RandomAccess
}

/** Options for reading a source without an index. */
const READING = ['format', 'formatWhitelist', 'limits']

/** Size of the first read: it identifies the container, and usually contains the index or its position. */
const FIRST_READ = 64 * KiB

/**
 * Lists the key frames of a track, with their times and offsets.
 *
 * - *MP4, MOV*: from the index, anywhere in the file, without reading media; in a fragmented file from each `moof`,
 *   with about one read each.
 * - *Matroska, WebM*: from the cues. The muxer chooses what it lists there: ffmpeg lists every key frame of a video
 *   track, and the start of each cluster in an audio-only file.
 * - *Anything else, and Matroska without cues for the track*: ffprobe reads the packets, and so the whole source.
 *
 * Malicious files cost bounded memory and time: an index of at most 64 MiB, 1,000 hops to find it, 2²⁴ samples.
 *
 * It takes a source, or an object with the source and the options: `keyframes({ source, track: 2 })`.
 *
 * @param input - the source, or an object with it as `source`
 * @throws {@link AvioError} the promise rejects with an `Mp4Error` or `MatroskaError` if the index is damaged or too
 * large; with an `FfmpegError` `AVIO_ERR_NO_SUCH_STREAM` if the track does not exist, `AVIO_ERR_INPUT_INVALID` if
 * ffprobe can't read the source, `AVIO_ERR_FFMPEG_NOT_FOUND` if ffprobe is needed and missing; with the source's own
 * errors
 *
 * @example
 * ```ts
 * const { frames } = await keyframes(new FileSource('talk.mp4'))
 * for (const { time, offset } of frames) console.log(time, offset)
 * ```
 */
export async function keyframes(input: RandomAccess | KeyframesSourceOptions): Promise<KeyFrames>
/**
 * The same, with the options as a second argument.
 *
 * @param source - the source
 * @param options - the options
 */
export async function keyframes(source: RandomAccess, options?: KeyframesOptions): Promise<KeyFrames>
export async function keyframes(input: unknown, options?: KeyframesOptions): Promise<KeyFrames> {
  const { source: found, options: given } = sourceArguments(input, options, 'keyframes')
  const source = found as RandomAccess
  knownOptions(given, 'keyframes', ['source', 'track', 'signal', 'ffprobePath', ...READING])
  const track = integerOption(given, 'track', { min: 0, max: 2 ** 32 - 1, default: undefined })
  const ffprobePath = stringOption(given, 'ffprobePath', { default: undefined })
  const signal = signalOption(given)
  const format = stringOption(given, 'format', { default: undefined })
  const formatWhitelist = formatWhitelistOption(given, 'formatWhitelist', format)
  const limits = limitsOption(given, UNLIMITED, PROBE_LIMITS)

  const counted = new CountedSource(new BoundedSource(source))
  const window = new SourceWindow(counted, await counted.size(signal), signal)
  const container = containerOf(await window.bytes(0, CONTAINER_BYTES, FIRST_READ))
  let keys: FoundKeys | undefined
  const turns = new Turns(signal)
  if (container === 'mp4') keys = await fromMp4(window, track, turns, source.name)
  if (container === 'matroska') keys = await fromMatroska(window, track, turns, source.name)
  keys ??= await packetKeys(counted, { track, ffprobePath, signal, format, formatWhitelist, limits })
  if ((keys.duration ?? 0) > limits.maxDuration)
    throw tooLong(source.name ?? 'The source', limits.maxDuration)
  return { ...keys, bytesFetched: counted.bytes }
}

/** The result without the count of bytes fetched. */
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

/** Reads the cues; `undefined` if the track has none. */
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
  const which = track === undefined ? 'neither video nor audio' : `no track ${track}`
  return new FfmpegError('AVIO_ERR_NO_SUCH_STREAM', `${name} has ${which}`)
}
