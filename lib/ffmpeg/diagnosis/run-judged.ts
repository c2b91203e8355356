import type { FfmpegError } from '../../errors.js'
import type { ChildExit } from '../child/ffmpeg-child.js'
import { type ToolCommand, runTool } from '../child/run-tool.js'
import type { FfmpegLogEntry } from '../log/log.js'
import { RunVerdict, type RunVerdictCommand } from './run-verdict.js'

/** A tool, and the names of its inputs in errors. */
export type JudgedCommand = ToolCommand & RunVerdictCommand

/** Receives a tool's output. A listener that throws ends the tool, with its error as the result. */
export interface JudgedListener {
  readonly onStdout?: (chunk: Buffer) => void
  readonly onLog?: (entry: FfmpegLogEntry) => void
  /** Called after each piece of the log. True ends the tool, without an error. */
  readonly isEnough?: () => boolean
}

/** How a tool ended, and whether it failed. */
export interface JudgedEnd {
  readonly exit: ChildExit
  /** The failure, according to exit and log. */
  readonly failure: FfmpegError | undefined
}

/**
 * Runs ffprobe, or ffmpeg for its report, to its end, and judges it by its exit and its log.
 *
 * @throws the errors of {@link runTool}
 */
export async function runJudged(command: JudgedCommand, listener: JudgedListener): Promise<JudgedEnd> {
  const { onStdout, onLog = () => undefined, isEnough = () => false } = listener
  const verdict = new RunVerdict(command, ['null'], { onLog, onProgress: () => undefined })
  const onStderr = (chunk: Buffer) => {
    verdict.log.push(chunk)
    return !isEnough()
  }
  const exit = await runTool(command, { ...(onStdout && { onStdout }), onStderr })
  verdict.log.end()
  return { exit, failure: verdict.failure(exit, false) }
}
