import { FfmpegError } from '../errors.js'
import { readFfprobeReport, withFirstFrame } from './ffprobe-report.js'
import { InputDump } from './input-dump.js'
import { emptyInput } from './input-error.js'
import { locateFfprobe } from './locate-ffprobe.js'
import { locateFfmpeg } from './locate.js'
import type { MediaInfo } from './media-info.js'
import type { ProbeSettings } from './probe-options.js'
import { type ProbeOutput, runProbe } from './probe-run.js'
import { readRoster, ROSTER_ARGS, withRoster } from './stream-roster.js'

/** How the tool is given the source. */
export interface ProbeWay {
  readonly url: string
  readonly protocols: readonly string[]
  /** The tool's environment. */
  readonly env: Record<string, string>
  /** Written to its stdin, where it reads from there. */
  readonly input: Buffer | undefined
}

/** The most streams whose first frame is asked for: each takes a run of ffprobe, and a stranger may have a thousand. */
const MAX_FRAMES = 4

/** What a tool says of a source. */
export type MediaReport = Omit<MediaInfo, 'bytesFetched'>

type Options = Pick<ProbeSettings, 'ffprobePath' | 'ffmpegPath' | 'format' | 'formatWhitelist'>

/**
 * Asks ffprobe where there is one, else ffmpeg.
 *
 * @param signal - ends it; its reason is the error
 * @throws {@link FfmpegError} for what is no media, or may not be opened
 */
export async function reportOf(way: ProbeWay, options: Options, signal: AbortSignal): Promise<MediaReport> {
  const { ffprobePath, ffmpegPath, format, formatWhitelist } = options
  const input = [
    ...['-protocol_whitelist', way.protocols.join(), '-format_whitelist', formatWhitelist.join()],
    ...(format === undefined ? [] : ['-f', format]),
    ...['-i', way.url],
  ]
  const ffprobe = await locateFfprobe(ffprobePath, ffmpegPath)
  if (ffprobe !== undefined) return byFfprobe(ffprobe, input, way, signal)
  return byFfmpeg(await locateFfmpeg(ffmpegPath), input, way, signal)
}

async function byFfprobe(
  path: string,
  input: readonly string[],
  { env, input: stdin }: ProbeWay,
  signal: AbortSignal,
): Promise<MediaReport> {
  const ask = (show: readonly string[]) => {
    const args = ['-hide_banner', '-loglevel', 'level+warning', ...show, '-of', 'json=compact=1', ...input]
    return runProbe({ env, input: stdin, signal, path, args, onLog: () => undefined })
  }
  const answer = await ask(['-show_format', '-show_streams', '-show_chapters'])
  if (answer.exit.code !== 0 && answer.failure) throw answer.failure
  const report = readAnswer(path, answer)
  const streams = [...report.streams]
  for (const stream of streams.filter(({ hdr }) => hdr?.type === 'pq').slice(0, MAX_FRAMES)) {
    const one = ['-select_streams', String(stream.index), '-read_intervals', '%+#1', '-show_frames']
    const { exit, stdout } = await ask(one)
    // What the first frame adds is welcome, and no more: one that can't be decoded takes nothing away.
    if (exit.code === 0) streams[streams.indexOf(stream)] = withFirstFrame(stream, stdout)
  }
  return { by: 'ffprobe', ...report, streams }
}

function readAnswer(path: string, { stdout, exit }: ProbeOutput) {
  try {
    return readFfprobeReport(stdout)
  } catch (cause) {
    throw new FfmpegError(
      'AVIO_ERR_FFMPEG_EXIT',
      `"${path}" exited with 0, but what it wrote is no report. Is it an ffprobe?`,
      { ffmpegPath: path, exitCode: exit.code ?? undefined },
      { cause },
    )
  }
}

async function byFfmpeg(
  path: string,
  input: readonly string[],
  { env, input: stdin }: ProbeWay,
  signal: AbortSignal,
): Promise<MediaReport> {
  const dump = new InputDump()
  const { stdout, failure } = await runProbe({
    ...{ env, input: stdin, signal, path },
    args: ['-hide_banner', '-nostdin', '-loglevel', 'level+info', ...input, ...ROSTER_ARGS],
    onLog: entry => dump.push(entry),
  })
  // It may fail for want of streams that can be copied; the report comes before that.
  if (dump.info === undefined) throw failure ?? emptyInput()
  return { by: 'ffmpeg', ...dump.info, streams: withRoster(dump.info.streams, readRoster(stdout)) }
}
