import { abortError } from '../async/abort-error.js'
import { httpError, isRetryable, StatusError } from './http-errors.js'
import { httpGet } from './http-get.js'
import { httpOptions, type HttpSourceOptions, type HttpTarget } from './http-options.js'
import { HttpVersionPin, unusableAnswer } from './http-version-pin.js'
import { inParts } from '../fetch/in-parts.js'
import type { FetchRange } from '../fetch/ordered-ranges.js'
import type { RandomAccess } from '../random-access.js'
import { fillRange } from '../fetch/fill-range.js'
import { OverlongBody } from '../fetch/range-body.js'
import { RangeBuffer } from '../fetch/range-buffer.js'
import { checkRange } from '../check-range.js'

const NEVER = new AbortController().signal

/**
 * What lies under an HTTP(S) address, to be read from any place by ranged GETs. There is no HEAD, so that a presigned
 * GET URL will do.
 *
 * - *One version.* The first answer pins it, by ETag, else by modification time, and by size. Every later answer is
 *   held to these and to the bytes that were asked for, before a byte of it is used: `AVIO_ERR_SOURCE_CHANGED`. No
 *   conditions are sent, as servers differ in what they make of them. A server that sends neither validator is held to
 *   the size alone.
 * - *Never short.* What breaks, stalls, or is refused in passing (408, 429, 5xx) is resumed at the byte where it broke,
 *   up to `maxAttempts` tries a range; then it is `AVIO_ERR_SOURCE_READ`, as is an answer that is not what was asked
 *   for. At once: `AVIO_ERR_SOURCE_NOT_FOUND` (404, 410), `AVIO_ERR_SOURCE_DENIED` (401, 403), and
 *   `AVIO_ERR_SOURCE_NO_RANGES` where the server answers with the whole, of which nothing is read.
 * - *As stored.* Bytes come as they are sent, also where `Content-Encoding` says gzip.
 * - *Discreet.* Query, user and password of the address are in no error. Headers go to its own origin only. Redirects
 *   are followed wherever they lead, so an address that a stranger gave may lead into your own network.
 * - *Memory.* A read holds at most 2 × `partSize`; up to `partSize` bytes are one request.
 * - Connections are those of Node's own pool (`http.globalAgent`, `https.globalAgent`); nothing has to be closed.
 *
 * @example
 * ```ts
 * const object = new HttpSource({ url: 'https://media.example.com/talk.mov' })
 * const size = await object.size()
 * for await (const chunk of object.read(size - 1024, size)) process.stdout.write(chunk)
 * ```
 */
export class HttpSource implements RandomAccess {
  readonly #target: HttpTarget
  readonly #pin: HttpVersionPin

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(options: HttpSourceOptions) {
    this.#target = httpOptions(options)
    this.#pin = new HttpVersionPin(this.#target.source)
  }

  /** What errors call it: its address, without the query, which may hold a signature. */
  get name(): string {
    return this.#target.source
  }

  /** The length in bytes: known from the first answer on, else asked for with the first byte. */
  async size(signal: AbortSignal = NEVER): Promise<number> {
    if (signal.aborted) throw abortError(signal)
    if (this.#pin.size === undefined) await this.#fill(new RangeBuffer({ start: 0, end: 1 }), signal)
    return this.#pin.size!
  }

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order; an error is thrown in place of a short read,
   * and `AVIO_ERR_SOURCE_RANGE` before the first chunk where the source ends before `end`, or `end` lies before
   * `start`. An empty range needs no request.
   */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    if (signal?.aborted) throw abortError(signal)
    const check = () => checkRange(start, end, this.#pin.size, this.#target.source)
    check()
    const fetch: FetchRange = (into, aborted) => this.#fill(into, aborted, check)
    yield* inParts({ start, end }, this.#target.partSize, fetch, signal)
  }

  /**
   * Fills one range by as many tries as it takes, each for the bytes that are still lacking; trims it where the source
   * ends before it does, unless `check`, which every accepted answer is followed by, throws for that.
   */
  #fill(into: RangeBuffer, signal: AbortSignal, check: () => void = () => undefined): Promise<void> {
    const { source, maxAttempts } = this.#target
    return fillRange(into, signal, {
      maxAttempts,
      request: (into, signal) => this.#get(into, signal, check),
      isRetryable,
      retryAfter: error => (error instanceof StatusError ? error.retryAfter : undefined),
      failure: (error, into, attempts) => {
        const fields = { source, byteOffset: into.received, attempts }
        return error instanceof OverlongBody
          ? unusableAnswer(`sent more than bytes ${into.start}–${into.end - 1}`, fields, error)
          : httpError(error, fields, maxAttempts)
      },
    })
  }

  async #get(into: RangeBuffer, signal: AbortSignal, check: () => void): Promise<void> {
    const asked = { start: into.received, end: into.end }
    const get = (isWhole: boolean) =>
      httpGet({
        target: this.#target,
        range: isWhole ? undefined : asked,
        into,
        signal,
        accept: answer => {
          const end = this.#pin.accept(answer, asked)
          check()
          if (this.#pin.size! < into.end) into.trim(this.#pin.size!)
          return end
        },
      })
    try {
      await get(false)
    } catch (error) {
      const isRefused = error instanceof StatusError && error.statusCode === 416
      if (!isRefused || asked.start > 0 || this.#pin.size !== undefined) throw error
      // No byte of an empty source can be named. Where the refusal does not tell whether that is why, the whole does.
      await get(true)
    }
  }
}
