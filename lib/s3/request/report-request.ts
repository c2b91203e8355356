import { RequestReport } from '../../io/diagnostics/request-report.js'
import type { RequestFailure } from '../../io/diagnostics/messages.js'
import { isAbortError } from './classify-error.js'
import { failureOf } from './request-failure.js'
import type { Sending } from './send-once.js'

/** The response was not needed to its end: the request has not failed. */
export class ResponseUnused extends Error {}

/** The details of a response that a report shows. */
interface Answer {
  readonly $metadata?: {
    readonly httpStatusCode?: number | undefined
    readonly requestId?: string | undefined
  }
}

/** A request to S3, measured for `avio-streams:request`. */
export class S3RequestReport {
  readonly #sending: Sending
  readonly #report: RequestReport
  #answer: RequestFailure = { statusCode: undefined, requestId: undefined, errorCode: undefined }

  private constructor(sending: Sending, report: RequestReport) {
    this.#sending = sending
    this.#report = report
  }

  /** Starts to measure a request; `undefined` without a subscriber. */
  static begin(sending: Sending): S3RequestReport | undefined {
    const report = RequestReport.begin(sending.attempt)
    return report && new S3RequestReport(sending, report)
  }

  /** Bytes of the body were sent. */
  sent(bytes: number): void {
    this.#report.bytesSent += bytes
  }

  /** A response has arrived: with a body that follows, only its header. */
  answered({ $metadata }: Answer, hasBody = false): void {
    if (hasBody) this.#report.answered()
    this.#answer = {
      statusCode: $metadata?.httpStatusCode,
      requestId: $metadata?.requestId,
      errorCode: undefined,
    }
  }

  /** The response is complete. */
  end(bytesReceived = 0): void {
    this.#report.end(this.#sending.subject, 'ok', this.#answer, bytesReceived)
  }

  /** The request ended with `error`. */
  fail(error: unknown, bytesReceived = 0): void {
    const { subject } = this.#sending
    if (isAbortError(error) || error instanceof ResponseUnused) {
      this.#report.end(subject, 'aborted', this.#answer, bytesReceived)
      return
    }
    const { statusCode, requestId, errorCode } = failureOf(error)
    const failure = {
      statusCode: statusCode ?? this.#answer.statusCode,
      requestId: requestId ?? this.#answer.requestId,
      errorCode,
    }
    this.#report.end(subject, 'failed', failure, bytesReceived)
  }
}
