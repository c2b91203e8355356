import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import type { Socket } from 'node:net'
import { FfmpegError } from '../errors.js'
import { dieWithParent } from './die-with-parent.js'

/** What an {@link FfmpegChild} is started with. */
export interface ChildCommand {
  /** The binary, as a path. */
  readonly path: string
  /** Its arguments, without the binary's name. */
  readonly args: readonly string[]
  /** Its whole environment. */
  readonly env: Record<string, string>
  /** One a file descriptor, from 0 on: `in` where the child reads, `out` where it writes, `none` where it has no pipe. */
  readonly pipes: readonly ('in' | 'out' | 'none')[]
  /** How long the child may take to end itself after SIGTERM before SIGKILL, in milliseconds. */
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

/**
 * One ffmpeg process and its pipes. It knows nothing of what flows through them: any number of inputs and outputs,
 * the log and the progress are file descriptors with a direction.
 *
 * Nothing of it is left when `kill()` has resolved: the process is reaped and every pipe is closed, whoever else
 * may still hold the other end.
 */
export class FfmpegChild {
  /** Settles when the process has ended, however; never rejects. Its pipes may still hold bytes then. */
  readonly exited: Promise<ChildExit>
  readonly #process: ChildProcess
  readonly #killTimeout: number
  readonly #pipes: ChildCommand['pipes']
  readonly #closed: Promise<void>
  #killed: Promise<void> | undefined

  private constructor(process: ChildProcess, { pipes, killTimeout }: ChildCommand) {
    this.#process = process
    this.#pipes = pipes
    this.#killTimeout = killTimeout
    this.exited = new Promise(resolve => {
      process.once('exit', (code, signal) => resolve({ code, signal }))
    })
    this.#closed = new Promise(resolve => {
      process.once('close', () => resolve())
    })
    // Node reports a signal that could not be sent as an 'error' of the child; SIGKILL is the answer to it anyway.
    process.on('error', () => undefined)
    // A pipe that the child has closed fails with EPIPE or ECONNRESET, also when nobody is writing just now.
    for (const fd of this.#open()) this.#socket(fd).on('error', () => undefined)
  }

  /**
   * Starts the process.
   *
   * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN` with the system's own error as `cause`
   */
  static async start(command: ChildCommand): Promise<FfmpegChild> {
    try {
      // Where the system's setpriv starts the binary, only this tells a missing one from one that fails.
      await access(command.path, constants.X_OK)
      const [file, ...args] = [...(await dieWithParent()), command.path, ...command.args]
      const stdio: StdioOptions = command.pipes.map(pipe => (pipe === 'none' ? 'ignore' : 'pipe'))
      const process = spawn(file!, args, { stdio, env: command.env, windowsHide: true })
      await once(process, 'spawn')
      return new FfmpegChild(process, command)
    } catch (cause) {
      const { path, args } = command
      throw new FfmpegError(
        'AVIO_ERR_FFMPEG_SPAWN',
        `ffmpeg could not be started from "${path}": ${(cause as Error).message}. ` +
          'Is it a program for this system, may this user execute it, and is the argument list short enough?',
        { ffmpegPath: path, args },
        { cause },
      )
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
   * the process has ended, is fine.
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
    this.#process.kill('SIGTERM')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), this.#killTimeout)
    await this.exited
    clearTimeout(timer)
    for (const fd of this.#open()) this.#socket(fd).destroy()
    await this.#closed
  }

  /** File descriptors that have a pipe. */
  #open(): number[] {
    return [...this.#pipes.keys()].filter(fd => this.#pipes[fd] !== 'none')
  }

  #socket(fd: number): Socket {
    return this.#process.stdio[fd] as Socket
  }
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
    signal.addEventListener('abort', stop, { once: true })
  })
}
