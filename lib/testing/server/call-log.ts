import type { IncomingHttpHeaders } from 'node:http'
import type { S3Operation } from '../wire/operation.js'

/**
 * One request, from its arrival on. The entry exists as soon as the headers do, and is filled in during the
 * exchange.
 */
export interface S3Call {
  /** The operation; `undefined` if the server does not implement it. */
  readonly operation: S3Operation | undefined
  /** `GET`, `PUT` … */
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** The bucket in the path. */
  readonly bucket: string | undefined
  /** The key in the path, decoded. */
  readonly key: string | undefined
  /** The version requested. */
  readonly versionId: string | undefined
  /** Its multipart upload. */
  readonly uploadId: string | undefined
  /** The part, from 1. */
  readonly partNumber: number | undefined
  /** The `Range` header, as sent. */
  readonly range: string | undefined
  /** The request's headers, by lower-case name. */
  readonly headers: IncomingHttpHeaders
  /** The number of its connection, from 1: shows reuse and parallelism. */
  readonly connection: number
  /** When its headers arrived, in milliseconds of `performance.now()`. */
  readonly startedAt: number
  /** When it ended, on the same clock; `undefined` while it is in progress. */
  readonly endedAt: number | undefined
  /** The status of the response; `undefined` if there is none (yet). */
  readonly status: number | undefined
  /** The error code of the response. */
  readonly errorCode: string | undefined
  /** Bytes of the request's body that arrived, framing included. */
  readonly bytesIn: number
  /** Response body bytes accepted by the system's network stack: excludes bytes that a client does not read. */
  readonly bytesOut: number
  /** The fault applied: the name of its rule's action, `reset` for example. */
  readonly fault: string | undefined
  /** The connection was closed, by the client or a fault, before the response was complete. */
  readonly aborted: boolean
}

/** The same, writable, for the server to fill in. */
export type OpenCall = { -readonly [Name in keyof S3Call]: S3Call[Name] }

/** All calls, in order of arrival. */
export class CallLog {
  /** All calls since the last {@link clear}. */
  readonly calls: S3Call[] = []
  readonly #open = new Set<S3Call>()
  #waiting: (() => void)[] = []

  /** Calls in progress. */
  get open(): S3Call[] {
    return [...this.#open]
  }

  /** Adds a call. */
  begin(call: OpenCall): void {
    this.calls.push(call)
    this.#open.add(call)
  }

  /** Marks a call as ended. */
  end(call: OpenCall): void {
    call.endedAt = performance.now()
    this.#open.delete(call)
    if (this.#open.size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Clears the log; calls in progress continue. */
  clear(): void {
    this.calls.length = 0
  }

  /** Resolves when no call is in progress. */
  idle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}
