import { isReadable } from '../../io/stream-kinds.js'
import type { Readable } from 'node:stream'
import { onAbort } from '../../io/async/abort-listeners.js'
import { FfmpegError } from '../../errors.js'
import { abortError } from '../../io/async/abort-error.js'
import { BoundedSource } from '../../io/sources/bounded-source.js'
import { boundedRead } from '../../io/async/bounded-wait.js'
import { linkOf } from '../../io/pipeline/link.js'
import type { RandomAccess } from '../../io/random-access.js'
import { SEEKABLE_OR_STREAM, sourceArguments } from '../source-option.js'
import { CONTAINER_BYTES } from '../input/container-sniffer.js'
import { emptyInput } from '../input/input-errors.js'
import { locateFfprobe } from '../binary/locate-ffprobe.js'
import type { MediaInfo } from '../report/media-info.js'
import { reportOf } from './ask-tool.js'
import { pipeFailure } from '../route/pipe-failures.js'
import { demuxerOf } from '../input/playlist-sniffer.js'
import {
  type ProbeOptions,
  type ProbeSettings,
  type ProbeSourceOptions,
  probeSettings,
} from './probe-options.js'
import { SEEK_PROTOCOLS, SeekableInputs } from '../run/seekable-inputs.js'
import { askAhead } from '../binary/read-version.js'

/**
 * Reports the container and the streams of a source without reading all of it: it fetches the index and a few packets.
 *
 * A stream that offers random access (S3RangeReadable) is left untouched. Any other stream is read for its first bytes,
 * then destroyed: properties that these do not contain (the length of an MPEG-TS) are absent, and an MP4 with its index
 * last can't be probed.
 *
 * It takes a source, or an object with the source and the options: `probe({ source, timeout: 5000 })`.
 *
 * It runs ffprobe if there is one, else ffmpeg, whose report has fewer fields: `by` says which.
 *
 * Errors: those of the source, unchanged; {@link FfmpegError} if the source is no media (`AVIO_ERR_INPUT_INVALID`), has
 * a format that may not be opened (`AVIO_ERR_FORMAT_REFUSED`), can't be probed from the first bytes of a stream
 * (`AVIO_ERR_INPUT_NEEDS_SEEK`), or takes too long (`AVIO_ERR_PROBE_TIMEOUT`).
 *
 * @example
 * ```ts
 * const { format, streams } = await probe(new S3Source({ client, bucket: 'masters', key: 'talk.mov' }))
 * const video = streams.find(({ type }) => type === 'video')
 * console.log(`${format.duration} s, ${video?.width} × ${video?.height}, ${video?.codec}`)
 * ```
 * @param input - the source, or an object with it as `source`
 * @throws {@link OptionError} for an option that breaks its rule
 */
export async function probe(input: RandomAccess | Readable | ProbeSourceOptions): Promise<MediaInfo>
/**
 * The same, with the options as a second argument.
 *
 * @param source - the source
 * @param options - the options
 */
export async function probe(source: RandomAccess | Readable, options?: ProbeOptions): Promise<MediaInfo>
export async function probe(input: unknown, options?: ProbeOptions): Promise<MediaInfo> {
  const given = sourceArguments(input, options, 'probe', SEEKABLE_OR_STREAM)
  const source = given.source as RandomAccess | Readable
  const settings = probeSettings(given.options)
  const access = isReadable(source) ? linkOf(source)?.randomAccess : source
  if (access !== undefined) return inTime(settings, signal => byAddress(access, settings, signal))
  return inTime(settings, signal => byPipe(source as Readable, settings, signal))
}

/** Runs a function with one signal for timeout and abort; if either ended it, rejects with the signal's reason. */
async function inTime<T>(
  { timeout, signal, ffprobePath, ffmpegPath, env }: ProbeSettings,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(tooLong(timeout)), timeout)
  let asked: Promise<void> | undefined
  const forget = onAbort(signal, () => end.abort(abortError(signal!)))
  try {
    if (signal?.aborted) throw abortError(signal)
    // In parallel with the first request of the source.
    asked = askAhead(() => locateFfprobe(ffprobePath, ffmpegPath), env, end.signal)
    return await run(end.signal)
  } catch (error) {
    throw end.signal.aborted ? end.signal.reason : error
  } finally {
    clearTimeout(timer)
    forget()
    end.abort()
    await asked
  }
}

function tooLong(timeout: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_PROBE_TIMEOUT',
    `Probing timed out after ${timeout} ms ("timeout"). The source may be slow, or crafted to keep the tool busy.`,
  )
}

async function byAddress(
  source: RandomAccess,
  settings: ProbeSettings,
  signal: AbortSignal,
): Promise<MediaInfo> {
  const failed = new AbortController()
  const inputs = await SeekableInputs.open([{ source, head: Buffer.alloc(0) }], settings.cacheSize, error =>
    failed.abort(error),
  )
  try {
    const [head] = await inputs.heads(CONTAINER_BYTES, signal)
    if (head!.length === 0) throw emptyInput(source.name)
    const format = demuxerOf(settings, head!, source.name)
    const way = {
      url: inputs.urls[0]!,
      name: source.name,
      protocols: SEEK_PROTOCOLS,
      env: inputs.environment(settings.env),
      input: undefined,
    }
    const report = await reportOf(way, { ...settings, format }, AbortSignal.any([signal, failed.signal]))
    const size = await new BoundedSource(source).size(signal)
    return { ...report, format: { ...report.format, size }, bytesFetched: inputs.bytesFetched }
  } finally {
    await inputs.close()
  }
}

async function byPipe(stream: Readable, settings: ProbeSettings, signal: AbortSignal): Promise<MediaInfo> {
  const input = await headOf(stream, settings.probeSize, signal)
  if (input.length === 0) throw emptyInput()
  const format = demuxerOf(settings, input)
  const way = { url: 'pipe:0', name: undefined, protocols: ['pipe'], env: settings.env, input }
  try {
    return { ...(await reportOf(way, { ...settings, format }, signal)), bytesFetched: input.length }
  } catch (error) {
    throw pipeFailure({ format: settings.format, head: input }, error) ?? error
  }
}

/** The first bytes of a stream, which is then destroyed. */
async function headOf(stream: Readable, length: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  let taken = 0
  const forget = onAbort(signal, () => stream.destroy(signal.reason as Error))
  try {
    for await (const chunk of boundedRead(stream as AsyncIterable<Buffer | string>, signal)) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      chunks.push(bytes)
      taken += bytes.length
      if (taken >= length) break
    }
  } finally {
    forget()
  }
  return Buffer.concat(chunks).subarray(0, length)
}
