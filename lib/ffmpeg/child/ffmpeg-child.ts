import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import type { OnReadOpts, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../io/async/abort-listeners.js'
import { isOutOfDescriptors, outOfDescriptors } from '../../io/descriptors/out-of-descriptors.js'
import { type AvioError, FfmpegError } from '../../errors.js'
import { dieWithParent } from './parent-death-signal.js'
import { signalGroup, survivorsOf } from './process-group.js'
import { ProcessReport } from './process-report.js'
import { readInto } from './read-into.js'
import { roomRemedy, startProcess } from './spawn.js'
import type { ChildPipe } from './stdout-reader.js'

/** The command of an {@link FfmpegChild}. */
export interface ChildCommand {
  /** The binary, as a path. */
  readonly path: string
  /** Its arguments, without the binary's name. */
  readonly args: readonly string[]
  /** Its complete environment. */
  readonly env: Record<string, string>
  /**
   * One entry per file descriptor, from 0 on: `in` if the child reads, `out` if it writes, `none` without a pipe.
   */
  readonly pipes: readonly ('in' | 'out' | 'none')[]
  /** Commands that limit the child and then exec it. Default none. */
  readonly prefix?: readonly string[] | undefined
  /** Time between SIGTERM and SIGKILL, in milliseconds. 0: SIGKILL at once. */
  readonly killTimeout: number
}

/** How a child ended: exactly one of the two is set. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * Interval of checks on a pipe after the child's exit, in milliseconds. If a pipe is open and silent from one check to
 * the next, another process holds it; the library does not wait for that.
 */
const HELD_OPEN = 500

/** Interval of checks for the rest of a group, in milliseconds. */
const GROUP_WATCH = 20
/** The most checks after SIGKILL: don't wait for a process that the system holds (a disk that does not respond). */
const KILLED_LOOKS = 50

/**
 * One process (ffmpeg, ffprobe) and its pipes. It ignores their content: any number of inputs and outputs, the log and
 * the progress are file descriptors with a direction.
 *
 * `kill()` leaves nothing behind when it resolves: the process is reaped and every pipe is closed, even if another
 * process still holds the other end.
 *
 * If it dies with its parent (parent-death-signal.ts), it leads its own group, so that killing it ends a wrapper script
 * together with the ffmpeg it started. Ctrl-C in a terminal does not reach that group: it ends this process, and that
 * ends the child. Otherwise the child stays in our group, which Ctrl-C reaches, and killing a wrapper ends it alone.
 */
export class FfmpegChild {
  /** Resolves when the process has ended, in any way; never rejects. Its pipes may still hold bytes then. */
  readonly exited: Promise<ChildExit>
  readonly #process: ChildProcess
  readonly #killTimeout: number
  readonly #pipes: ChildCommand['pipes']
  readonly #closed: Promise<void>
  /** Sockets that have taken over a pipe, by file descriptor. */
  readonly #own = new Map<number, Socket>()
  /** It leads its own group. */
  readonly #leads: boolean
  /** By `process.uptime()`. */
  #endedAt = 0
  #killed: Promise<void> | undefined

  private constructor(child: ChildProcess, { pipes, killTimeout }: ChildCommand, leads: boolean) {
    this.#process = child
    this.#pipes = pipes
    this.#killTimeout = killTimeout
    this.#leads = leads
    this.exited = new Promise(resolve => {
      child.once('exit', (code, signal) => {
        this.#endedAt = process.uptime()
        resolve({ code, signal })
      })
    })
    this.#closed = new Promise(resolve => {
      child.once('close', () => resolve())
    })
    // Node reports an undeliverable signal as an 'error' of the child; SIGKILL follows anyway.
    child.on('error', () => undefined)
    // A pipe closed by the child fails with EPIPE or ECONNRESET, even without a pending write.
    for (const fd of this.#open()) this.#socket(fd).on('error', () => undefined)
  }

  /**
   * Starts the process.
   *
   * @throws {@link AvioError} `AVIO_ERR_DESCRIPTORS` without free file descriptors, else {@link FfmpegError}
   * `AVIO_ERR_FFMPEG_SPAWN`; both with the system's own error as `cause`
   */
  static async start(command: ChildCommand): Promise<FfmpegChild> {
    const report = ProcessReport.begin(command.path)
    try {
      // If the system's setpriv starts the binary, only this check distinguishes a missing binary from a failing one.
      await access(command.path, constants.X_OK)
      const dies = await dieWithParent()
      const [file, ...args] = [...(command.prefix ?? []), ...dies, command.path, ...command.args]
      const stdio = command.pipes.map(pipe => (pipe === 'none' ? 'ignore' : 'pipe'))
      const detached = dies.length > 0
      const child = new FfmpegChild(
        await startProcess(file!, args, { stdio, env: command.env, detached }),
        command,
        detached,
      )
      report?.started(child)
      return child
    } catch (cause) {
      const error = notStarted(command, cause)
      report?.failed(error)
      throw error
    }
  }

  /** The process id. */
  get pid(): number {
    return this.#process.pid!
  }

  /** Our end of a pipe to the child. */
  writable(fd: number): Writable {
    return this.#socket(fd)
  }

  /** Our end of a pipe from the child. */
  readable(fd: number): Readable {
    return this.#socket(fd)
  }

  /** Our end of a pipe from the child, which nothing has read yet. */
  output(fd: number): ChildPipe {
    return {
      readable: this.#socket(fd),
      readInto: (onread: OnReadOpts) => {
        const own = readInto(this.#socket(fd), onread)
        if (own) this.#own.set(fd, own)
        return own
      },
    }
  }

  /**
   * Whether all of the child's output on `fd` has been read. The caller reads; this waits.
   * `false`: the pipe closed before its end, or the child is gone and another process (which it started) keeps the
   * pipe open without writing.
   */
  async drained(fd: number): Promise<boolean> {
    const socket = this.#socket(fd)
    const ended = new Promise<void>(resolve => {
      if (socket.readableEnded || socket.destroyed) resolve()
      socket.once('end', resolve).once('close', resolve)
    })
    const watch = new AbortController()
    const held = this.exited.then(() => heldOpen(socket, watch.signal))
    await Promise.race([ended, held])
    watch.abort()
    return socket.readableEnded
  }

  /**
   * Ends the process and its group, and resolves when it is reaped. Calling it again, or after the process has ended,
   * is fine. A process that exited with 0 may have left a child running on purpose: that child is spared.
   *
   * ffmpeg ignores a first SIGTERM while blocked on a pipe: so this closes its inputs and drains its outputs before it
   * sends one.
   */
  kill(): Promise<void> {
    return (this.#killed ??= this.#kill())
  }

  async #kill(): Promise<void> {
    for (const fd of this.#open()) {
      if (this.#pipes[fd] === 'in') this.#socket(fd).destroy()
      else this.#socket(fd).resume()
    }
    const endedItself = this.#hasEnded
    const deadline = performance.now() + this.#killTimeout
    const timer = setTimeout(() => this.#signal('SIGKILL'), this.#killTimeout)
    this.#signal(this.#killTimeout > 0 ? 'SIGTERM' : 'SIGKILL')
    const { code, signal } = await this.exited
    clearTimeout(timer)
    // Our SIGKILL went to the whole group at once.
    const isDone = endedItself ? code === 0 : signal === 'SIGKILL'
    if (this.#leads && !isDone) await this.#endGroup(endedItself, deadline)
    for (const fd of this.#open()) this.#socket(fd).destroy()
    await this.#closed
  }

  /** It has been reaped: another process may have its id by now. */
  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#hasEnded || (this.#leads && signalGroup(this.pid, signal))) return
    this.#process.kill(signal)
  }

  /** Ends the remaining processes of a wrapper: they received the same SIGTERM, and have the same time. */
  async #endGroup(isUnaware: boolean, deadline: number): Promise<void> {
    const survivors = () => survivorsOf(this.pid, this.#endedAt)
    if ((await survivors()).length === 0) return
    if (isUnaware) signalGroup(this.pid, 'SIGTERM')
    while (performance.now() < deadline) {
      await sleep(GROUP_WATCH)
      if ((await survivors()).length === 0) return
    }
    signalGroup(this.pid, 'SIGKILL')
    for (let looks = 0; looks < KILLED_LOOKS && (await survivors()).length > 0; looks++)
      await sleep(GROUP_WATCH)
  }

  /** File descriptors with a pipe. */
  #open(): number[] {
    return [...this.#pipes.keys()].filter(fd => this.#pipes[fd] !== 'none')
  }

  #socket(fd: number): Socket {
    return this.#own.get(fd) ?? (this.#process.stdio[fd] as Socket)
  }
}

function notStarted({ path, args }: ChildCommand, cause: unknown): AvioError {
  if (isOutOfDescriptors(cause)) return outOfDescriptors(`ffmpeg could not be started from "${path}"`, cause)
  const remedy =
    roomRemedy(cause) ??
    'Check that it is a program for this system that this user may execute, and shorten very long arguments.'
  return new FfmpegError(
    'AVIO_ERR_FFMPEG_SPAWN',
    `ffmpeg could not be started from "${path}": ${(cause as Error).message}. ${remedy}`,
    { ffmpegPath: path, args },
    { cause },
  )
}

/** Resolves when a flowing socket has received nothing for a while, or when `signal` ends the watch. */
function heldOpen(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) {
      resolve()
      return
    }
    let seen = -1
    const timer = setInterval(() => {
      // After a busy moment's timers, sockets come first: unread data is not silence.
      setImmediate(() => {
        if (!socket.isPaused() && socket.bytesRead === seen) resolve()
        seen = socket.isPaused() ? -1 : socket.bytesRead
      })
    }, HELD_OPEN)
    const stop = () => {
      clearInterval(timer)
      resolve()
    }
    onAbort(signal, stop)
  })
}
