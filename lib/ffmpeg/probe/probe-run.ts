import type { FfmpegError } from '../../errors.js'
import type { ChildExit } from '../child/ffmpeg-child.js'
import type { FfmpegLogEntry } from '../log/log.js'
import { runJudged } from '../diagnosis/run-judged.js'
import { withSuggestion } from '../diagnosis/suggestion.js'

/** What a tool is run with. */
export interface ProbeCommand {
  readonly path: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
  /** What errors call what it reads, by its address. */
  readonly names?: ReadonlyMap<string, string>
  /** The same, where it has a name of its own. */
  readonly inputName?: string | undefined
  /** Commands that hold it to limits and then become it. */
  readonly prefix?: readonly string[]
  /** Written to its stdin, where it reads from there. */
  readonly input: Buffer | undefined
  /** Gives up: what it is aborted with, an error, is the error. */
  readonly signal: AbortSignal
  readonly onLog: (entry: FfmpegLogEntry) => void
}

/** What came of it. */
export interface ProbeOutput {
  readonly exit: ChildExit
  readonly stdout: string
  /** Why it failed, as far as exit and log tell. */
  readonly failure: FfmpegError | undefined
}

/**
 * Runs ffprobe, or ffmpeg for its report, to its end; the child is reaped in every case.
 *
 * @throws {@link AvioError} `AVIO_ERR_DESCRIPTORS`; {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN`,
 * `AVIO_ERR_INPUT_INVALID` for a flood; what the signal was aborted with
 */
export async function runProbe(command: ProbeCommand): Promise<ProbeOutput> {
  const { input, onLog, ...tool } = command
  const inputs = new Map(input === undefined ? [] : [[0, input]])
  const chunks: Buffer[] = []
  const onStdout = (chunk: Buffer) => void chunks.push(chunk)
  const { exit, failure } = await runJudged({ ...tool, inputs }, { onStdout, onLog })
  return { exit, stdout: Buffer.concat(chunks).toString(), failure: await withSuggestion(failure, tool) }
}
