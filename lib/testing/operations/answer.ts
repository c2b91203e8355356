import type { ByteRange } from '../../io/byte-range.js'
import type { Content } from '../store/content.js'
import type { OperationContext } from './operation-context.js'
import { ServiceError } from '../wire/service-error.js'
import { type XmlMap, xmlDocument } from '../wire/xml.js'

/** A range of stored content, sent as the body. */
export interface ContentSlice extends ByteRange {
  readonly content: Content
  /** Releases the content once reading is over; it is held until then. */
  readonly letGo: () => void
}

/** A response of the server. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** XML, or stored bytes; absent for no body. */
  readonly body?: string | ContentSlice
}

/** Performs an operation. Throws a {@link ServiceError} if it fails. */
export type Handler = (context: OperationContext) => Answer | Promise<Answer>

/** An XML response. */
export function xmlAnswer(root: string, value: XmlMap): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: xmlDocument(root, value) }
}

/** An error in S3's response format. */
export function errorAnswer(error: ServiceError, resource: string, requestId: string): Answer {
  const body = xmlDocument('Error', {
    Code: error.code,
    Message: error.message,
    ...error.fields,
    Resource: resource,
    RequestId: requestId,
    HostId: 'local-s3',
  })
  return { status: error.status, headers: { ...error.headers, 'content-type': 'application/xml' }, body }
}

const CODES: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  409: 'ConditionalRequestConflict',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  500: 'InternalError',
  503: 'SlowDown',
}

/** The error for a status: with a matching code if none is given. */
export function errorOfStatus(fault: {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly retryAfter?: number
}): ServiceError {
  const code = fault.code ?? CODES[fault.status] ?? 'InternalError'
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
  return new ServiceError(code, { status: fault.status, message: fault.message, headers })
}

/** Any thrown value, as an error for a response. */
export function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ServiceError('InternalError', { message })
}
