import { Readable } from 'node:stream'
import { AvioError } from '../errors.js'
import { endWhenUnconsumed } from '../io/pipeline/end-unconsumed.js'
import { type Link, LINK } from '../io/pipeline/link.js'
import type { OnClosing } from './process-input.js'
import type { PipedOutput } from './output/piped-output.js'
import { reportStage } from '../io/diagnostics/report-stage.js'

/** The readable stream of one output of an `FfmpegProcess`. */
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
    reportStage(this, name)
    endWhenUnconsumed(this, name)
  }

  /** The piped output behind the reads. */
  get output(): PipedOutput {
    return this.#output
  }

  get [LINK](): Link {
    return this.#output.link
  }

  /** Every reader calls this, through a pipe, an iterator or a listener; Node itself passes 0 to fill its buffer. */
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

  #closedEarly(): AvioError {
    return new AvioError(
      'AVIO_ERR_OUTPUT_CLOSED',
      `${this.#name} was closed by its reader before its end; a process delivers all outputs or none. ` +
        'Read each output to its end, and leave unneeded ones out of "outputs".',
    )
  }
}
