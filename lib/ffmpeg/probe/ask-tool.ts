import { FfmpegError } from '../../errors.js'
import { readFfprobeReport, withFirstFrame } from '../report/ffprobe-report.js'
import { InputDump } from '../report/input-dump.js'
import { emptyInput } from '../input/input-errors.js'
import { limitBehind, tooLong, tooManyPixels } from '../limits/limit-errors.js'
import { systemLimitPrefix } from '../limits/system-limits.js'
import type { Limits } from '../limits/limits.js'
import { locateFfprobe } from '../binary/locate-ffprobe.js'
import { locateFfmpeg } from '../binary/locate-ffmpeg.js'
import type { MediaInfo } from '../report/media-info.js'
import type { ProbeSettings } from './probe-options.js'
import { type ProbeOutput, runProbe } from './probe-run.js'
import { retryArguments } from '../args/http-retry-arguments.js'
import { readRoster, ROSTER_ARGS, withRoster } from '../report/framecrc-header.js'
import { remarkOn } from '../binary/version.js'
import { versionOf } from '../binary/read-version.js'

/** How the tool reads the source. */
export interface ProbeWay {
  readonly url: string
  /** Its name in errors. */
  readonly name?: string | undefined
  readonly protocols: readonly string[]
  /** The tool's environment. */
  readonly env: Record<string, string>
  /** Written to the tool's stdin, if it reads from there. */
  readonly input: Buffer | undefined
  /** Commands that apply limits and then exec the tool. */
  readonly prefix?: readonly string[]
}

/**
 * Maximum number of streams whose first frame is read: each takes a run of ffprobe, and an untrusted file may have a
 * thousand streams.
 */
const MAX_FRAMES = 4

/** The tool's report about a source. */
export type MediaReport = Omit<MediaInfo, 'bytesFetched'>

type Options = Pick<ProbeSettings, 'ffprobePath' | 'ffmpegPath' | 'format' | 'formatWhitelist' | 'limits'>

/**
 * Runs ffprobe if there is one, else ffmpeg.
 *
 * @param signal - aborts it; its reason is the error
 * @throws {@link FfmpegError} if the source is no media, has a format that may not be opened, or exceeds a limit
 */
export async function reportOf(way: ProbeWay, options: Options, signal: AbortSignal): Promise<MediaReport> {
  const { limits } = options
  try {
    const report = await asked({ ...way, prefix: await systemLimitPrefix(limits) }, options, signal)
    check(report, limits, way.name)
    return report
  } catch (error) {
    throw limitBehind(error, limits)
  }
}

/** Checks the stated properties of the media against the limits. */
function check(
  { format, streams }: MediaReport,
  { maxDuration, maxPixels }: Limits,
  name = 'The source',
): void {
  if ((format.duration ?? 0) > maxDuration) throw tooLong(name, maxDuration)
  for (const { width = 0, height = 0 } of streams) {
    if (width * height > maxPixels) throw tooManyPixels(`${width}x${height}`, maxPixels, name)
  }
}

async function asked(way: ProbeWay, options: Options, signal: AbortSignal): Promise<MediaReport> {
  const { ffprobePath, ffmpegPath, format, formatWhitelist, limits } = options
  const input = [
    ...['-protocol_whitelist', way.protocols.join(), '-format_whitelist', formatWhitelist.join()],
    ...retryArguments(way.protocols),
    ...(format === undefined ? [] : ['-f', format]),
    ...(limits.threads === undefined ? [] : ['-threads', String(limits.threads)]),
    ...['-i', way.url],
  ]
  const ffprobe = await locateFfprobe(ffprobePath, ffmpegPath)
  const { path } = ffprobe ?? (await locateFfmpeg(ffmpegPath))
  remarkOn(path, await versionOf(path, way.env, signal))
  return ffprobe === undefined ? byFfmpeg(path, input, way, signal) : byFfprobe(path, input, way, signal)
}

async function byFfprobe(
  path: string,
  input: readonly string[],
  { env, input: stdin, prefix = [], ...way }: ProbeWay,
  signal: AbortSignal,
): Promise<MediaReport> {
  const names = namesOf(way)
  const ask = (show: readonly string[]) => {
    const args = ['-hide_banner', '-loglevel', 'level+warning', ...show, '-of', 'json=compact=1', ...input]
    return runProbe({
      env,
      prefix,
      names,
      inputName: way.name,
      input: stdin,
      signal,
      path,
      program: 'ffprobe',
      args,
      onLog: () => undefined,
    })
  }
  const answer = await ask(['-show_format', '-show_streams', '-show_chapters'])
  if (answer.exit.code !== 0 && answer.failure) throw answer.failure
  const report = readAnswer(path, answer)
  const streams = [...report.streams]
  for (const stream of streams.filter(({ hdr }) => hdr?.type === 'pq').slice(0, MAX_FRAMES)) {
    const one = ['-select_streams', String(stream.index), '-read_intervals', '%+#1', '-show_frames']
    const { exit, stdout } = await ask(one)
    // The data from the first frame are optional: a frame that can't be decoded removes nothing.
    if (exit.code === 0) streams[streams.indexOf(stream)] = withFirstFrame(stream, stdout)
  }
  return { by: 'ffprobe', ...report, streams }
}

/** The names that replace the URL in ffmpeg's messages. */
function namesOf({ url, name = 'the source' }: Pick<ProbeWay, 'url' | 'name'>): ReadonlyMap<string, string> {
  return new Map([[url, name]])
}

function readAnswer(path: string, { stdout, exit }: ProbeOutput) {
  try {
    return readFfprobeReport(stdout)
  } catch (cause) {
    throw new FfmpegError(
      'AVIO_ERR_FFMPEG_EXIT',
      `"${path}" exited with 0, but its output is not a report. Check that the path is an ffprobe.`,
      { ffmpegPath: path, exitCode: exit.code ?? undefined },
      { cause },
    )
  }
}

async function byFfmpeg(
  path: string,
  input: readonly string[],
  { env, input: stdin, prefix = [], ...way }: ProbeWay,
  signal: AbortSignal,
): Promise<MediaReport> {
  const dump = new InputDump()
  const { stdout, failure } = await runProbe({
    ...{ env, prefix, input: stdin, signal, path, names: namesOf(way), inputName: way.name },
    args: ['-hide_banner', '-nostdin', '-loglevel', 'level+info', ...input, ...ROSTER_ARGS],
    onLog: entry => dump.push(entry),
  })
  // ffmpeg may fail because it can copy no stream; the report comes before that.
  if (dump.info === undefined) throw failure ?? emptyInput(way.name)
  return { by: 'ffmpeg', ...dump.info, streams: withRoster(dump.info.streams, readRoster(stdout)) }
}
