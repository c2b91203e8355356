import type { IncomingHttpHeaders } from 'node:http'
import { ServiceError } from '../wire/service-error.js'

/**
 * Conditional requests: RFC 9110 §13 for reads, S3's own rules for writes and copies.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */

/** The properties that a condition compares. */
export interface Validators {
  /** With its quotes. */
  readonly etag: string
  readonly lastModified: Date
}

const COPY_SOURCE = 'x-amz-copy-source-'

function bare(etag: string): string {
  return etag.trim().replace(/^W\//, '').replaceAll('"', '')
}

/** Whether a list of entity tags, or `*`, matches this one. Quotes may be missing, as in S3. */
export function matchesEtag(list: string, etag: string): boolean {
  return list.trim() === '*' || list.split(',').some(candidate => bare(candidate) === bare(etag))
}

/** HTTP dates have no milliseconds: a date from a response must compare equal when it is sent back. */
function isModifiedSince(object: Validators, header: string): boolean {
  return Math.floor(object.lastModified.getTime() / 1000) > Date.parse(header) / 1000
}

function failed(condition: string): ServiceError {
  return new ServiceError('PreconditionFailed', { fields: { Condition: condition } })
}

type Outcome = 'pass' | 'not-modified' | { readonly failed: string }

/** A strong condition takes precedence over the date next to it, and failing over "not modified". */
function evaluate(object: Validators, header: (name: string) => string | undefined): Outcome {
  const ifMatch = header('if-match')
  const ifUnmodifiedSince = header('if-unmodified-since')
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, object.etag)) return { failed: 'If-Match' }
  } else if (ifUnmodifiedSince !== undefined && isModifiedSince(object, ifUnmodifiedSince)) {
    return { failed: 'If-Unmodified-Since' }
  }
  const ifNoneMatch = header('if-none-match')
  const ifModifiedSince = header('if-modified-since')
  if (ifNoneMatch !== undefined) return matchesEtag(ifNoneMatch, object.etag) ? 'not-modified' : 'pass'
  // A malformed date compares as false, and so it is ignored as the RFC demands.
  const unchanged =
    ifModifiedSince !== undefined &&
    Math.floor(object.lastModified.getTime() / 1000) <= Date.parse(ifModifiedSince) / 1000
  return unchanged ? 'not-modified' : 'pass'
}

/** Throws `PreconditionFailed` (412) or `NotModified` (304) if a read's conditions fail. */
export function checkReadConditions(headers: IncomingHttpHeaders, object: Validators): void {
  const outcome = evaluate(object, name => headers[name] as string | undefined)
  if (outcome === 'pass') return
  if (outcome !== 'not-modified') throw failed(outcome.failed)
  throw new ServiceError('NotModified', {
    headers: { etag: object.etag, 'last-modified': object.lastModified.toUTCString() },
  })
}

/** The same for the source of a copy, where every failure is a 412. */
export function checkCopyConditions(headers: IncomingHttpHeaders, source: Validators): void {
  const outcome = evaluate(source, name => headers[`${COPY_SOURCE}${name}`] as string | undefined)
  if (outcome === 'pass') return
  throw failed(`${COPY_SOURCE}${outcome === 'not-modified' ? 'If-None-Match' : outcome.failed}`)
}

/**
 * Throws if a write's conditions fail: `If-None-Match: *` and there is an object, `If-Match` and there is a different
 * one, or none (`NoSuchKey`). Call it again in the tick that stores the object.
 */
export function checkWriteConditions(headers: IncomingHttpHeaders, current: Validators | undefined): void {
  const ifNoneMatch = headers['if-none-match']
  const ifMatch = headers['if-match']
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') throw new ServiceError('NotImplemented')
    if (current) throw failed('If-None-Match')
  }
  if (ifMatch === undefined) return
  if (!current) throw new ServiceError('NoSuchKey')
  if (!matchesEtag(ifMatch, current.etag)) throw failed('If-Match')
}
