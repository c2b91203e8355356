import type { IncomingHttpHeaders } from 'node:http'
import type { S3Operation } from '../wire/operation.js'

/**
 * One request, from its arrival on. The entry is there as soon as the headers are, and is filled in while the
 * exchange goes on.
 */
export interface S3Call {
  /** What was asked; `undefined` for something the server does not have. */
  readonly operation: S3Operation | undefined
  /** `GET`, `PUT` … */
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** The bucket that the path names. */
  readonly bucket: string | undefined
  /** The key that the path names, decoded. */
  readonly key: string | undefined
  /** The version that is asked for. */
  readonly versionId: string | undefined
  /** The multipart upload that it belongs to. */
  readonly uploadId: string | undefined
  /** The part, from 1. */
  readonly partNumber: number | undefined
  /** The `Range` header, as sent. */
  readonly range: string | undefined
  /** The request's headers, by names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** Which connection it came on, from 1: shows reuse and parallelism. */
  readonly connection: number
  /** When its headers were there, in milliseconds of `performance.now()`. */
  readonly startedAt: number
  /** When it was over, on the same clock; `undefined` while it is under way. */
  readonly endedAt: number | undefined
  /** The status that was answered; `undefined` where there was no answer (yet). */
  readonly status: number | undefined
  /** The error code that was answered. */
  readonly errorCode: string | undefined
  /** Bytes of the request's body that arrived, framing included. */
  readonly bytesIn: number
  /** Bytes of the answer's body that the system's network stack took: what a client that stops reading does not get. */
  readonly bytesOut: number
  /** The fault that was played: the name of its rule's action, `reset` for instance. */
  readonly fault: string | undefined
  /** The connection was gone, by the client or by a fault, before the answer was complete. */
  readonly aborted: boolean
}

/** The same while the server fills it in. */
export type OpenCall = { -readonly [Name in keyof S3Call]: S3Call[Name] }

/** All calls, in the order of their arrival, and who waits for them to be over. */
export class CallLog {
  /** All calls since the last {@link clear}. */
  readonly calls: S3Call[] = []
  readonly #open = new Set<S3Call>()
  #waiting: (() => void)[] = []

  /** Calls under way. */
  get open(): S3Call[] {
    return [...this.#open]
  }

  /** Enters a call. */
  begin(call: OpenCall): void {
    this.calls.push(call)
    this.#open.add(call)
  }

  /** Says that a call is over. */
  end(call: OpenCall): void {
    call.endedAt = performance.now()
    this.#open.delete(call)
    if (this.#open.size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Forgets all calls; those under way go on. */
  clear(): void {
    this.calls.length = 0
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}
