import { onAbort } from '../async/abort-listeners.js'
import { abortError } from '../async/abort-error.js'

/**
 * One attempt of a request, with a signal of its own: `attempt` is aborted with `signal`, or by `run` to cancel
 * the request. Whatever the socket's error, the reason of `attempt` is then thrown.
 */
export async function oneTry<T>(
  signal: AbortSignal,
  run: (attempt: AbortController) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw abortError(signal)
  const attempt = new AbortController()
  const forget = onAbort(signal, () => attempt.abort(abortError(signal)))
  try {
    return await run(attempt)
  } catch (error) {
    throw attempt.signal.aborted ? (attempt.signal.reason as Error) : error
  } finally {
    forget()
  }
}
