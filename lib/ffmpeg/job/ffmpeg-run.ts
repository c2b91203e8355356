import type { ChildExit } from '../child/ffmpeg-child.js'
import { FfmpegChild } from '../child/ffmpeg-child.js'
import { StdinWriter } from '../child/stdin-writer.js'
import { StdoutReader } from '../child/stdout-reader.js'
import { RunVerdict, type RunVerdictListener } from '../diagnosis/run-verdict.js'

/** What a {@link FfmpegRun} starts. */
export interface RunCommand {
  /** The binary, as a path. */
  readonly path: string
  /** Its arguments. They name the pipes by the numbers given here. */
  readonly args: readonly string[]
  /** Its whole environment. */
  readonly env: Record<string, string>
  /** Commands that hold it to limits and then become it. */
  readonly prefix?: readonly string[] | undefined
  /** How long it may take to end itself after SIGTERM, in milliseconds. */
  readonly killTimeout: number
  /** What errors call the input, where it has a name and is the only one. */
  readonly inputName?: string | undefined
  /** File descriptors that ffmpeg reads media from. */
  readonly inputs: readonly number[]
  /** File descriptors that it writes media to, by which muxer, and who takes what comes. */
  readonly outputs: readonly {
    readonly fd: number
    readonly format: string
    readonly push: (chunk: Buffer) => boolean
  }[]
  /** The file descriptor that it writes its progress to. */
  readonly progress: number
  /** Bytes of input that it was given by other ways than pipes. */
  readonly bytesServed?: () => number
  /** Lines of the level `verbose` are asked for by us alone: neither the listener nor an error shows them. */
  readonly hidesVerbose?: boolean
  /** What errors call the inputs and outputs, by the address that ffmpeg has for each: inputs first, in their order. */
  readonly names?: ReadonlyMap<string, string>
}

const STDERR = 2

/**
 * One run of ffmpeg: the child, the way in and out of each of its pipes, and what is to be thought of it.
 * A stage with one input and one output has one of each here; there may be more.
 */
export class FfmpegRun {
  /** The process id. */
  readonly pid: number
  /** In the order of the command. */
  readonly inputs: readonly StdinWriter[]
  /** In the order of the command. */
  readonly outputs: readonly StdoutReader[]
  readonly #command: RunCommand
  readonly #child: FfmpegChild
  readonly #outcome: RunVerdict

  private constructor(command: RunCommand, child: FfmpegChild, listener: RunVerdictListener) {
    const formats = command.outputs.map(({ format }) => format)
    const outcome = new RunVerdict(command, formats, listener)
    this.pid = child.pid
    this.inputs = command.inputs.map(fd => new StdinWriter(child.writable(fd)))
    this.outputs = command.outputs.map(({ fd, push }) => new StdoutReader(child.readable(fd), push))
    this.#command = command
    this.#child = child
    this.#outcome = outcome
    child.readable(STDERR).on('data', (chunk: Buffer) => outcome.log.push(chunk))
    child.readable(command.progress).on('data', (chunk: Buffer) => outcome.progress.push(chunk))
  }

  /**
   * Starts ffmpeg.
   *
   * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN`
   */
  static async start(command: RunCommand, listener: RunVerdictListener): Promise<FfmpegRun> {
    const last = Math.max(STDERR, command.progress, ...command.inputs, ...command.outputs.map(({ fd }) => fd))
    const isOut = (fd: number) =>
      fd === STDERR || fd === command.progress || command.outputs.some(output => output.fd === fd)
    const pipes = Array.from({ length: last + 1 }, (_, fd) =>
      command.inputs.includes(fd) ? 'in' : isOut(fd) ? 'out' : 'none',
    )
    const child = await FfmpegChild.start({ ...command, pipes })
    return new FfmpegRun(command, child, listener)
  }

  /**
   * Resolves when ffmpeg has ended and neither its exit nor its log says that it failed; its output may still be on
   * the way.
   *
   * @param isMediaFirst - tells whether the input's media came before its index
   * @throws {@link FfmpegError} the reason, as the {@link RunVerdict} sees it
   */
  async endedWell(isMediaFirst: () => boolean): Promise<void> {
    const exit = await this.#exit()
    await Promise.all([this.#child.drained(STDERR), this.#child.drained(this.#command.progress)])
    this.#outcome.log.end()
    const failure = this.#outcome.failure(exit, isMediaFirst())
    if (failure) throw failure
  }

  /**
   * Resolves when all output was taken, down to its end, and there is something in it.
   *
   * @throws {@link FfmpegError} where either can't be said
   */
  async deliveredAll(): Promise<void> {
    const exit = await this.#exit()
    const whole = await Promise.all(this.#command.outputs.map(({ fd }) => this.#child.drained(fd)))
    this.#count()
    const failure = whole.every(Boolean) ? this.#outcome.emptiness(exit) : this.#outcome.heldOpen(exit)
    if (failure) throw failure
  }

  /** Streams of inputs, by `input:stream`, of which not one packet came: known when it has ended. */
  get silentInputs(): ReadonlySet<string> {
    return this.#outcome.silentInputs
  }

  /** Ends ffmpeg, whatever it is doing, and resolves when it is reaped and its pipes are closed. */
  async kill(): Promise<void> {
    for (const output of this.outputs) output.discard()
    await this.#child.kill()
  }

  async #exit(): Promise<ChildExit> {
    const exit = await this.#child.exited
    this.#count()
    return exit
  }

  #count(): void {
    this.#outcome.bytesIn = sumOf(this.inputs) + (this.#command.bytesServed?.() ?? 0)
    this.#outcome.outputBytes = this.outputs.map(({ bytes }) => bytes)
  }
}

function sumOf(ways: readonly { readonly bytes: number }[]): number {
  return ways.reduce((sum, { bytes }) => sum + bytes, 0)
}
