import type { IncomingHttpHeaders } from 'node:http'
import { SourceError, type SourceErrorFields } from '../../errors.js'
import { type ByteRange, parseContentRange, parseUnsatisfiedRange } from '../byte-range.js'
import {
  changedMessage,
  etagChange,
  isSure,
  otherVersion,
  otherVersionMessage,
  rangeFault,
  sizeChange,
  timeChange,
  unusableMessage,
} from '../fetch/response-checks.js'
import { StatusError } from './http-errors.js'

/** The parts of a response that identify it. */
export interface HttpHead {
  readonly statusCode?: number | undefined
  readonly headers: IncomingHttpHeaders
}

/** What an error knows of the response. */
type Fields = SourceErrorFields & { readonly source: string }

/** The parts that distinguish versions. */
interface Version {
  readonly size: number
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

/**
 * Ties all responses of one URL to one version: that of the first response.
 *
 * Requests carry no conditions. Many servers ignore `If-Match`; `If-Range` turns a change into a 200 with the
 * whole body, which looks like a server without range support, and allows a 206 to omit its validators (RFC
 * 9110 §15.3.7). Without it every 206 must carry the headers of a 200, and a change is detected before a byte
 * is used.
 *
 * - The ETag must stay the same. A weak one (`W/"…"`) does not promise the same bytes, so modification time
 *   counts too.
 * - Without an ETag, the modification time must.
 * - The size must stay the same. If a server sends no validator, only the size is checked.
 */
export class HttpVersionPin {
  readonly #source: string
  readonly #askedEtag: string | undefined
  #version: Version | undefined

  /**
   * @param source - the URL's name in errors
   * @param etag - the ETag requested by the user: it pins the version before the first response
   */
  constructor(source: string, etag?: string) {
    this.#source = source
    this.#askedEtag = etag
  }

  /** The ETag of the first response. */
  get etag(): string | undefined {
    return this.#version?.etag
  }

  /** Length of the whole in bytes; `undefined` before the first response. */
  get size(): number | undefined {
    return this.#version?.size
  }

  /**
   * Checks a response before a byte of it is used. The first one pins the version. Returns one past the last
   * byte in the body: `asked.end`, or less if the source ends before it, or if the server sent only a prefix.
   *
   * @throws {@link SourceError} AVIO_ERR_SOURCE_CHANGED, …_NO_RANGES, …_RANGE, …_READ
   * @throws {@link StatusError} for any other status
   */
  accept(answer: HttpHead, asked: ByteRange): number {
    const { statusCode = 0, headers } = answer
    const fields = { source: this.#source, byteOffset: asked.start, statusCode }
    const size = sizeOf(answer)
    if (size === undefined) {
      if (statusCode === 416 && this.#version) throw this.#changed('it is shorter now', fields)
      if (statusCode !== 206) throw new StatusError(statusCode, headers['retry-after'])
      throw unusableAnswer(
        `did not report the range or total size it sent (Content-Range: ${headers['content-range'] ?? 'none'})`,
        fields,
      )
    }
    const found = { size, etag: headers.etag, lastModified: headers['last-modified'] }
    const hasValidators = statusCode !== 416
    const other = this.#version || !hasValidators ? undefined : otherVersion(this.#askedEtag, found.etag)
    const change = this.#version ? changeOf(this.#version, found, hasValidators) : other
    if (change !== undefined) throw this.#changed(change, fields)
    if (statusCode === 200 && size > 0 && !isRange(answer)) throw noRanges(fields)
    if (statusCode === 416 && size > 0) throw unsatisfiable(asked, size, fields)
    const end = Math.min(asked.end, size)
    const held = size > 0 ? checkBody(answer, { start: asked.start, end }, fields) : end
    this.#version ??= found
    return held
  }

  /** The error for a source that has changed. If the user requested a version, no retry will find it. */
  #changed(how: string, fields: Fields): SourceError {
    const etag = this.#askedEtag
    return etag === undefined ? sourceChanged(how, fields) : notTheVersion(etag, how, fields)
  }
}

/**
 * The total size, as far as a response tells: `Infinity` for a whole of unknown length, `undefined` if there is
 * nothing that has a size.
 */
function sizeOf({ statusCode, headers }: HttpHead): number | undefined {
  const { 'content-range': range, 'content-length': length } = headers
  // No byte of an empty source can be named, and servers vary in how they answer.
  if (statusCode === 206 || isRange({ statusCode, headers }))
    return parseContentRange(range)?.size ?? (length === '0' ? 0 : undefined)
  if (statusCode === 416) return parseUnsatisfiedRange(range)
  if (statusCode !== 200) return undefined
  return length === undefined ? Infinity : Number(length)
}

/** Whether the response is a range by its own headers, even if an intermediary turned the 206 into a 200. */
function isRange({ statusCode, headers }: HttpHead): boolean {
  return statusCode === 200 && parseContentRange(headers['content-range']) !== undefined
}

/** Checks a range against the requested bytes, or their beginning; returns where it ends. */
function checkBody({ headers }: HttpHead, asked: ByteRange, fields: Fields): number {
  const sent = parseContentRange(headers['content-range'])!
  const { 'content-length': length } = headers
  const fault = rangeFault(sent, asked, length === undefined ? undefined : Number(length))
  if (fault !== undefined) throw unusableAnswer(fault, fields)
  return sent.end
}

/** How a response differs from the pinned version; `undefined` if it doesn't. A 416 carries no validators. */
function changeOf(pinned: Version, found: Version, hasValidators: boolean): string | undefined {
  const { size, etag, lastModified } = pinned
  if (hasValidators) {
    const change =
      (etag === undefined ? undefined : etagChange(etag, found.etag)) ??
      (isSure(etag) ? undefined : timeChange(lastModified, found.lastModified))
    if (change !== undefined) return change
  }
  return found.size === Infinity ? undefined : sizeChange(size, found.size)
}

function sourceChanged(how: string, fields: Fields): SourceError {
  return new SourceError('AVIO_ERR_SOURCE_CHANGED', changedMessage(fields.source, how), fields)
}

/** The error for a source that no longer has the requested version. */
function notTheVersion(etag: string, how: string, fields: Fields): SourceError {
  return new SourceError('AVIO_ERR_SOURCE_CHANGED', otherVersionMessage(fields.source, etag, how), fields, {
    retryable: false,
  })
}

function noRanges(fields: SourceErrorFields): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_NO_RANGES',
    `The server of ${fields.source} answered a range request with the whole file (200): random access is not ` +
      'supported. Store it on a server that supports ranges, or read it in order.',
    fields,
  )
}

/** The error of a read that starts past the last byte. */
function unsatisfiable({ start, end }: ByteRange, size: number, fields: Fields): SourceError {
  if (start < size) {
    return unusableAnswer(`refused bytes ${start}–${end - 1} as out of range, of ${size}`, fields)
  }
  return new SourceError(
    'AVIO_ERR_SOURCE_RANGE',
    `Cannot read from ${start} to ${end} of ${fields.source}: it has ${size} bytes.`,
    { ...fields, byteOffset: start },
  )
}

/** The error of an unusable response that a retry would not change. */
export function unusableAnswer(what: string, fields: Fields, cause?: unknown): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_READ',
    unusableMessage(fields.source, what),
    fields,
    cause === undefined ? undefined : { cause },
  )
}
