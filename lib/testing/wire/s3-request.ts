import type { IncomingHttpHeaders } from 'node:http'
import { operationOf, type S3Operation } from './operation.js'
import { ServiceError } from './service-error.js'

/** A request as S3 interprets it, without its body. */
export interface S3Request {
  /** `GET`, `PUT` … */
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** The path, decoded. */
  readonly path: string
  /** The query, decoded, in the order sent; a name may occur twice. */
  readonly queryPairs: readonly (readonly [name: string, value: string])[]
  /** The query by name; the first of several values counts. */
  readonly query: ReadonlyMap<string, string>
  /** The headers, by names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** The bucket in the path. */
  readonly bucket: string | undefined
  /** The key in the path. */
  readonly key: string | undefined
  /** The operation; `undefined` if the server does not implement it. */
  readonly operation: S3Operation | undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ServiceError('InvalidURI')
  }
}

/** Parses method, target and headers of an HTTP request; `InvalidURI` if its escapes are malformed. */
export function parseRequest(message: {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
}): S3Request {
  const url = message.url ?? '/'
  const method = message.method ?? 'GET'
  const mark = url.indexOf('?')
  const path = decode(mark < 0 ? url : url.slice(0, mark))
  const queryPairs = (mark < 0 ? '' : url.slice(mark + 1))
    .split('&')
    .filter(pair => pair !== '')
    .map(pair => {
      const equals = pair.indexOf('=')
      const parts = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      const [name = '', value = ''] = parts.map(part => decode(part.replaceAll('+', ' ')))
      return [name, value] as const
    })
  const query = new Map([...queryPairs].reverse())
  const slash = path.indexOf('/', 1)
  const bucket = (slash < 0 ? path.slice(1) : path.slice(1, slash)) || undefined
  const key = (slash < 0 ? '' : path.slice(slash + 1)) || undefined
  const request = { method, url, path, queryPairs, query, headers: message.headers, bucket, key }
  return { ...request, operation: operationOf(request) }
}

/** Represents a request with an unreadable target. */
export function unreadableRequest(message: {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}): S3Request {
  const request = parseRequest({ method: message.method, headers: message.headers })
  return { ...request, operation: undefined }
}

/** A header's value as one string. */
export function headerOf(
  request: { readonly headers: IncomingHttpHeaders },
  name: string,
): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

/** An integer in the query; `fallback` if absent. */
export function numberFromQuery<D extends number | undefined>(
  request: S3Request,
  name: string,
  rule: { readonly min: number; readonly max: number; readonly fallback: D },
): number | D {
  const text = request.query.get(name)
  if (text === undefined || text === '') return rule.fallback
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= rule.min && value <= rule.max) return value
  throw new ServiceError('InvalidArgument', {
    message: `${name} must be an integer between ${rule.min} and ${rule.max}, inclusive`,
    fields: { ArgumentName: name, ArgumentValue: text },
  })
}
