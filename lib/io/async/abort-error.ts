import { isError } from '../../errors.js'
import { onAbort } from './abort-listeners.js'

/**
 * The error Node's own calls reject with on abort: name `AbortError`, code `ABORT_ERR`, the reason as cause.
 */
export function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  if (isError(reason) && reason.name === 'AbortError') return reason
  const error = new Error('The operation was aborted', { cause: reason })
  error.name = 'AbortError'
  return Object.assign(error, { code: 'ABORT_ERR' })
}

/**
 * Stops waiting for `promise` as soon as `signal` is aborted, whether or not the callee heeds it.
 *
 * @param late - handles a result that arrives after the abort
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  late: (result: T) => void,
): Promise<T> {
  let abort!: () => void
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => {
      promise.then(late, () => undefined)
      reject(abortError(signal))
    }
    if (signal.aborted) abort()
  })
  const forget = onAbort(signal, abort)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    forget()
  }
}
