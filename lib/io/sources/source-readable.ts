import { Readable } from 'node:stream'
import { destroyOnAbort } from '../async/abort-listeners.js'
import { tell, throwOutside } from '../async/user-event.js'
import { BLOCK_SIZE } from '../memory/block-pool.js'
import { endWhenUnconsumed } from '../pipeline/end-unconsumed.js'
import { LINK, type Link } from '../pipeline/link.js'
import { GiB, integerOption, knownOptions, optionsObject, signalOption } from '../../options.js'
import type { RandomAccess } from '../random-access.js'
import { SourceSlice } from './source-slice.js'
import { reportStage } from '../diagnostics/report-stage.js'

/** Options of a source's `createReadStream()`, named as in Node's `fs.createReadStream`. */
export interface ReadStreamOptions {
  /** The first byte, from 0. A start past the source's end is an error. @defaultValue 0 */
  start?: number | undefined
  /**
   * The last byte, **inclusive**, as in `fs.createReadStream` (the `end` of `read()` is exclusive). An end past the
   * source's end means the source's end.
   *
   * @defaultValue the source's end
   */
  end?: number | undefined
  /** Destroys the stream, with an `AbortError`. */
  signal?: AbortSignal | undefined
  /** Bytes that wait in the stream's own buffer: 1 to 1 GiB. @defaultValue 256 KiB */
  highWaterMark?: number | undefined
}

/** {@link ReadStreamOptions}, checked, with an exclusive end. */
export function readStreamOptions(options: ReadStreamOptions) {
  const of = 'createReadStream'
  knownOptions(optionsObject(options, of), of, ['start', 'end', 'signal', 'highWaterMark'])
  const max = Number.MAX_SAFE_INTEGER - 1
  const unit = 'bytes'
  const start = integerOption(options, 'start', { min: 0, max, default: 0, unit })
  const last = integerOption(options, 'end', { min: start, max, default: Infinity, unit, infinity: true })
  return {
    start,
    end: last + 1,
    signal: signalOption(options),
    highWaterMark: integerOption(options, 'highWaterMark', {
      min: 1,
      max: GiB,
      default: BLOCK_SIZE,
      unit,
    }),
  }
}

/**
 * Streams the bytes of a source, or of a part of it, in order.
 *
 * - It opens nothing before its first read, and requests no more than its buffer has room for.
 * - It ends only after the last byte, or after a `stop`. It fails with the source's own error.
 * - Its link offers random access to the same bytes, for stages that need to seek.
 * - It emits `close` only after the source's read has ended.
 */
export class SourceReadable extends Readable {
  readonly [LINK]: Link
  readonly #access: RandomAccess
  readonly #gone = new AbortController()
  #chunks: AsyncIterator<Buffer> | undefined
  /** Settles with the current read. */
  #step: Promise<unknown> = Promise.resolve()
  #isOver = false

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(source: RandomAccess, options: ReadStreamOptions = {}) {
    const { start, end, signal, highWaterMark } = readStreamOptions(options)
    super({ highWaterMark })
    this.#access = start === 0 && end === Infinity ? source : new SourceSlice(source, start, end)
    this[LINK] = { randomAccess: this.#access, stop: () => this.#stop() }
    reportStage(this, 'SourceReadable', source.name)
    endWhenUnconsumed(this, 'SourceReadable')
    // Not by super(): an already aborted signal would destroy the stream before it has its fields.
    destroyOnAbort(signal, this)
  }

  /** @internal */
  override _read(): void {
    const step = this.#next()
    this.#step = step
    step.then(
      chunk => {
        if (!this.#isOver) this.#give(chunk)
      },
      (error: unknown) => {
        if (!this.#isOver) this.destroy(error as Error)
      },
    )
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#isOver = true
    this.#gone.abort()
    void this.#close().then(() => callback(error))
  }

  /** The next chunk; `null` at the end. */
  async #next(): Promise<Buffer | null> {
    const { signal } = this.#gone
    this.#chunks ??= this.#access.read(0, await this.#access.size(signal), signal)[Symbol.asyncIterator]()
    const next = await this.#chunks.next()
    return next.done === true ? null : next.value
  }

  /** Pushes a chunk. An error thrown by a 'data' listener is the user's, and does not fail the read. */
  #give(chunk: Buffer | null): void {
    if (chunk === null) this.#isOver = true
    try {
      this.push(chunk)
    } catch (error) {
      throwOutside(error)
      // Node calls _read() after the listeners, and the error skipped that.
      this.read(0)
    }
  }

  #stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#gone.abort()
    this.push(null)
    tell(this, 'stop')
  }

  async #close(): Promise<void> {
    await this.#step.catch(() => undefined)
    await Promise.resolve(this.#chunks?.return?.()).catch(() => undefined)
  }
}
