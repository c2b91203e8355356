import { Readable } from 'node:stream'
import { destroyOnAbort } from '../async/abort-listeners.js'
import { tell, throwOutside } from '../async/user-event.js'
import { BLOCK_SIZE } from '../fetch/range-buffer.js'
import { LINK, type Link } from '../pipeline/link.js'
import { GiB, integerOption, knownOptions, optionsObject, signalOption } from '../../options.js'
import type { RandomAccess } from '../random-access.js'
import { SourceSlice } from './source-slice.js'

/** What part of a source is read in order, by its `createReadStream()`. The names are those of Node's `fs.createReadStream`. */
export interface ReadStreamOptions {
  /** The first byte, from 0. One past the source's end is an error. @defaultValue 0 */
  start?: number | undefined
  /**
   * The last byte, **inclusive**, as in `fs.createReadStream` (the `end` of `read()` is exclusive). One past the source's end
   * means its end.
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
 * A source as a stream: its bytes in order, or those of a part of it.
 *
 * - It opens nothing before it is read, and asks the source for no more than its buffer has room for.
 * - It ends only after the last byte, or after a `stop`; whatever goes wrong is the source's own error.
 * - Its link offers random access to the very bytes that it delivers, so that a stage that has to seek can.
 * - When `close` comes, the read has been given up and has settled.
 */
export class SourceReadable extends Readable {
  readonly [LINK]: Link
  readonly #access: RandomAccess
  readonly #gone = new AbortController()
  #chunks: AsyncIterator<Buffer> | undefined
  /** Settles when the step that is under way is over. */
  #step: Promise<unknown> = Promise.resolve()
  #isOver = false

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(source: RandomAccess, options: ReadStreamOptions = {}) {
    const { start, end, signal, highWaterMark } = readStreamOptions(options)
    super({ highWaterMark })
    this.#access = start === 0 && end === Infinity ? source : new SourceSlice(source, start, end)
    this[LINK] = { randomAccess: this.#access, stop: () => this.#stop() }
    // Not by super(): one that is aborted already would destroy a stream that has no fields yet.
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

  /** Pushes a chunk; what a listener for 'data' throws is the user's, and no failure of the read. */
  #give(chunk: Buffer | null): void {
    if (chunk === null) this.#isOver = true
    try {
      this.push(chunk)
    } catch (error) {
      throwOutside(error)
      // Node asks for more behind the listeners, and has not come that far.
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
