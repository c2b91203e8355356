import type { FfmpegError } from '../../errors.js'
import type { ChildExit } from '../child/ffmpeg-child.js'
import type { FfmpegLogEntry } from '../log/log.js'
import { runJudged } from '../diagnosis/run-judged.js'
import { withSuggestion } from '../diagnosis/suggestion.js'

/** The command of a tool. */
export interface ProbeCommand {
  readonly path: string
  /** Which program that is, for messages. @defaultValue `ffmpeg` */
  readonly program?: 'ffmpeg' | 'ffprobe'
  readonly args: readonly string[]
  readonly env: Record<string, string>
  /** Names for URLs in errors. */
  readonly names?: ReadonlyMap<string, string>
  /** The name of the input in errors, if it has one. */
  readonly inputName?: string | undefined
  /** Commands that apply limits and then exec the tool. */
  readonly prefix?: readonly string[]
  /** Written to the tool's stdin, if it reads from there. */
  readonly input: Buffer | undefined
  /** Aborts the run; its reason, an error, is the error. */
  readonly signal: AbortSignal
  readonly onLog: (entry: FfmpegLogEntry) => void
}

/** The outcome of a run. */
export interface ProbeOutput {
  readonly exit: ChildExit
  readonly stdout: string
  /** The failure, as exit code and log describe it. */
  readonly failure: FfmpegError | undefined
}

/**
 * Runs ffprobe, or ffmpeg for its report, to its end; the child is always reaped.
 *
 * @throws {@link AvioError} `AVIO_ERR_DESCRIPTORS`; {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN`,
 * `AVIO_ERR_INPUT_INVALID` for excessive output; the reason of the signal
 */
export async function runProbe(command: ProbeCommand): Promise<ProbeOutput> {
  const { input, onLog, ...tool } = command
  const inputs = new Map(input === undefined ? [] : [[0, input]])
  const chunks: Buffer[] = []
  const onStdout = (chunk: Buffer) => void chunks.push(chunk)
  const { exit, failure } = await runJudged({ ...tool, inputs }, { onStdout, onLog })
  return { exit, stdout: Buffer.concat(chunks).toString(), failure: await withSuggestion(failure, tool) }
}
