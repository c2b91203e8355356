import { onAbort } from '../../io/async/abort-listeners.js'
import { FfmpegError } from '../../errors.js'
import { abortError } from '../../io/async/abort-error.js'
import { BlockCache } from '../../io/cache/block-cache.js'
import type { RandomAccess } from '../../io/random-access.js'
import { KiB, MiB } from '../../options.js'
import { demuxersFor } from '../args/safe-demuxers.js'
import { childEnvironment } from '../child/environment.js'
import { CONTAINER_BYTES } from '../input/container-sniffer.js'
import { limitBehind } from '../limits/limit-errors.js'
import { systemLimitPrefix } from '../limits/system-limits.js'
import { type Limits, UNLIMITED, systemLimits } from '../limits/limits.js'
import { LineSplitter } from '../log/line-splitter.js'
import { locateFfprobe } from '../binary/locate-ffprobe.js'
import type { MediaInfo, MediaStreamInfo } from '../report/media-info.js'
import { runJudged } from '../diagnosis/run-judged.js'
import { type KeyPacket, PACKET_ENTRIES, keyPacket } from './packet-lines.js'
import { probe } from './probe.js'
import type { ProbeLimits } from './probe-options.js'
import { demuxerOf } from '../input/playlist-sniffer.js'
import { retryArguments } from '../args/http-retry-arguments.js'
import { SEEK_PROTOCOLS, SeekableInputs } from '../run/seekable-inputs.js'

const CACHE_SIZE = 8 * MiB
const MAX_LINE = 4 * KiB
/** Maximum number of key packets. Ten hours of intra-only video at 25 frames a second have 900,000. */
const MAX_PACKETS = 2 ** 20

/** Options of {@link packetKeys}. */
export interface PacketOptions {
  /** ffmpeg's index of the stream. */
  readonly track: number | undefined
  readonly ffprobePath: string | undefined
  readonly signal: AbortSignal | undefined
  /** The demuxer named by the caller, if any. */
  readonly format?: string | undefined
  /** Demuxers that may open it. Default the self-contained ones, and `format`. */
  readonly formatWhitelist?: readonly string[] | undefined
  /** Limits for the media and the tool. Default none. */
  readonly limits?: Limits | undefined
}

/** The result of {@link packetKeys}. */
export interface PacketKeys {
  readonly method: 'packets'
  readonly track: number
  readonly duration?: number
  readonly frames: readonly KeyPacket[]
}

/**
 * Finds the key packets of a source with ffprobe, which reads the whole source through the range server.
 *
 * Memory: 8 MiB of cache, and an object for each key packet, at most a million.
 *
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_NOT_FOUND` without an ffprobe, `AVIO_ERR_NO_SUCH_STREAM`,
 * `AVIO_ERR_INPUT_INVALID`; also the source's own errors
 */
export async function packetKeys(source: RandomAccess, options: PacketOptions): Promise<PacketKeys> {
  const ffprobe = await locateFfprobe(options.ffprobePath)
  if (ffprobe === undefined) throw noFfprobe()
  const { path } = ffprobe
  const cache = new BlockCache(source, { cacheSize: CACHE_SIZE })
  try {
    const { format, signal, limits = UNLIMITED } = options
    const formatWhitelist = demuxersFor(options.formatWhitelist ?? [], format)
    const info = await probe(cache, {
      ffprobePath: path,
      signal,
      format,
      formatWhitelist,
      limits: mediaLimits(limits),
    })
    const { index } = chosen(info, options.track, source.name)
    const frames = await readPackets(cache, path, index, { ...options, formatWhitelist })
    frames.sort((a, b) => a.time - b.time)
    const { duration } = info.format
    return { method: 'packets', track: index, ...(duration !== undefined && { duration }), frames }
  } finally {
    await cache.close()
  }
}

/** The limits that `probe` accepts. */
function mediaLimits(limits: Limits): ProbeLimits {
  const { maxDuration, maxPixels } = limits
  return { maxDuration, maxPixels, ...systemLimits(limits) }
}

/** The requested stream; without a number the first video stream, else the first audio stream. */
function chosen({ streams }: MediaInfo, track: number | undefined, name = 'The source'): MediaStreamInfo {
  const isPicture = ({ type, disposition }: MediaStreamInfo) =>
    type === 'video' && !disposition.includes('attached_pic')
  const found =
    track === undefined
      ? (streams.find(isPicture) ?? streams.find(({ type }) => type === 'audio'))
      : streams.find(({ index }) => index === track)
  if (found !== undefined) return found
  const which = track === undefined ? 'neither video nor audio' : `no stream ${track}`
  throw new FfmpegError('AVIO_ERR_NO_SUCH_STREAM', `${name} has ${which}`)
}

async function readPackets(
  cache: BlockCache,
  path: string,
  stream: number,
  options: PacketOptions & { readonly formatWhitelist: readonly string[] },
): Promise<KeyPacket[]> {
  const { signal, formatWhitelist, limits = UNLIMITED } = options
  const end = new AbortController()
  const inputs = await SeekableInputs.open([{ source: cache, head: Buffer.alloc(0) }], CACHE_SIZE, error =>
    end.abort(error),
  )
  const abort = () => signal && end.abort(abortError(signal))
  const forget = onAbort(signal, abort)
  if (signal?.aborted) abort()
  try {
    const [head] = await inputs.heads(CONTAINER_BYTES, end.signal)
    const format = demuxerOf({ format: options.format, formatWhitelist }, head!, cache.name)
    const prefix = await systemLimitPrefix(limits)
    const args = [
      ...[
        '-hide_banner',
        '-loglevel',
        'level+warning',
        '-of',
        'compact=p=0',
        '-show_entries',
        PACKET_ENTRIES,
      ],
      ...['-select_streams', String(stream), '-protocol_whitelist', SEEK_PROTOCOLS.join()],
      ...[
        '-format_whitelist',
        formatWhitelist.join(),
        ...(format === undefined ? [] : ['-f', format]),
        ...(limits.threads === undefined ? [] : ['-threads', String(limits.threads)]),
        ...retryArguments(SEEK_PROTOCOLS),
        '-i',
        inputs.urls[0]!,
      ],
    ]
    const packets: KeyPacket[] = []
    const lines = new LineSplitter(MAX_LINE, line => {
      const packet = keyPacket(line)
      if (packet === undefined) return
      if (packets.length === MAX_PACKETS) throw tooMany(path)
      packets.push(packet)
    })
    const env = inputs.environment(childEnvironment())
    const names = new Map([[inputs.urls[0]!, cache.name ?? 'the source']])
    const { exit, failure } = await runJudged(
      {
        ...{ path, program: 'ffprobe', args, env, prefix, names, inputName: cache.name },
        ...{ signal: end.signal, maxOutput: Infinity },
      },
      { onStdout: chunk => lines.push(chunk) },
    )
    lines.end()
    if (exit.code !== 0) throw failure ?? unreadable(path)
    return packets
  } catch (error) {
    throw limitBehind(error, limits)
  } finally {
    forget()
    await inputs.close()
  }
}

function noFfprobe(): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_FFMPEG_NOT_FOUND',
    'This container has no supported index of key frames, so ffprobe has to read the source, and none was found: ' +
      'neither the option "ffprobePath" nor FFPROBE_PATH names one, and none is on PATH or beside ffmpeg',
  )
}

function tooMany(path: string): FfmpegError {
  const message = `The source has more than ${MAX_PACKETS} key frames, the most that can be listed`
  return new FfmpegError('AVIO_ERR_INPUT_INVALID', message, { ffmpegPath: path })
}

function unreadable(path: string): FfmpegError {
  return new FfmpegError('AVIO_ERR_INPUT_INVALID', "ffprobe can't read the source", { ffmpegPath: path })
}
