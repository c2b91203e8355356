import { FfmpegError } from '../errors.js'
import { abortError } from '../io/abort-error.js'
import { BlockCache } from '../io/block-cache.js'
import type { RandomAccess } from '../io/random-access.js'
import { KiB, MiB } from '../options.js'
import { SELF_CONTAINED } from './demuxers.js'
import { childEnvironment } from './environment.js'
import { FfmpegChild } from './ffmpeg-child.js'
import { LineSplitter } from './lines.js'
import { locateFfprobe } from './locate-ffprobe.js'
import type { MediaInfo, MediaStreamInfo } from './media-info.js'
import { Outcome } from './outcome.js'
import { type KeyPacket, PACKET_ENTRIES, keyPacket } from './packet-lines.js'
import { probe } from './probe.js'
import { SEEK_PROTOCOLS, SeekableInputs } from './seekable-inputs.js'

const CACHE_SIZE = 8 * MiB
const KILL_TIMEOUT = 1000
const MAX_LINE = 4 * KiB
/** Key packets that are kept. Ten hours of pictures that are all key frames, at 25 a second, are 900,000. */
const MAX_PACKETS = 2 ** 20

/** What {@link packetKeys} is told. */
export interface PacketOptions {
  /** ffmpeg's number of the stream. */
  readonly track: number | undefined
  readonly ffprobePath: string | undefined
  readonly signal: AbortSignal | undefined
}

/** What it found. */
export interface PacketKeys {
  readonly method: 'packets'
  readonly track: number
  readonly duration?: number
  readonly frames: readonly KeyPacket[]
}

/**
 * The key packets of a source, by ffprobe, which reads it from its first byte to its last through the range server.
 *
 * Memory: 8 MiB of cache, and an object for each key packet, of which at most a million are kept.
 *
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_NOT_FOUND` without an ffprobe, `AVIO_ERR_NO_SUCH_STREAM`,
 * `AVIO_ERR_INPUT_INVALID`; with what the source throws
 */
export async function packetKeys(source: RandomAccess, options: PacketOptions): Promise<PacketKeys> {
  const path = await locateFfprobe(options.ffprobePath)
  if (path === undefined) throw noFfprobe()
  const cache = new BlockCache(source, { cacheSize: CACHE_SIZE })
  try {
    const info = await probe(cache, { ffprobePath: path, signal: options.signal })
    const { index } = chosen(info, options.track)
    const frames = await readPackets(cache, path, index, options.signal)
    frames.sort((a, b) => a.time - b.time)
    const { duration } = info.format
    return { method: 'packets', track: index, ...(duration !== undefined && { duration }), frames }
  } finally {
    await cache.close()
  }
}

/** The stream that is asked for: without a number, the first moving picture, else the first sound. */
function chosen({ streams }: MediaInfo, track: number | undefined): MediaStreamInfo {
  const isPicture = ({ type, disposition }: MediaStreamInfo) =>
    type === 'video' && !disposition.includes('attached_pic')
  const found =
    track === undefined
      ? (streams.find(isPicture) ?? streams.find(({ type }) => type === 'audio'))
      : streams.find(({ index }) => index === track)
  if (found !== undefined) return found
  const which = track === undefined ? 'neither picture nor sound' : `no stream ${track}`
  throw new FfmpegError('AVIO_ERR_NO_SUCH_STREAM', `The source has ${which}`)
}

async function readPackets(
  cache: BlockCache,
  path: string,
  stream: number,
  signal: AbortSignal | undefined,
): Promise<KeyPacket[]> {
  const inputs = await SeekableInputs.open([{ source: cache, head: Buffer.alloc(0) }], CACHE_SIZE, error =>
    giveUp(error),
  )
  let reason: Error | undefined
  let child: FfmpegChild | undefined
  const giveUp = (why: Error): void => {
    reason ??= why
    void child?.kill()
  }
  const onAbort = () => signal && giveUp(abortError(signal))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
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
      ...['-format_whitelist', SELF_CONTAINED.join(), '-i', inputs.urls[0]!],
    ]
    const env = inputs.environment(childEnvironment())
    const pipes = ['none', 'out', 'out'] as const
    child = await FfmpegChild.start({ path, args, env, pipes, killTimeout: KILL_TIMEOUT })
    if (signal?.aborted) onAbort()
    const packets: KeyPacket[] = []
    const lines = new LineSplitter(MAX_LINE, line => {
      const packet = keyPacket(line)
      if (packet === undefined) return
      if (packets.length === MAX_PACKETS) giveUp(tooMany(path))
      else packets.push(packet)
    })
    const outcome = new Outcome({ path, args }, ['null'], {
      onLog: () => undefined,
      onProgress: () => undefined,
    })
    child.readable(1).on('data', (chunk: Buffer) => lines.push(chunk))
    child.readable(2).on('data', (chunk: Buffer) => outcome.log.push(chunk))
    const exit = await child.exited
    await Promise.all([child.drained(1), child.drained(2)])
    lines.end()
    outcome.log.end()
    if (reason !== undefined) throw reason
    if (exit.code !== 0) throw outcome.failure(exit, false) ?? unreadable(path)
    return packets
  } finally {
    signal?.removeEventListener('abort', onAbort)
    await child?.kill()
    await inputs.close()
  }
}

function noFfprobe(): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_FFMPEG_NOT_FOUND',
    'This container has no index of key frames that is read here, so ffprobe has to read it, and none was found: ' +
      'neither the option "ffprobePath" nor FFPROBE_PATH names one, and none is on PATH or beside ffmpeg',
  )
}

function tooMany(path: string): FfmpegError {
  const message = `There are more than ${MAX_PACKETS} key frames in the source; at most so many are listed`
  return new FfmpegError('AVIO_ERR_INPUT_INVALID', message, { ffmpegPath: path })
}

function unreadable(path: string): FfmpegError {
  return new FfmpegError('AVIO_ERR_INPUT_INVALID', 'ffprobe can not read the source', { ffmpegPath: path })
}
