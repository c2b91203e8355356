import { abortError } from '../async/abort-error.js'
import { BACKOFF, retry } from '../async/retry.js'
import type { RangeBuffer } from './range-buffer.js'

/** How ranges are asked for, and what a failure means: S3 has one of these, and HTTP. */
export interface RangeRequests {
  /** How often a range is tried in all, from 1. */
  readonly maxAttempts: number
  /**
   * Sends one request for the bytes that `into` still lacks, and puts what comes there. A server may answer with less than
   * was asked for: that is no failure.
   *
   * @param attempt - the number of the try, from 1
   */
  request(into: RangeBuffer, signal: AbortSignal, attempt: number): Promise<void>
  /** Whether the same request may succeed when sent again. */
  isRetryable(error: unknown): boolean
  /** The wait in milliseconds that the server asked for, where it did. */
  retryAfter(error: unknown): number | undefined
  /** The error to show for a range that failed for good, after so many tries. */
  failure(error: unknown, into: RangeBuffer, attempts: number): Error
}

/**
 * Fills a range by as many tries as it takes, up to `maxAttempts`. A try that broke is followed by one for the bytes
 * that are still lacking: nothing is fetched twice. What cannot get better by trying again fails at once.
 *
 * @throws what `failure` makes of the last error, or an `AbortError`
 */
export async function fillRange(
  into: RangeBuffer,
  signal: AbortSignal,
  requests: RangeRequests,
): Promise<void> {
  let attempts = 0
  const operation = async (attempt: number) => {
    attempts = attempt
    try {
      await requests.request(into, signal, attempt)
      while (!into.complete) await requests.request(into, signal, attempt)
    } catch (error) {
      // A connection that broke behind the last byte took nothing away.
      if (!into.complete || into.end === into.start || !requests.isRetryable(error)) throw error
    }
  }
  try {
    await retry(operation, {
      ...BACKOFF,
      maxAttempts: requests.maxAttempts,
      signal,
      isRetryable: error => requests.isRetryable(error),
      retryAfter: error => requests.retryAfter(error),
    })
  } catch (error) {
    throw signal.aborted ? abortError(signal) : requests.failure(error, into, attempts)
  }
}
