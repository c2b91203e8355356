import type { Readable } from 'node:stream'
import { abortError } from '../async/abort-error.js'
import { RETRIES } from '../diagnostics/channels.js'
import { httpFailure, httpSubject } from './http-diagnostics.js'
import { httpError, isRetryable, StatusError } from './http-errors.js'
import { httpGet } from './http-get.js'
import { httpOptions, type HttpSourceOptions, type HttpTarget } from './http-options.js'
import { HttpVersionPin, unusableAnswer } from './http-version-pin.js'
import { fillPieces } from '../fetch/fill-pieces.js'
import { inParts } from '../fetch/in-parts.js'
import type { FetchRange } from '../fetch/ordered-ranges.js'
import { MemoryPieces } from '../memory-pieces.js'
import { markOwn } from '../own-sources.js'
import type { RandomAccess, ReadIntoOptions } from '../random-access.js'
import { refuseAsStream } from './not-a-stream.js'
import { fillRange } from '../fetch/range-attempts.js'
import { OverlongBody } from '../fetch/range-body.js'
import { RangeBuffer } from '../fetch/range-buffer.js'
import { checkRange } from '../check-range.js'
import { type ReadStreamOptions, SourceReadable } from './source-readable.js'

const NEVER = new AbortController().signal

/**
 * A resource at an HTTP(S) URL with random access, through ranged GETs. No HEAD is sent, so that a presigned
 * GET URL works.
 *
 * - *One version.* The first response pins it, by ETag, otherwise by modification time, and by size. Every
 *   later response is checked against these and the requested bytes before a byte of it is used:
 *   `AVIO_ERR_SOURCE_CHANGED`. No conditional headers are sent, as servers handle them differently. If a server
 *   sends neither validator, only the size is checked.
 * - *Never short.* A request that breaks, stalls, or gets a temporary refusal (408, 429, 5xx) is resumed at the
 *   byte where it broke, up to `maxAttempts` attempts per range; then it is `AVIO_ERR_SOURCE_READ`, as is a
 *   response that does not match the request. At once: `AVIO_ERR_SOURCE_NOT_FOUND` (404, 410),
 *   `AVIO_ERR_SOURCE_DENIED` (401, 403), and `AVIO_ERR_SOURCE_NO_RANGES` if the server sends the whole instead
 *   of a range, of which nothing is read.
 * - *As stored.* Bytes are delivered as sent, even if `Content-Encoding` says gzip.
 * - *Discreet.* Query, user and password of the URL appear in no error. Headers go to its own origin only.
 * - *Confined, if you say so.* An untrusted URL, or a redirect, may lead into your own network. `allow` lists the hosts
 *   that it may lead to, and connects to public addresses only: `AVIO_ERR_SOURCE_REFUSED`, before anything is sent.
 * - *Memory.* A read holds at most 2 × `partSize`; up to `partSize` bytes are one request.
 * - Connections come from Node's own pool (`http.globalAgent`, `https.globalAgent`), with `allow` from one of the
 *   source's own that uses no proxy; nothing has to be closed.
 *
 * @example
 * ```ts
 * const object = new HttpSource({ url: 'https://media.example.com/talk.mov' })
 * const size = await object.size()
 * for await (const chunk of object.read(size - 1024, size)) process.stdout.write(chunk)
 * ```
 */
export class HttpSource implements RandomAccess {
  static {
    refuseAsStream(this, 'HttpSource')
  }
  readonly #target: HttpTarget
  readonly #pin: HttpVersionPin

  /**
   * @throws {@link OptionError} for an option that breaks its rule
   * @throws {@link SourceError} AVIO_ERR_SOURCE_REFUSED for a URL that `allow` doesn't open
   */
  constructor(options: HttpSourceOptions) {
    this.#target = httpOptions(options)
    this.#pin = new HttpVersionPin(this.#target.source, this.#target.etag)
    if (new.target === HttpSource) markOwn(this)
  }

  /** Its name in errors: the URL without its query, which may hold a signature. */
  get name(): string {
    return this.#target.source
  }

  /** The ETag of the first answer, as the server writes it; `undefined` before it, and of a server that sends none. */
  get etag(): string | undefined {
    return this.#pin.etag
  }

  /** The length in bytes: known from the first response on, otherwise requested with the first byte. */
  async size(signal: AbortSignal = NEVER): Promise<number> {
    if (signal.aborted) throw abortError(signal)
    if (this.#pin.size === undefined) await this.#fill(new RangeBuffer({ start: 0, end: 1 }), signal)
    return this.#pin.size!
  }

  /**
   * The bytes from `start` (inclusive) to `end` (exclusive), in order; it throws instead of ending short, and
   * with `AVIO_ERR_SOURCE_RANGE` before the first chunk if the source ends before `end`, or `end` is before
   * `start`. An empty range needs no request.
   */
  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    if (signal?.aborted) throw abortError(signal)
    yield* inParts({ start, end }, this.#target.partSize, this.#fetching(start, end), signal)
  }

  /**
   * Fills `memory` with the bytes from `start` on, without chunks in between; rejects with the errors of
   * {@link HttpSource.read}.
   */
  async readInto(
    start: number,
    memory: Uint8Array | readonly Uint8Array[],
    options: ReadIntoOptions = {},
  ): Promise<void> {
    if (options.signal?.aborted) throw abortError(options.signal)
    const pieces = new MemoryPieces(memory)
    const fetch = this.#fetching(start, start + pieces.length)
    await fillPieces(start, pieces, this.#target.partSize, fetch, options)
  }

  /**
   * The bytes at the URL as a stream, or a part of them: for `pipeline()`, which takes no source. Its first request
   * asks for the size. Nothing is opened before the first read; a stage that has to seek is offered random access to
   * the same bytes.
   *
   * @throws {@link OptionError} for an option that breaks its rule
   */
  createReadStream(options: ReadStreamOptions = {}): Readable {
    return new SourceReadable(this, options)
  }

  /** Fetches the ranges of one read, checked against the size as soon as that is known. */
  #fetching(start: number, end: number): FetchRange {
    const check = () => checkRange(start, end, this.#pin.size, this.#target.source)
    check()
    return (into, aborted) => this.#fill(into, aborted, check)
  }

  /**
   * Fills one range with as many attempts as it takes, each for the bytes still missing; trims it if the source
   * ends earlier, unless `check`, which runs after every accepted response, throws for that.
   */
  #fill(into: RangeBuffer, signal: AbortSignal, check: () => void = () => undefined): Promise<void> {
    const { source, maxAttempts } = this.#target
    return fillRange(into, signal, {
      maxAttempts,
      request: (into, signal, attempt) => this.#get(into, signal, attempt, check),
      isRetryable,
      retryAfter: error => (error instanceof StatusError ? error.retryAfter : undefined),
      onRetry: (error, { received }, attempt, delayMs) => {
        if (!RETRIES.hasSubscribers) return
        const failed = { attempt, maxAttempts, delayMs, ...httpFailure(error) }
        RETRIES.publish({ ...httpSubject(source, received), ...failed })
      },
      failure: (error, into, attempts) => {
        const fields = { source, byteOffset: into.received, attempts }
        return error instanceof OverlongBody
          ? unusableAnswer(`sent more than bytes ${into.start}–${into.end - 1}`, fields, error)
          : httpError(error, fields, maxAttempts)
      },
    })
  }

  async #get(into: RangeBuffer, signal: AbortSignal, attempt: number, check: () => void): Promise<void> {
    const asked = { start: into.received, end: into.end }
    const get = (isWhole: boolean) =>
      httpGet({
        target: this.#target,
        range: isWhole ? undefined : asked,
        into,
        signal,
        attempt,
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
      // No byte of an empty source can be named. If the refusal does not say that this is why, a request for
      // the whole does.
      await get(true)
    }
  }
}
