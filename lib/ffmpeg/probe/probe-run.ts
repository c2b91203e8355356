import type { FfmpegError } from '../../errors.js'
import type { ChildExit } from '../child/ffmpeg-child.js'
import type { FfmpegLogEntry } from '../log/log.js'
import { RunVerdict } from '../diagnosis/run-verdict.js'
import { runTool } from '../child/run-tool.js'
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
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN`, `AVIO_ERR_INPUT_INVALID` for a flood; what the signal was aborted with
 */
export async function runProbe(command: ProbeCommand): Promise<ProbeOutput> {
  const { path, args, env, prefix, input, signal, onLog } = command
  const outcome = new RunVerdict(command, ['null'], { onLog, onProgress: () => undefined })
  const inputs = new Map(input === undefined ? [] : [[0, input]])
  const chunks: Buffer[] = []
  const onStderr = (chunk: Buffer) => {
    outcome.log.push(chunk)
    return true
  }
  const exit = await runTool(
    { path, args, env, prefix, inputs, signal },
    { onStdout: chunk => void chunks.push(chunk), onStderr },
  )
  outcome.log.end()
  const failure = await withSuggestion(outcome.failure(exit, false), { path, env, signal })
  return { exit, stdout: Buffer.concat(chunks).toString(), failure }
}
