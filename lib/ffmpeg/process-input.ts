import { Writable } from 'node:stream'
import { AvioError } from '../errors.js'
import type { PipedInput } from './run/piped-input.js'
import { reportStage } from '../io/diagnostics/report-stage.js'

type Callback = (error?: Error | null) => void

/** Called when a stream of a process closes; resolves when it may. */
export type OnClosing = (error: Error | undefined) => Promise<void>

/** The writable stream of one input of an `FfmpegProcess`. */
export class ProcessInput extends Writable {
  readonly #name: string
  readonly #input: PipedInput
  readonly #onClosing: OnClosing

  constructor(
    name: string,
    highWaterMark: number,
    inputOf: (stage: Writable, name: string) => PipedInput,
    onClosing: OnClosing,
  ) {
    super({ highWaterMark })
    this.#name = name
    this.#input = inputOf(this, name)
    this.#onClosing = onClosing
    reportStage(this, name)
  }

  /** The piped input that consumes the writes. */
  get input(): PipedInput {
    return this.#input
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#input.take([chunk], callback)
  }

  override _writev(items: { chunk: Buffer }[], callback: Callback): void {
    this.#input.take(
      items.map(item => item.chunk),
      callback,
    )
  }

  override _final(callback: Callback): void {
    this.#input.end(callback)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    void this.#input.release()
    const failure = error ?? (this.writableFinished ? undefined : this.#closedEarly())
    this.#onClosing(failure).then(() => callback(error), callback)
  }

  #closedEarly(): AvioError {
    return new AvioError(
      'AVIO_ERR_UPSTREAM_CLOSED',
      `${this.#name} was closed before its end, without an error: the data so far is incomplete and was not passed ` +
        'on as complete. Destroy a source with an error, or let it end.',
    )
  }
}
