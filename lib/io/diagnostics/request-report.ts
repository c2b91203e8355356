import { REQUESTS } from './channels.js'
import type { RequestFailure, RequestMessage, RequestSubject } from './messages.js'
import { Stopwatch } from './stopwatch.js'

/** One request, measured for `avio-streams:request`. */
export class RequestReport {
  /** Bytes of the body sent so far. */
  bytesSent = 0
  readonly #watch = new Stopwatch()
  readonly #attempt: number
  #firstByteMs: number | undefined

  private constructor(attempt: number) {
    this.#attempt = attempt
  }

  /** Starts to measure a request; `undefined` without a subscriber. */
  static begin(attempt: number): RequestReport | undefined {
    return REQUESTS.hasSubscribers ? new RequestReport(attempt) : undefined
  }

  /** The header of the response has arrived. */
  answered(): void {
    this.#firstByteMs = this.#watch.elapsedMs
  }

  /** Publishes the end of the request. */
  end(
    subject: RequestSubject,
    outcome: RequestMessage['outcome'],
    failure: RequestFailure,
    bytesReceived: number,
  ): void {
    REQUESTS.publish({
      ...subject,
      attempt: this.#attempt,
      outcome,
      ...failure,
      firstByteMs: this.#firstByteMs,
      bytesSent: this.bytesSent,
      bytesReceived,
      ...this.#watch.timing,
    })
  }
}
