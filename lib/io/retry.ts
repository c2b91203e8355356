import { setTimeout as delay } from 'node:timers/promises'

/**
 * Exponential backoff with full jitter: the wait before try n + 1 is drawn evenly from 0 to
 * min(`maxDelay`, `baseDelay` × 2ⁿ⁻¹). Spreading over the whole span is what keeps many clients from coming back
 * in step (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export interface RetryPolicy {
  /** How often a request is tried in all, from 1. */
  readonly maxAttempts: number
  /** The longest wait before the second try, in milliseconds. */
  readonly baseDelay: number
  /** The longest wait before any try, in milliseconds. */
  readonly maxDelay: number
}

/** The wait before the try after `attempt` (from 1), in milliseconds. `random` gives numbers in [0, 1). */
export function backoff(attempt: number, policy: RetryPolicy, random: () => number = Math.random): number {
  return Math.floor(random() * Math.min(policy.maxDelay, policy.baseDelay * 2 ** (attempt - 1)))
}

/** The wait in milliseconds where the other side `asked` for one: at least that, as far as `maxDelay` allows. */
export function waitFor(drawn: number, policy: RetryPolicy, asked = 0): number {
  return Math.max(drawn, Math.min(asked, policy.maxDelay))
}

/** What {@link retry} is told. */
export interface RetryOptions extends RetryPolicy {
  /** Whether it is worth trying again after `error`. */
  readonly isRetryable: (error: unknown) => boolean
  /** Ends the waiting; `retry` then rejects with an `AbortError`. */
  readonly signal?: AbortSignal | undefined
  /** The wait in milliseconds that the other side asked for, where it did; honoured up to `maxDelay`. */
  readonly retryAfter?: ((error: unknown) => number | undefined) | undefined
  /** Called before each wait, with the error and the number of the try that failed. */
  readonly onRetry?: ((error: unknown, attempt: number) => void) | undefined
}

/**
 * Calls `operation` (with the number of the try, from 1) until it succeeds, fails for good, or `maxAttempts` are
 * used up; rejects with its last error.
 */
export async function retry<T>(
  operation: (attempt: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted()
    try {
      return await operation(attempt)
    } catch (error) {
      if (options.signal?.aborted || attempt >= options.maxAttempts || !options.isRetryable(error))
        throw error
      options.onRetry?.(error, attempt)
      const wait = waitFor(backoff(attempt, options), options, options.retryAfter?.(error))
      await delay(wait, undefined, { signal: options.signal })
    }
  }
}
