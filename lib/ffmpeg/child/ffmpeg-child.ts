import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../io/async/abort-listeners.js'
import { isOutOfDescriptors, outOfDescriptors } from '../../io/descriptors/out-of-descriptors.js'
import { type AvioError, FfmpegError } from '../../errors.js'
import { dieWithParent } from './parent-death-signal.js'
import { signalGroup, survivorsOf } from './process-group.js'
import { roomRemedy, startProcess } from './spawn.js'

/** What an {@link FfmpegChild} is started with. */
export interface ChildCommand {
  /** The binary, as a path. */
  readonly path: string
  /** Its arguments, without the binary's name. */
  readonly args: readonly string[]
  /** Its whole environment. */
  readonly env: Record<string, string>
  /**
   * One a file descriptor, from 0 on: `in` where the child reads, `out` where it writes, `none` where it has no pipe.
   */
  readonly pipes: readonly ('in' | 'out' | 'none')[]
  /** Commands that hold it to limits and then become it. Default none. */
  readonly prefix?: readonly string[] | undefined
  /** How long the child may take to end itself after SIGTERM before SIGKILL, in milliseconds. 0: SIGKILL at once. */
  readonly killTimeout: number
}

/** How a child ended: one of the two is set. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * How often a pipe is looked at after the child's exit, in milliseconds. One that is open and silent from one look
 * to the next is held by somebody else, who is not waited for.
 */
const HELD_OPEN = 500

/** How often it is looked whether the rest of a group is gone, in milliseconds. */
const GROUP_WATCH = 20
/** How often at most after SIGKILL: what the system itself holds (a disk that does not answer) is not waited for. */
const KILLED_LOOKS = 50

/**
 * One process (ffmpeg, ffprobe) and its pipes. It knows nothing of what flows through them: any number of inputs and
 * outputs, the log and the progress are file descriptors with a direction.
 *
 * Nothing of it is left when `kill()` has resolved: the process is reaped and every pipe is closed, whoever else
 * may still hold the other end.
 *
 * Where it dies with its parent (parent-death-signal.ts) it leads a group of its own, so that a wrapper script is ended
 * together with the ffmpeg that it started. Ctrl-C in a terminal does not reach that group: it ends this process, and
 * that ends the child. Elsewhere the child stays in our group, which Ctrl-C reaches, and a wrapper is ended alone.
 */
export class FfmpegChild {
  /** Settles when the process has ended, however; never rejects. Its pipes may still hold bytes then. */
  readonly exited: Promise<ChildExit>
  readonly #process: ChildProcess
  readonly #killTimeout: number
  readonly #pipes: ChildCommand['pipes']
  readonly #closed: Promise<void>
  /** It leads a group of its own. */
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
    // Node reports a signal that could not be sent as an 'error' of the child; SIGKILL is the answer to it anyway.
    child.on('error', () => undefined)
    // A pipe that the child has closed fails with EPIPE or ECONNRESET, also when nobody is writing just now.
    for (const fd of this.#open()) this.#socket(fd).on('error', () => undefined)
  }

  /**
   * Starts the process.
   *
   * @throws {@link AvioError} `AVIO_ERR_DESCRIPTORS` where no file descriptor is left, else {@link FfmpegError}
   * `AVIO_ERR_FFMPEG_SPAWN`; both with the system's own error as `cause`
   */
  static async start(command: ChildCommand): Promise<FfmpegChild> {
    try {
      // Where the system's setpriv starts the binary, only this tells a missing one from one that fails.
      await access(command.path, constants.X_OK)
      const dies = await dieWithParent()
      const [file, ...args] = [...(command.prefix ?? []), ...dies, command.path, ...command.args]
      const stdio = command.pipes.map(pipe => (pipe === 'none' ? 'ignore' : 'pipe'))
      const detached = dies.length > 0
      return new FfmpegChild(
        await startProcess(file!, args, { stdio, env: command.env, detached }),
        command,
        detached,
      )
    } catch (cause) {
      throw notStarted(command, cause)
    }
  }

  /** The process id. */
  get pid(): number {
    return this.#process.pid!
  }

  /** Our end of a pipe that the child reads. */
  writable(fd: number): Writable {
    return this.#socket(fd)
  }

  /** Our end of a pipe that the child writes. */
  readable(fd: number): Readable {
    return this.#socket(fd)
  }

  /**
   * Whether everything that the child wrote to `fd` has been read. The caller reads; this waits.
   * `false`: the pipe was closed before its end, or the child is gone and another process (one that it started)
   * keeps the pipe open in silence.
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
   * Ends the process and everything that hangs on it, and resolves when it is reaped. Calling it again, or after
   * the process has ended, is fine. One that ended by itself, and well, may have left something behind on purpose:
   * that is not ours to end.
   *
   * ffmpeg that is blocked on a pipe pays no attention to a first SIGTERM: so its inputs are closed and its outputs
   * drained before it gets one.
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
    // A SIGKILL of ours went to all of the group at once.
    const isDone = endedItself ? code === 0 : signal === 'SIGKILL'
    if (this.#leads && !isDone) await this.#endGroup(endedItself, deadline)
    for (const fd of this.#open()) this.#socket(fd).destroy()
    await this.#closed
  }

  /** It has been reaped: its number may be another's by now. */
  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#hasEnded || (this.#leads && signalGroup(this.pid, signal))) return
    this.#process.kill(signal)
  }

  /** Ends what a wrapper has left: that had the same SIGTERM, and gets the same time. */
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

  /** File descriptors that have a pipe. */
  #open(): number[] {
    return [...this.#pipes.keys()].filter(fd => this.#pipes[fd] !== 'none')
  }

  #socket(fd: number): Socket {
    return this.#process.stdio[fd] as Socket
  }
}

function notStarted({ path, args }: ChildCommand, cause: unknown): AvioError {
  if (isOutOfDescriptors(cause)) return outOfDescriptors(`ffmpeg could not be started from "${path}"`, cause)
  const remedy =
    roomRemedy(cause) ??
    'Is it a program for this system, may this user execute it, and is the argument list short enough?'
  return new FfmpegError(
    'AVIO_ERR_FFMPEG_SPAWN',
    `ffmpeg could not be started from "${path}": ${(cause as Error).message}. ${remedy}`,
    { ffmpegPath: path, args },
    { cause },
  )
}

/** Resolves when nothing has come through a socket for a while although it is read; or when told to stop watching. */
function heldOpen(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) {
      resolve()
      return
    }
    let seen = -1
    const timer = setInterval(() => {
      // After the timers of a busy moment, sockets get their turn first: what is waiting in one is no silence.
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
