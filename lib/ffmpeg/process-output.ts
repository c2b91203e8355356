import { Readable } from 'node:stream'
import { FfmpegError } from '../errors.js'
import { type Link, LINK } from '../io/pipeline/link.js'
import type { OnClosing } from './process-input.js'
import type { PipedOutput } from './output/piped-output.js'

/** One output of an `FfmpegProcess`, to be read from. */
export class ProcessOutput extends Readable {
  readonly #name: string
  readonly #output: PipedOutput
  readonly #onWanted: () => void
  readonly #onClosing: OnClosing

  constructor(
    name: string,
    highWaterMark: number,
    outputOf: (stage: Readable, name: string) => PipedOutput,
    onWanted: () => void,
    onClosing: OnClosing,
  ) {
    super({ highWaterMark })
    this.#name = name
    this.#output = outputOf(this, name)
    this.#onWanted = onWanted
    this.#onClosing = onClosing
  }

  /** Where what is read comes from. */
  get output(): PipedOutput {
    return this.#output
  }

  get [LINK](): Link {
    return this.#output.link
  }

  /**
   * Every reader ends up here, be it a pipe, an iterator or a listener; Node itself, to fill its buffer, asks for 0.
   */
  override read(size?: number): unknown {
    if (size !== 0 && !this.#output.isWanted) {
      this.#output.want()
      this.#onWanted()
    }
    return super.read(size) as unknown
  }

  override _read(): void {
    this.#output.read()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const failure = error ?? (this.readableEnded ? undefined : this.#closedEarly())
    this.#onClosing(failure).then(() => callback(error), callback)
  }

  #closedEarly(): FfmpegError {
    return new FfmpegError(
      'AVIO_ERR_OUTPUT_CLOSED',
      `${this.#name} was closed by its reader before its end, and all outputs of a process are delivered or none. ` +
        'Read each one to its end; what ffmpeg need not make, leave out of "outputs".',
    )
  }
}
