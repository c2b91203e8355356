import type { FfmpegError } from '../../errors.js'
import type { ChildExit } from '../child/ffmpeg-child.js'
import { type ToolCommand, runTool } from '../child/run-tool.js'
import type { FfmpegLogEntry } from '../log/log.js'
import { RunVerdict, type RunVerdictCommand } from './run-verdict.js'

/** A tool, and the names that errors call its inputs by. */
export type JudgedCommand = ToolCommand & RunVerdictCommand

/** Who hears what the tool says. What any of these throws ends the tool, and is the error. */
export interface JudgedListener {
  readonly onStdout?: (chunk: Buffer) => void
  readonly onLog?: (entry: FfmpegLogEntry) => void
  /** Asked after each piece of the log. A tool of which enough was heard is ended, and that is no error. */
  readonly isEnough?: () => boolean
}

/** How a tool ended, and what is to be thought of it. */
export interface JudgedEnd {
  readonly exit: ChildExit
  /** Why it failed, as far as exit and log tell. */
  readonly failure: FfmpegError | undefined
}

/**
 * Runs ffprobe, or ffmpeg for what it says, to its end, and judges it by its exit and its log.
 *
 * @throws what {@link runTool} throws
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
