import { S3Error, type S3ErrorFields, isError } from '../../errors.js'
import { parseUnsatisfiedRange, rangeHeader } from '../../io/byte-range.js'
import { fillRange } from '../../io/fetch/range-attempts.js'
import { BrokenBody, OverlongBody } from '../../io/fetch/range-body.js'
import { RangeBuffer } from '../../io/fetch/range-buffer.js'
import { type GetTarget, type OnInfo, getRange } from './get-range.js'
import {
  type AnswerHead,
  VersionPin,
  type Preconditions,
  type S3ObjectInfo,
  badResponse,
} from './version-pin.js'
import { classifyError, s3Error } from '../request/classify-error.js'
import { RequestSeries } from '../request/request-series.js'
import { ResponseUnused } from '../request/report-request.js'
import { reportRetry } from '../request/report-retry.js'
import { formatS3Uri } from '../request/s3-location.js'
import { UnrangedBody } from './unranged-body.js'

/** A response that may be the whole object, or a range without a Content-Range. */
class DoubtfulWhole extends ResponseUnused {}

/** A response with the whole object to a request for its first bytes. */
class WholeInstead extends ResponseUnused {}

/** The response's header was all that was needed. */
class Looked extends ResponseUnused {}

/** One attempt at one range. */
interface Try {
  readonly into: RangeBuffer
  readonly signal: AbortSignal
  readonly onInfo: OnInfo
  readonly attempt: number
  /** Whether the ranges come in order, so that the whole object will do. */
  readonly inOrder: boolean
}

/**
 * Ranges of one pinned object version, each filled as in {@link fillRange}: `If-Match` ensures that the rest belongs to
 * the bytes already there.
 */
export class PinnedRanges {
  readonly #target: GetTarget
  readonly #pin: VersionPin
  readonly #series: RequestSeries
  /** Whether a 200 of exactly the requested length turned out to be the whole object. */
  #isWholeKnown = false
  /** The single body behind all ranges, if the store ignores ranges. */
  #whole: UnrangedBody | undefined
  /** Settles when the earlier ranges are filled: all share one body. */
  #turn: Promise<unknown> = Promise.resolve()

  /**
   * @param target - the object and its settings
   * @param pin - keeps the responses on one version; may be shared
   */
  constructor(target: GetTarget, pin = new VersionPin(target.location, target.versionId, target.etag)) {
    this.#target = target
    this.#pin = pin
    this.#series = new RequestSeries(target.client)
  }

  /** The conditions of a request for the same version. */
  get conditions(): Preconditions {
    return this.#pin.preconditions
  }

  /** What the first response says; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#pin.info
  }

  /** Whether the store turned out to ignore ranges, so that bytes are available in order only. */
  get ignoresRanges(): boolean {
    return this.#whole !== undefined
  }

  /** Ends the read: closes a body left open between two ranges. */
  close(): void {
    this.#whole?.close()
  }

  /**
   * Fills `into`, trimmed if the object ends inside it. Rejects with an `S3Error` whose `byteOffset` is the first
   * missing byte, or with an `AbortError`.
   *
   * @param inOrder - each range starts where the previous one ended, from byte 0: a store that ignores ranges will do
   */
  fill(into: RangeBuffer, signal: AbortSignal, onInfo: OnInfo, inOrder = false): Promise<void> {
    const fill = () => this.#fill(into, signal, onInfo, inOrder)
    const filled = inOrder && this.#whole !== undefined ? this.#turn.then(fill) : fill()
    if (inOrder) this.#turn = filled.catch(() => undefined)
    return filled
  }

  #fill(into: RangeBuffer, signal: AbortSignal, onInfo: OnInfo, inOrder: boolean): Promise<void> {
    return fillRange(into, signal, {
      maxAttempts: this.#target.maxAttempts,
      request: (into, signal, attempt) => this.#once({ into, signal, onInfo, attempt, inOrder }),
      isRetryable: error => classifyError(error).retryable,
      retryAfter: error => classifyError(error).retryAfter,
      onRetry: (error, into, attempt, delayMs) => this.#onRetry(error, into, attempt, delayMs),
      failure: (error, into, attempts) => this.#failure(error, into, attempts),
    })
  }

  #onRetry(error: unknown, into: RangeBuffer, attempt: number, delayMs: number): void {
    const { location, maxAttempts, onRetry } = this.#target
    const subject = { ...location, operation: 'GetObject', byteOffset: into.received }
    reportRetry(error, { attempt, maxAttempts, delayMs }, onRetry, subject)
  }

  async #once(one: Try): Promise<void> {
    if (one.inOrder && this.#whole) {
      await this.#whole.read(one)
      return
    }
    const conditions = this.#pin.preconditions
    try {
      await this.#get(one, conditions)
    } catch (error) {
      const { statusCode } = classifyError(error)
      if (statusCode === 403 && this.#pin.forgetVersion(conditions)) {
        await this.#get(one, this.#pin.preconditions)
      } else if (statusCode === 416 && this.info === undefined && one.into.start === 0) {
        // No range can name a byte of an empty object, so request the whole object.
        await this.#get(one, conditions, true)
      } else if (error instanceof DoubtfulWhole) {
        await this.#lookBehind(one)
        await this.#get(one, conditions)
      } else if (error instanceof WholeInstead) {
        this.#whole = new UnrangedBody(this.#target, this.#pin)
        await this.#whole.read(one)
      } else {
        throw error
      }
    }
  }

  async #get(
    { into, signal, onInfo, attempt, inOrder }: Try,
    conditions: Preconditions,
    whole = false,
  ): Promise<void> {
    const { client, location, request, stallTimeout, minThroughput, transport } = this.#target
    const asked = { start: into.received, end: into.end }
    await getRange({
      client,
      input: {
        ...request,
        Bucket: location.bucket,
        Key: location.key,
        ...(whole ? {} : { Range: rangeHeader(asked.start, asked.end) }),
        ...conditions,
      },
      stallTimeout,
      minThroughput,
      transport,
      signal,
      series: this.#series,
      attempt,
      into,
      accept: answer => {
        if (!this.#isWholeKnown && this.#pin.isDoubtful(answer, asked)) throw new DoubtfulWhole()
        if (inOrder && this.#pin.isWholeInstead(answer, asked)) throw new WholeInstead()
        if (whole && answer.ContentLength !== 0) {
          throw new BrokenBody('IncompleteBody', 'The object was empty a moment ago and no longer is')
        }
        const { end } = this.#pin.accept(answer, asked, attempt)
        const info = this.#pin.info!
        onInfo(info)
        if (info.size < into.end) into.trim(info.size)
        return end
      },
    })
  }

  /**
   * Checks whether a 200 with exactly the requested number of bytes and no Content-Range is the whole object, which has
   * no byte after it. A proxy can turn a range into such a response, and the bytes after it would be lost silently.
   */
  async #lookBehind({ into, signal, attempt }: Try): Promise<void> {
    const { client, location, request, stallTimeout, minThroughput, transport } = this.#target
    const end = into.end
    const input = { ...request, Bucket: location.bucket, Key: location.key, Range: rangeHeader(end, end + 1) }
    const found = { isWhole: false }
    const accept = (answer: AnswerHead) => {
      // A server without range support sends the same again.
      found.isWhole = answer.ContentRange === undefined && answer.ContentLength === end
      throw new Looked()
    }
    const behind = new RangeBuffer({ start: end, end: end + 1 })
    await getRange({
      client,
      input: { ...input, ...(this.#pin.versionId && { VersionId: this.#pin.versionId }) },
      stallTimeout,
      minThroughput,
      transport,
      signal,
      attempt,
      into: behind,
      accept,
    }).catch((error: unknown) => {
      if (error instanceof Looked) return
      if (classifyError(error).statusCode !== 416) throw error
      found.isWhole = (sizeOf(error) ?? end) === end
    })
    if (!found.isWhole) {
      throw badResponse(
        `answered a request for bytes 0–${end - 1} with 200 and no Content-Range, although the object is longer`,
        { ...location, operation: 'GetObject', byteOffset: 0, attempts: attempt, statusCode: 200 },
      )
    }
    this.#isWholeKnown = true
  }

  #failure(error: unknown, into: RangeBuffer, attempts: number): Error {
    if (error instanceof S3Error) return error
    const byteOffset = into.received
    const { location } = this.#target
    const { versionId } = this.#pin
    const { code, statusCode, s3Code, requestId } = classifyError(error)
    const fields = { ...location, versionId, operation: 'GetObject', byteOffset, attempts }
    const answered = { ...fields, statusCode, s3Code, requestId }
    if (error instanceof OverlongBody) {
      return badResponse(`sent more than bytes ${into.start}–${into.end - 1}`, fields, error)
    }
    const isOther = statusCode === 404 ? code === 'AVIO_ERR_NO_SUCH_KEY' : statusCode === 412
    if (
      (this.#pin.isPinned && isOther) ||
      (this.info !== undefined && statusCode === 416 && into.start < this.info.size)
    ) {
      const how =
        statusCode === 404 ? 'it no longer exists' : `it no longer has the ETag ${this.#pin.etag ?? ''}`
      return this.#pin.changed(how, answered, error)
    }
    if (statusCode === 416) return unsatisfiable(into.start, sizeOf(error), answered, error)
    const isRange = this.info !== undefined && (into.start > 0 || into.end < this.info.size)
    if (code === 'AVIO_ERR_CHECKSUM_MISMATCH' && isRange) {
      const said = isError(error) ? error.message : ''
      return new S3Error(
        code,
        `Cannot read from byte ${byteOffset} of ${formatS3Uri(location)}: ${said}. Some stores send the checksum ` +
          'of the whole object with a range of it. If this one does, make the client with ' +
          "responseChecksumValidation: 'WHEN_REQUIRED'.",
        answered,
        { cause: error },
      )
    }
    const happened = `Cannot read from byte ${byteOffset} of`
    return s3Error(error, 'AVIO_ERR_READ_FAILED', fields, happened, this.#target.maxAttempts)
  }
}

/** The error for a read that starts or ends past the object's last byte. */
export function unsatisfiable(
  offset: number,
  size: number | undefined,
  fields: S3ErrorFields,
  cause?: unknown,
): S3Error {
  const has = size === undefined ? 'is shorter than that' : `has ${size} bytes`
  return new S3Error(
    'AVIO_ERR_RANGE_NOT_SATISFIABLE',
    `Cannot read byte ${offset} of ${formatS3Uri(fields)}: it ${has}. Check the start and the end of the range.`,
    fields,
    cause === undefined ? undefined : { cause },
  )
}

/** The object's size, as reported with a 416. */
function sizeOf(error: unknown): number | undefined {
  const headers = (error as { $response?: { headers?: Record<string, string> } }).$response?.headers
  return parseUnsatisfiedRange(headers?.['content-range'])
}
