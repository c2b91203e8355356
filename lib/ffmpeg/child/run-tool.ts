import { onAbort } from '../../io/async/abort-listeners.js'
import { FfmpegError } from '../../errors.js'
import { MiB } from '../../options.js'
import { type ChildExit, FfmpegChild } from './ffmpeg-child.js'

/** The most output and log of a tool. Nothing else bounds the streams, chapters and tags of a hostile file. */
const MAX_OUTPUT = 16 * MiB
const KILL_TIMEOUT = 1000
const STDOUT = 1
const STDERR = 2

/** A tool that runs for its output: ffprobe, or ffmpeg for its report. */
export interface ToolCommand {
  /** The binary, as a path. */
  readonly path: string
  readonly args: readonly string[]
  /** Its complete environment. */
  readonly env: Record<string, string>
  /** Commands that limit the tool and then exec it. Default none. */
  readonly prefix?: readonly string[] | undefined
  /** Its input, by file descriptor. A tool may stop reading without an error. */
  readonly inputs?: ReadonlyMap<number, Buffer>
  /** Ends the tool; its abort reason is the error. */
  readonly signal?: AbortSignal | undefined
  /**
   * The most output and log together, in bytes. Default 16 MiB; `Infinity` if the output is not kept.
   */
  readonly maxOutput?: number
  /** Time between SIGTERM and SIGKILL, in milliseconds; 0 for a tool with nothing to clean up. Default 1000. */
  readonly killTimeout?: number
}

/** Receives a tool's output. A listener that throws ends the tool, with its error as the result. */
export interface ToolListener {
  readonly onStdout?: (chunk: Buffer) => void
  /** Returns whether to continue: `false` ends the tool, without an error. */
  readonly onStderr?: (chunk: Buffer) => boolean
}

/**
 * Runs a tool to its end; resolves when all output has been passed on. In every case the tool is then reaped, our side
 * holds none of its pipes, and no listener is left. There is no time limit: it waits for a slow tool until `signal` is
 * aborted.
 *
 * Memory: the system's pipes, beside the listener's own.
 *
 * @throws {@link AvioError} `AVIO_ERR_DESCRIPTORS`; {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN`,
 * `AVIO_ERR_INPUT_INVALID` past `maxOutput`; the abort reason of `signal`; an error thrown by a listener
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

/** Standard output and error, and the inputs. */
function pipesFor(inputs: readonly number[]): ('in' | 'out' | 'none')[] {
  return Array.from({ length: Math.max(STDERR, ...inputs) + 1 }, (_, fd) =>
    fd === STDOUT || fd === STDERR ? 'out' : inputs.includes(fd) ? 'in' : 'none',
  )
}

function tooMuch(path: string, limit: number): FfmpegError {
  return new FfmpegError(
    'AVIO_ERR_INPUT_INVALID',
    `"${path}" reported more than ${limit} bytes about the source: no genuine file has so many streams or tags.`,
    { ffmpegPath: path },
  )
}
