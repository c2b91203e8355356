import { sleep } from './sleep.js'

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

/** Full jitter from 100 ms up; a wait that the other side asks for is kept up to 20 s. */
export const BACKOFF = { baseDelay: 100, maxDelay: 20_000 }

/** The wait before the try after `sendWithTimeout` (from 1), in milliseconds. `random` gives numbers in [0, 1). */
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
      await sleep(wait, options.signal)
    }
  }
}

/** Alerts in which the other side says that it will not talk like this: no damage, and the same a second later. */
const REFUSAL =
  /CERT|UNKNOWN_CA|ACCESS_DENIED|PROTOCOL_VERSION|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|UNSUPPORTED/

/**
 * Whether a TLS connection failed because what came is not what was sent: a record was damaged, or bytes of it are
 * missing. A new connection may be better, as after a reset.
 *
 * Node tells the two stages apart: what goes wrong once a connection stands has a code of its own (`ERR_SSL_…`), what
 * goes wrong in the handshake is `EPROTO`. There most is a disagreement (another protocol, no common cipher), which
 * stays; only what the record's own checksum finds is damage for certain.
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
