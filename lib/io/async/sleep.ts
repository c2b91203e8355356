import { abortError } from './abort-error.js'
import { onAbort } from './abort-listeners.js'

/** Waits the given number of milliseconds; rejects with an `AbortError` as soon as `signal` is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) throw abortError(signal)
  let forget!: () => void
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(resolve, ms)
      forget = onAbort(signal, () => reject(abortError(signal!)))
    })
  } finally {
    clearTimeout(timer)
    forget()
  }
}
