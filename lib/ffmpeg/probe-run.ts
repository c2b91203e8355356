import { FfmpegError } from '../errors.js'
import { MiB } from '../options.js'
import { type ChildExit, FfmpegChild } from './ffmpeg-child.js'
import type { FfmpegLogEntry } from './log.js'
import { Outcome } from './outcome.js'

/** The most that a tool may print and log. The streams, chapters and tags of a hostile file have no other end. */
const MAX_OUTPUT = 16 * MiB
const KILL_TIMEOUT = 1000

/** What a tool is run with. */
export interface ProbeCommand {
  readonly path: string
  readonly args: readonly string[]
  readonly env: Record<string, string>
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
  const { path, args, env, input, signal, onLog } = command
  signal.throwIfAborted()
  const pipes = [input === undefined ? 'none' : 'in', 'out', 'out'] as const
  const child = await FfmpegChild.start({ path, args, env, pipes, killTimeout: KILL_TIMEOUT })
  let reason: Error | undefined
  const giveUp = (why: Error) => {
    reason ??= why
    void child.kill()
  }
  const onAbort = () => giveUp(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    const outcome = new Outcome(command, ['null'], { onLog, onProgress: () => undefined })
    const chunks: Buffer[] = []
    let length = 0
    const take = (fd: number, keep: (chunk: Buffer) => void) =>
      child.readable(fd).on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > MAX_OUTPUT) giveUp(tooMuch(path))
        else keep(chunk)
      })
    take(1, chunk => chunks.push(chunk))
    take(2, chunk => outcome.log.push(chunk))
    if (input !== undefined) child.writable(0).end(input)
    const exit = await child.exited
    await Promise.all([child.drained(1), child.drained(2)])
    outcome.log.end()
    if (reason !== undefined) throw reason
    return { exit, stdout: Buffer.concat(chunks).toString(), failure: outcome.failure(exit, false) }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await child.kill()
  }
}

function tooMuch(path: string): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    `"${path}" told more than ${MAX_OUTPUT} bytes about the source: no honest file has so many streams or tags.`,
    { ffmpegPath: path },
  )
}
