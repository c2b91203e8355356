import { abortError } from '../async/abort-error.js'
import { BACKOFF, retry } from '../async/retry.js'
import type { RangeBuffer } from './range-buffer.js'

/** How to request ranges, and what a failure means: implemented for S3 and for HTTP. */
export interface RangeRequests {
  /** Total number of attempts per range, from 1. */
  readonly maxAttempts: number
  /**
   * Sends one request for the bytes `into` still lacks, and writes them there. A shorter response than
   * requested is not a failure.
   *
   * @param attempt - the attempt number, from 1
   */
  request(into: RangeBuffer, signal: AbortSignal, attempt: number): Promise<void>
  /** Whether the same request may succeed when sent again. */
  isRetryable(error: unknown): boolean
  /** The wait requested by the server, in milliseconds, if any. */
  retryAfter(error: unknown): number | undefined
  /** Another attempt follows after `wait` milliseconds; `attempt` has failed. */
  onRetry?(error: unknown, into: RangeBuffer, attempt: number, wait: number): void
  /** The error to show for a range that failed for good, after `attempts` attempts. */
  failure(error: unknown, into: RangeBuffer, attempts: number): Error
}

/**
 * Fills a range with as many attempts as it takes, up to `maxAttempts`. After a broken attempt, the next one
 * requests the bytes still missing: nothing is fetched twice. Permanent failures are thrown at once.
 *
 * @throws the result of `failure` for the last error, or an `AbortError`
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
      // A connection that broke after the last byte lost nothing.
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
      onRetry: (error, attempt, wait) => requests.onRetry?.(error, into, attempt, wait),
    })
  } catch (error) {
    throw signal.aborted ? abortError(signal) : requests.failure(error, into, attempts)
  }
}
