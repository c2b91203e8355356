import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { S3Error, type S3ErrorFields } from '../../errors.js'
import { type ByteRange, parseContentRange } from '../../io/byte-range.js'
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
} from '../../io/fetch/response-checks.js'
import { type S3Location, formatS3Uri } from '../request/s3-location.js'

/** What the first response says about an object. Values that the server does not send are absent. */
export interface S3ObjectInfo extends S3Location {
  /** Length of the whole object, in bytes. */
  readonly size: number
  /** The entity tag as the server writes it, with its quotes. */
  readonly etag: string | undefined
  /** The version, in a bucket that keeps versions. */
  readonly versionId: string | undefined
  /** The stored `Content-Type`. */
  readonly contentType: string | undefined
  /** When the object was stored. */
  readonly lastModified: Date | undefined
  /** The user's own metadata, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The members that make a later request match the same version, or fail. */
export interface Preconditions {
  IfMatch?: string
  VersionId?: string
}

/** The parts of a response that identify the object version and range. */
export type AnswerHead = Pick<
  GetObjectCommandOutput,
  'ContentRange' | 'ContentLength' | 'ETag' | 'VersionId' | 'ContentType' | 'LastModified' | 'Metadata'
> & {
  /** Absent from the responses of client stand-ins. */
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined
}

/**
 * Keeps all responses of a read on one object version: the one in the first response.
 *
 * - A strong ETag goes into `If-Match` of every later request, and every later response must carry it, even if weakened
 *   or without its quotes.
 * - A weak ETag (`W/"…"`) never satisfies `If-Match` (RFC 9110 §13.1.1), so it is only compared, as is an ETag without
 *   quotes, which HTTP does not accept as a condition.
 * - A version id goes into every later request, so that a read in a versioned bucket survives a new version. This needs
 *   the permission s3:GetObjectVersion, which a reader of the object may lack: see {@link forgetVersion}.
 * - Size and, without a strong ETag, modification time must not change. For a server that sends no validator at all
 *   these are the only checks, as long as it supports ranges.
 */
export class VersionPin {
  readonly #location: S3Location
  readonly #askedVersion: string | undefined
  readonly #askedEtag: string | undefined
  #info: S3ObjectInfo | undefined
  #versionUsable = true

  /**
   * @param location - the object
   * @param versionId - the version that the user asked for
   * @param etag - the ETag that the user asked for: the pin holds from the first request on
   */
  constructor(location: S3Location, versionId: string | undefined, etag?: string) {
    this.#location = location
    this.#askedEtag = etag
    this.#askedVersion = versionId
  }

  /** What the first response says; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#info
  }

  /** The version to request: the user's, or that of the first response. */
  get versionId(): string | undefined {
    if (this.#askedVersion !== undefined) return this.#askedVersion
    // "null" names the version that an unversioned write replaces, so it pins nothing.
    const found = this.#info?.versionId
    return this.#versionUsable && found !== 'null' ? found : undefined
  }

  /** The conditions for the next request. */
  get preconditions(): Preconditions {
    const conditions: Preconditions = {}
    const versionId = this.versionId
    if (versionId !== undefined) conditions.VersionId = versionId
    const { etag } = this
    if (etag !== undefined && isStrong(etag)) conditions.IfMatch = etag
    return conditions
  }

  /**
   * Stops requesting the discovered version by its id, as permission may be missing; only its ETag still pins it.
   * Returns whether that changes anything for a request that carried `sent`.
   */
  forgetVersion(sent: Preconditions): boolean {
    if (this.#askedVersion !== undefined || sent.VersionId === undefined) return false
    this.#versionUsable = false
    return true
  }

  /**
   * Whether the first response may be a range that lost its headers on the way: a 200 without a Content-Range and with
   * exactly the requested number of bytes. `PinnedRanges` checks for bytes after it.
   */
  isDoubtful(answer: AnswerHead, asked: ByteRange): boolean {
    const { ContentRange, ContentLength, $metadata } = answer
    return (
      this.#info === undefined &&
      $metadata?.httpStatusCode === 200 &&
      ContentRange === undefined &&
      ContentLength === asked.end - asked.start
    )
  }

  /**
   * Whether the first response is the whole object in place of its first bytes, a 200 longer than the request: the
   * store does not support ranges.
   */
  isWholeInstead(answer: AnswerHead, asked: ByteRange): boolean {
    const { ContentRange, ContentLength, $metadata } = answer
    return (
      this.#info === undefined &&
      $metadata?.httpStatusCode === 200 &&
      ContentRange === undefined &&
      (ContentLength ?? 0) > asked.end
    )
  }

  /**
   * Checks a response before any byte of it is used: the pinned version, and the requested bytes up to the end of the
   * object, or the first of them. The first response pins. Returns the range that the body holds.
   *
   * @param attempts - the number of attempts, for the error
   * @throws S3Error AVIO_ERR_OBJECT_CHANGED, AVIO_ERR_BAD_RESPONSE
   */
  accept(answer: AnswerHead, asked: ByteRange, attempts: number): ByteRange {
    const fields = {
      ...this.#location,
      versionId: this.versionId,
      operation: 'GetObject',
      byteOffset: asked.start,
      attempts,
      statusCode: statusOf(answer),
    }
    if (isStrangers(answer)) {
      throw badResponse('sent 200 without an ETag or a Last-Modified, and every object has one', fields)
    }
    const range = rangeOf(answer, asked)
    if (range === undefined) {
      throw badResponse(
        `did not say which bytes it sent (Content-Range: ${answer.ContentRange ?? 'none'})`,
        fields,
      )
    }
    const change = this.#info
      ? changeOf(this.#info, answer, range.size)
      : otherVersion(this.#askedEtag, answer.ETag)
    if (change !== undefined) throw this.changed(change, fields)
    const reach = { start: asked.start, end: Math.min(asked.end, range.size) }
    const fault = rangeFault(range, reach, answer.ContentLength)
    if (fault !== undefined) {
      const ignored = answer.ContentRange === undefined ? ': it ignores the Range header' : ''
      throw badResponse(fault + ignored, fields)
    }
    this.#info ??= describe(this.#location, answer, range.size)
    return range
  }

  /** The pinned ETag: of the first response, or the one the user asked for. */
  get etag(): string | undefined {
    return this.#info?.etag ?? this.#askedEtag
  }

  /** Whether a version is pinned: by the first response, or by the ETag that the user asked for. */
  get isPinned(): boolean {
    return this.#info !== undefined || this.#askedEtag !== undefined
  }

  /** The error for an object that has changed. If the user asked for an ETag, no retry will find it. */
  changed(how: string, fields: S3ErrorFields, cause?: unknown): S3Error {
    return this.#askedEtag === undefined
      ? objectChanged(how, fields, cause)
      : notTheVersion(this.#askedEtag, how, fields, cause)
  }
}

/** A response without a status comes from a client stand-in, and is a success. */
function statusOf({ $metadata }: AnswerHead): number {
  return $metadata?.httpStatusCode ?? 200
}

/**
 * Whether the response is an error or a login page that a proxy sent with 200: it ignores the range, and has no
 * validator. A server without validators that supports ranges is trusted.
 */
function isStrangers({ $metadata, ContentRange, ContentLength, ETag, LastModified }: AnswerHead): boolean {
  return (
    $metadata?.httpStatusCode === 200 &&
    ContentRange === undefined &&
    ContentLength !== 0 &&
    ETag === undefined &&
    LastModified === undefined
  )
}

/** The bytes that a response says it holds, and the object's size; `undefined` without that information. */
function rangeOf(answer: AnswerHead, asked: ByteRange): (ByteRange & { readonly size: number }) | undefined {
  const { ContentRange: header, ContentLength: length } = answer
  const range = parseContentRange(header)
  if (range?.size !== undefined) return { ...range, size: range.size }
  // An empty object has no byte to name: servers send 200, or 206 with an invalid range.
  const isWhole = statusOf(answer) === 200 && header === undefined
  const isEmpty = length === 0 && asked.start === 0
  return length !== undefined && (isWhole || isEmpty) ? { start: 0, end: length, size: length } : undefined
}

function describe(location: S3Location, answer: AnswerHead, size: number): S3ObjectInfo {
  return {
    ...location,
    size,
    etag: answer.ETag,
    versionId: answer.VersionId,
    contentType: answer.ContentType,
    lastModified: answer.LastModified,
    metadata: { ...answer.Metadata },
  }
}

/** How a response differs from the pinned version; `undefined` if it does not. */
function changeOf(pinned: S3ObjectInfo, answer: AnswerHead, size: number): string | undefined {
  const { etag, lastModified } = pinned
  const change = etagChange(etag, answer.ETag) ?? sizeChange(pinned.size, size)
  if (change !== undefined || isSure(etag)) return change
  return timeChange(lastModified?.getTime(), answer.LastModified?.getTime())
}

/** Whether an ETag can be a condition: a strong one, as HTTP writes it (RFC 9110 §8.8.3). */
function isStrong(etag: string): boolean {
  return /^".*"$/.test(etag)
}

/** The error for an object that changed after it was pinned. */
export function objectChanged(how: string, fields: S3ErrorFields, cause?: unknown): S3Error {
  return new S3Error(
    'AVIO_ERR_OBJECT_CHANGED',
    changedMessage(formatS3Uri(fields), how),
    fields,
    cause === undefined ? undefined : { cause },
  )
}

/** The error for an object that does not have the requested ETag. */
function notTheVersion(etag: string, how: string, fields: S3ErrorFields, cause: unknown): S3Error {
  return new S3Error('AVIO_ERR_OBJECT_CHANGED', otherVersionMessage(formatS3Uri(fields), etag, how), fields, {
    cause,
    retryable: false,
  })
}

/** The error for an unusable response. */
export function badResponse(what: string, fields: S3ErrorFields, cause?: unknown): S3Error {
  return new S3Error(
    'AVIO_ERR_BAD_RESPONSE',
    unusableMessage(formatS3Uri(fields), what),
    fields,
    cause === undefined ? undefined : { cause },
  )
}
