import { addAbortListener } from 'node:events'
import { type Duplex, finished, type Readable, type Writable } from 'node:stream'
import { throwOutside } from './user-event.js'

/**
 * The whole library listens to signals through here, with one listener per signal. A service-wide signal may
 * have hundreds of pipelines on it; Node 20 warns of a leak from the eleventh listener on, and the listener
 * limit of a user's signal is not ours to change.
 */
interface Shared {
  readonly listeners: Set<() => void>
  readonly end: () => void
}

const shared = new WeakMap<AbortSignal, Shared>()

/**
 * Calls `listener` once when `signal` is aborted, but not if it already is. Returns a function that removes it:
 * after the last removal, nothing is left on the signal.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined || signal.aborted) return () => undefined
  const { listeners, end } = sharedOf(signal)
  // The same function may be registered twice.
  const own = () => listener()
  listeners.add(own)
  return () => {
    if (listeners.delete(own) && listeners.size === 0 && shared.get(signal)?.listeners === listeners) {
      shared.delete(signal)
      end()
    }
  }
}

function sharedOf(signal: AbortSignal): Shared {
  const known = shared.get(signal)
  if (known !== undefined) return known
  const listeners = new Set<() => void>()
  const listening = addAbortListener(signal, () => {
    shared.delete(signal)
    // A listener removed by another one before its turn is not called.
    for (const listener of listeners) {
      listeners.delete(listener)
      try {
        listener()
      } catch (error) {
        throwOutside(error)
      }
    }
  })
  const made = { listeners, end: () => listening[Symbol.dispose]() }
  shared.set(signal, made)
  return made
}

/**
 * A signal that aborts with `signal`, for one call of foreign code, so that listeners left behind stay on the
 * copy.
 */
export function follow(signal: AbortSignal | undefined): {
  readonly signal: AbortSignal | undefined
  readonly forget: () => void
} {
  if (signal === undefined) return { signal, forget: () => undefined }
  const own = new AbortController()
  const abort = () => own.abort(signal.reason)
  if (signal.aborted) abort()
  return { signal: own.signal, forget: onAbort(signal, abort) }
}

/**
 * Like `onAbort`, but if `signal` is already aborted, `listener` is called after the current code has finished.
 * For callers that destroy a stream others pipe into: Node 24's `pipeline()` throws `ERR_STREAM_UNABLE_TO_PIPE`
 * on an already destroyed stream instead of its AbortError, and leaves the source open.
 */
export function onAbortSoon(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted !== true) return onAbort(signal, listener)
  let isForgotten = false
  process.nextTick(() => {
    if (!isForgotten) listener()
  })
  return () => void (isForgotten = true)
}

/**
 * Destroys `stream` when `signal` is aborted, or already is, with the same error as Node's `addAbortSignal`. A
 * read-only stream is destroyed at once, as its first read would request unwanted data. A writable one is
 * destroyed soon, for the reason given at {@link onAbortSoon}, and ignores what it is given meanwhile.
 */
export function destroyOnAbort(signal: AbortSignal | undefined, stream: Readable | Writable | Duplex): void {
  if (signal === undefined) return
  const abortError = () => {
    const error = new Error('The operation was aborted', { cause: signal.reason })
    error.name = 'AbortError'
    return Object.assign(error, { code: 'ABORT_ERR' })
  }
  if (!signal.aborted) {
    const forget = onAbort(signal, () => void stream.destroy(abortError()))
    finished(stream, forget)
    return
  }
  const error = abortError()
  if (!('writable' in stream)) {
    stream.destroy(error)
    return
  }
  stream._write = (_chunk, _encoding, callback) => callback(error)
  stream._writev = (_chunks, callback) => callback(error)
  stream._final = callback => callback(error)
  // A pipeline has ended its source by then; a plain pipe() leaves it waiting.
  const onPipe = (source: Readable) => stream.once('close', () => source.destroy())
  stream.on('pipe', onPipe)
  onAbortSoon(signal, () => {
    stream.off('pipe', onPipe)
    stream.destroy(error)
  })
}
