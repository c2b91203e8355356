import { onAbort } from '../async/abort-listeners.js'
import { abortError } from '../async/abort-error.js'

/**
 * One try of a request, with an end of its own: `attempt` is aborted with `signal`, or by `run` where it gives the
 * request up. However the socket says it, the error is then what `attempt` was aborted with.
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
