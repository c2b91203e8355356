import { onAbort } from '../../io/async/abort-listeners.js'
import { FfmpegError } from '../../errors.js'
import { MiB } from '../../options.js'
import { type ChildExit, FfmpegChild } from './ffmpeg-child.js'

/** The most that a tool may print and log. The streams, chapters and tags of a hostile file have no other end. */
const MAX_OUTPUT = 16 * MiB
const KILL_TIMEOUT = 1000
const STDOUT = 1
const STDERR = 2

/** A tool that is run for what it says: ffprobe, or ffmpeg for its report. */
export interface ToolCommand {
  /** The binary, as a path. */
  readonly path: string
  readonly args: readonly string[]
  /** Its whole environment. */
  readonly env: Record<string, string>
  /** Commands that hold it to limits and then become it. Default none. */
  readonly prefix?: readonly string[] | undefined
  /** What it is written, by file descriptor. One that stops reading is no error. */
  readonly inputs?: ReadonlyMap<number, Buffer>
  /** Ends it: what it is aborted with, an error, is the error. */
  readonly signal?: AbortSignal | undefined
  /**
   * The most that it may print and log together, in bytes. Default 16 MiB; `Infinity` for one whose output is not kept.
   */
  readonly maxOutput?: number
  /** How long it may take to end itself, in milliseconds; 0 for one that has nothing to end well. Default 1000. */
  readonly killTimeout?: number
}

/** Who takes what a tool says. What either throws ends the tool, and is the error. */
export interface ToolListener {
  readonly onStdout?: (chunk: Buffer) => void
  /** Returns whether to go on: a tool of which enough was heard is ended, and that is no error. */
  readonly onStderr?: (chunk: Buffer) => boolean
}

/**
 * Runs a tool to its end; resolves when all that it said was handed on. In every case it is reaped then, nothing holds
 * its pipes on our side, and no listener is left. No clock has a say in it: a tool that is late is waited for until
 * `signal` is aborted.
 *
 * Memory: what the system's pipes hold, beside what the listener keeps.
 *
 * @throws {@link AvioError} `AVIO_ERR_DESCRIPTORS`; {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN`,
 * `AVIO_ERR_INPUT_INVALID` past `maxOutput`; what `signal` was aborted with; what a listener threw
 */
export async function runTool(command: ToolCommand, listener: ToolListener): Promise<ChildExit> {
  const {
    path,
    args,
    env,
    prefix,
    inputs = new Map<number, Buffer>(),
    signal,
    maxOutput = MAX_OUTPUT,
  } = command
  signal?.throwIfAborted()
  const killTimeout = command.killTimeout ?? KILL_TIMEOUT
  const child = await FfmpegChild.start({
    path,
    args,
    env,
    prefix,
    pipes: pipesFor([...inputs.keys()]),
    killTimeout,
  })
  let failure: { readonly reason: unknown } | undefined
  const giveUp = (reason: unknown) => {
    failure ??= { reason }
    void child.kill()
  }
  const abort = () => giveUp(signal!.reason)
  const forget = onAbort(signal, abort)
  if (signal?.aborted) abort()
  let length = 0
  const listen = (fd: number, take: (chunk: Buffer) => boolean) => {
    child.readable(fd).on('data', (chunk: Buffer) => {
      if (failure) return
      try {
        length += chunk.length
        if (length > maxOutput) throw tooMuch(path, maxOutput)
        if (!take(chunk)) void child.kill()
      } catch (error) {
        giveUp(error)
      }
    })
  }
  try {
    listen(STDOUT, chunk => {
      listener.onStdout?.(chunk)
      return true
    })
    listen(STDERR, chunk => listener.onStderr?.(chunk) ?? true)
    for (const [fd, bytes] of inputs) child.writable(fd).end(bytes)
    const exit = await child.exited
    await Promise.all([child.drained(STDOUT), child.drained(STDERR)])
    if (failure) throw (failure as { reason: unknown }).reason
    return exit
  } finally {
    forget()
    await child.kill()
  }
}

/** Its standard output and error, and what it is written. */
function pipesFor(inputs: readonly number[]): ('in' | 'out' | 'none')[] {
  return Array.from({ length: Math.max(STDERR, ...inputs) + 1 }, (_, fd) =>
    fd === STDOUT || fd === STDERR ? 'out' : inputs.includes(fd) ? 'in' : 'none',
  )
}

function tooMuch(path: string, limit: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    `"${path}" told more than ${limit} bytes about the source: no honest file has so many streams or tags.`,
    { ffmpegPath: path },
  )
}
