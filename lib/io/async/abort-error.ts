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
 * Stops waiting for `promise` as soon as `signal` is aborted, whether or not the callee heeds it. Its result goes
 * either to the caller or to `late`, never to both.
 *
 * @param late - handles a result that arrives after the abort
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  late: (result: T) => void,
): Promise<T> {
  // A race would make four promises more, for each request.
  return new Promise<T>((resolve, reject) => {
    let isAborted = false
    const abort = () => {
      isAborted = true
      reject(abortError(signal))
    }
    const forget = onAbort(signal, abort)
    if (signal.aborted) abort()
    const come = (result: T) => {
      forget()
      if (isAborted) late(result)
      else resolve(result)
    }
    const fail = (error: Error) => {
      forget()
      reject(error)
    }
    promise.then(come, fail)
  })
}
