import { sleep } from './sleep.js'

/**
 * Exponential backoff with full jitter: the wait before attempt n + 1 is uniformly random from 0 to
 * min(`maxDelay`, `baseDelay` × 2ⁿ⁻¹). Using the whole span keeps many clients from retrying in step
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export interface RetryPolicy {
  /** Total number of attempts, from 1. */
  readonly maxAttempts: number
  /** The longest wait before the second attempt, in milliseconds. */
  readonly baseDelay: number
  /** The longest wait before any attempt, in milliseconds. */
  readonly maxDelay: number
}

/** Full jitter from 100 ms up; a wait requested by the server is honoured up to 20 s. */
export const BACKOFF = { baseDelay: 100, maxDelay: 20_000 }

/** The wait after attempt `attempt` (from 1), in milliseconds. `random` returns numbers in [0, 1). */
export function backoff(attempt: number, policy: RetryPolicy, random: () => number = Math.random): number {
  return Math.floor(random() * Math.min(policy.maxDelay, policy.baseDelay * 2 ** (attempt - 1)))
}

/** The wait in milliseconds if the server `asked` for one: at least that long, up to `maxDelay`. */
export function waitFor(drawn: number, policy: RetryPolicy, asked = 0): number {
  return Math.max(drawn, Math.min(asked, policy.maxDelay))
}

/** Options of {@link retry}. */
export interface RetryOptions extends RetryPolicy {
  /** Whether `error` is worth another attempt. */
  readonly isRetryable: (error: unknown) => boolean
  /** Ends the wait; `retry` then rejects with an `AbortError`. */
  readonly signal?: AbortSignal | undefined
  /** The wait requested by the server, in milliseconds, if any; honoured up to `maxDelay`. */
  readonly retryAfter?: ((error: unknown) => number | undefined) | undefined
  /** Called before each wait, with the error, the number of the failed attempt, and the wait in milliseconds. */
  readonly onRetry?: ((error: unknown, attempt: number, wait: number) => void) | undefined
}

/**
 * Calls `operation` (with the attempt number, from 1) until it succeeds, fails for good, or `maxAttempts` is
 * reached; rejects with the last error.
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
      const wait = waitFor(backoff(attempt, options), options, options.retryAfter?.(error))
      options.onRetry?.(error, attempt, wait)
      await sleep(wait, options.signal)
    }
  }
}

/** Alerts by which the peer refuses this kind of connection: not damage, and the same a second later. */
const REFUSAL =
  /CERT|UNKNOWN_CA|ACCESS_DENIED|PROTOCOL_VERSION|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|UNSUPPORTED/

/**
 * Whether a TLS connection failed because data was damaged or lost on the way. A new connection may work, as
 * after a reset.
 *
 * Node distinguishes the two stages: errors on an established connection have codes of their own (`ERR_SSL_…`),
 * errors in the handshake are `EPROTO`. Most handshake failures are disagreements (another protocol, no common
 * cipher), which are permanent; only a failed record checksum is certainly damage.
 */
export function isDamagedTls(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string') return false
  if (code.startsWith('ERR_SSL_')) return !REFUSAL.test(code)
  return (
    code === 'EPROTO' &&
    /bad record mac|decryption failed|bad decrypt|cipher operation failed|encrypted length too long/i.test(
      String(message),
    )
  )
}
