import type { IncomingHttpHeaders } from 'node:http'
import { SourceError, type SourceErrorFields } from '../../errors.js'
import { type ByteRange, parseContentRange, parseUnsatisfiedRange } from '../byte-range.js'
import {
  changedMessage,
  etagChange,
  isSure,
  rangeFault,
  sizeChange,
  timeChange,
  unusableMessage,
} from '../fetch/pinned-version.js'
import { StatusError } from './http-errors.js'

/** The parts of an answer that tell what it is an answer to. */
export interface HttpHead {
  readonly statusCode?: number | undefined
  readonly headers: IncomingHttpHeaders
}

/** What an error knows of the answer. */
type Fields = SourceErrorFields & { readonly source: string }

/** What tells one version from another. */
interface Version {
  readonly size: number
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

/**
 * Holds all answers of one address to one version: the one that the first answer told of.
 *
 * No request carries a condition. `If-Match` is ignored by many servers, and `If-Range` makes of a change a 200 with
 * the whole body, which looks like a server that knows no ranges, and allows a 206 to leave its validators out
 * (RFC 9110 §15.3.7). Without one every 206 has to carry what a 200 would have carried, and a change is seen before a
 * byte of it is used.
 *
 * - The ETag must stay the same. A weak one (`W/"…"`) does not promise the same bytes, so modification time counts too.
 * - Without an ETag it is the modification time.
 * - The size must stay the same. A server that sends no validator is held to no more than that.
 */
export class HttpVersionPin {
  readonly #source: string
  #version: Version | undefined

  /** @param source - what errors call the address */
  constructor(source: string) {
    this.#source = source
  }

  /** Length of the whole in bytes; `undefined` before the first answer. */
  get size(): number | undefined {
    return this.#version?.size
  }

  /**
   * Checks an answer before a byte of it is used. The first one pins.
   * Returns one past the last byte that the body holds: `asked.end`, or less where the source ends before it, or where
   * the server sent only the first of the bytes.
   *
   * @throws {@link SourceError} AVIO_ERR_SOURCE_CHANGED, …_NO_RANGES, …_RANGE, …_READ
   * @throws {@link StatusError} for any other status
   */
  accept(answer: HttpHead, asked: ByteRange): number {
    const { statusCode = 0, headers } = answer
    const fields = { source: this.#source, byteOffset: asked.start, statusCode }
    const size = sizeOf(answer)
    if (size === undefined) {
      if (statusCode === 416 && this.#version) throw sourceChanged('it ends earlier now', fields)
      if (statusCode !== 206) throw new StatusError(statusCode, headers['retry-after'])
      throw unusableAnswer(
        `did not say which bytes it sent, or of how many (Content-Range: ${headers['content-range'] ?? 'none'})`,
        fields,
      )
    }
    const found = { size, etag: headers.etag, lastModified: headers['last-modified'] }
    const change = this.#version && changeOf(this.#version, found, statusCode !== 416)
    if (change !== undefined) throw sourceChanged(change, fields)
    if (statusCode === 200 && size > 0 && !isRange(answer)) throw noRanges(fields)
    if (statusCode === 416 && size > 0) throw unsatisfiable(asked, size, fields)
    const end = Math.min(asked.end, size)
    const held = size > 0 ? checkBody(answer, { start: asked.start, end }, fields) : end
    this.#version ??= found
    return held
  }
}

/**
 * The size of the whole, as far as an answer tells: `Infinity` for a whole of no given length, `undefined` where there
 * is nothing that could have one.
 */
function sizeOf({ statusCode, headers }: HttpHead): number | undefined {
  const { 'content-range': range, 'content-length': length } = headers
  // No byte of an empty source can be named, so servers answer what they like.
  if (statusCode === 206 || isRange({ statusCode, headers }))
    return parseContentRange(range)?.size ?? (length === '0' ? 0 : undefined)
  if (statusCode === 416) return parseUnsatisfiedRange(range)
  if (statusCode !== 200) return undefined
  return length === undefined ? Infinity : Number(length)
}

/** Whether an answer is a range by what it says of itself, though something in between made a 200 of the 206. */
function isRange({ statusCode, headers }: HttpHead): boolean {
  return statusCode === 200 && parseContentRange(headers['content-range']) !== undefined
}

/** Holds a range to the bytes that were asked for, or the first of them; returns where it ends. */
function checkBody({ headers }: HttpHead, asked: ByteRange, fields: Fields): number {
  const sent = parseContentRange(headers['content-range'])!
  const { 'content-length': length } = headers
  const fault = rangeFault(sent, asked, length === undefined ? undefined : Number(length))
  if (fault !== undefined) throw unusableAnswer(fault, fields)
  return sent.end
}

/** How an answer differs from what is pinned; `undefined` where it doesn't. A 416 carries no validators. */
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

function noRanges(fields: SourceErrorFields): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_NO_RANGES',
    `The server of ${fields.source} answered a request for a range with the whole (200): it can't be read from any ` +
      'place. Store it where ranges are answered, or read it in order.',
    fields,
  )
}

/** The error for a read that begins behind the last byte. */
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

/** The error for an answer that can't be used, and would not be another one a second later. */
export function unusableAnswer(what: string, fields: Fields, cause?: unknown): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_READ',
    unusableMessage(fields.source, what),
    fields,
    cause === undefined ? undefined : { cause },
  )
}
