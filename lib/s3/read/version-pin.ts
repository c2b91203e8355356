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

/** What the first answer says about an object. What a server does not send is not there. */
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

/** What makes a later request ask for the same version, or fail. */
export interface Preconditions {
  IfMatch?: string
  VersionId?: string
}

/** The parts of an answer that tell what it is an answer to. */
export type AnswerHead = Pick<
  GetObjectCommandOutput,
  'ContentRange' | 'ContentLength' | 'ETag' | 'VersionId' | 'ContentType' | 'LastModified' | 'Metadata'
> & {
  /** Not there in what a stand-in for a client answers. */
  readonly $metadata?: { readonly httpStatusCode?: number | undefined } | undefined
}

/**
 * Holds all answers of a read to one version of the object: the one that the first answer told of.
 *
 * - A strong ETag goes into `If-Match` of every later request, and every later answer must carry it, be it weakened or
 *   without its quotes.
 * - A weak one (`W/"…"`) never satisfies `If-Match` (RFC 9110 §13.1.1), so it is only compared; as is one that has no
 *   quotes, which is no condition by HTTP's rules.
 * - A version id is asked for from then on, so that a read in a versioned bucket survives a new version. It takes
 *   the permission s3:GetObjectVersion, which who may read the object need not have: see {@link forgetVersion}.
 * - Size and, without a strong ETag, modification time must stay what they were. A server that sends no validator
 *   at all is held to no more than that, as long as it heeds ranges.
 */
export class VersionPin {
  readonly #location: S3Location
  readonly #askedVersion: string | undefined
  readonly #askedEtag: string | undefined
  #info: S3ObjectInfo | undefined
  #versionUsable = true

  /**
   * @param location - what is read
   * @param versionId - the version that the user asked for
   * @param etag - the ETag that the user asked for: the pin holds from the first request on
   */
  constructor(location: S3Location, versionId: string | undefined, etag?: string) {
    this.#location = location
    this.#askedEtag = etag
    this.#askedVersion = versionId
  }

  /** What the first answer said; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#info
  }

  /** The version that is asked for: the user's, or the one that was found. */
  get versionId(): string | undefined {
    if (this.#askedVersion !== undefined) return this.#askedVersion
    // "null" names the version that an unversioned write replaces, so it pins nothing.
    const found = this.#info?.versionId
    return this.#versionUsable && found !== 'null' ? found : undefined
  }

  /** What the next request has to carry. */
  get preconditions(): Preconditions {
    const conditions: Preconditions = {}
    const versionId = this.versionId
    if (versionId !== undefined) conditions.VersionId = versionId
    const { etag } = this
    if (etag !== undefined && isStrong(etag)) conditions.IfMatch = etag
    return conditions
  }

  /**
   * The version that was found may not be asked for by its id; its ETag is what is left to pin it by.
   * Returns whether that changes anything for a request that carried `sent`.
   */
  forgetVersion(sent: Preconditions): boolean {
    if (this.#askedVersion !== undefined || sent.VersionId === undefined) return false
    this.#versionUsable = false
    return true
  }

  /**
   * Whether the first answer may be a range that lost its marks on the way: a 200 that names no range and holds just as
   * many bytes as were asked for. `ResumableGet` looks behind it.
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
   * Whether the first answer is the whole object in place of its first bytes, a 200 that holds more than was asked for:
   * the store knows no ranges.
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
   * Checks an answer before a byte of it is used: the pinned version, and the bytes that were asked for, as far as
   * the object reaches, or the first of them. The first answer pins. Returns the range that the body holds.
   *
   * @param attempts - how many times it was asked, for the error
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
      throw badResponse(
        'sent 200 with neither an ETag nor a Last-Modified, which no object is without',
        fields,
      )
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

  /** The ETag that is held to: the one that was found, or that was asked for. */
  get etag(): string | undefined {
    return this.#info?.etag ?? this.#askedEtag
  }

  /** Whether there is a version to be held to: one that was found, or that was asked for by its ETag. */
  get isPinned(): boolean {
    return this.#info !== undefined || this.#askedEtag !== undefined
  }

  /** The error for an object that is no longer the one that is read. Where it was asked for, no other try will find it. */
  changed(how: string, fields: S3ErrorFields, cause?: unknown): S3Error {
    return this.#askedEtag === undefined
      ? objectChanged(how, fields, cause)
      : notTheVersion(this.#askedEtag, how, fields, cause)
  }
}

/** An answer without a status is a stand-in's, and a success. */
function statusOf({ $metadata }: AnswerHead): number {
  return $metadata?.httpStatusCode ?? 200
}

/**
 * Whether it is an error or a login page, sent with 200 by something in between: it takes no notice of the range, and says
 * nothing of a version. A server without validators that heeds ranges is taken at its word.
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

/** Which bytes an answer says it holds, and of how many; `undefined` where it doesn't say. */
function rangeOf(answer: AnswerHead, asked: ByteRange): (ByteRange & { readonly size: number }) | undefined {
  const { ContentRange: header, ContentLength: length } = answer
  const range = parseContentRange(header)
  if (range?.size !== undefined) return { ...range, size: range.size }
  // An empty object has no byte to name: servers send 200, or 206 with a range that is none.
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

/** How an answer differs from what is pinned; `undefined` where it doesn't. */
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

/** The error for an object that is no longer the one that was pinned. */
export function objectChanged(how: string, fields: S3ErrorFields, cause?: unknown): S3Error {
  return new S3Error(
    'AVIO_ERR_OBJECT_CHANGED',
    changedMessage(formatS3Uri(fields), how),
    fields,
    cause === undefined ? undefined : { cause },
  )
}

/** The error for an object of which another version was asked for. */
function notTheVersion(etag: string, how: string, fields: S3ErrorFields, cause: unknown): S3Error {
  return new S3Error('AVIO_ERR_OBJECT_CHANGED', otherVersionMessage(formatS3Uri(fields), etag, how), fields, {
    cause,
    retryable: false,
  })
}

/** The error for an answer that can't be used. */
export function badResponse(what: string, fields: S3ErrorFields, cause?: unknown): S3Error {
  return new S3Error(
    'AVIO_ERR_BAD_RESPONSE',
    unusableMessage(formatS3Uri(fields), what),
    fields,
    cause === undefined ? undefined : { cause },
  )
}
