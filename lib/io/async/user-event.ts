import type { EventEmitter } from 'node:events'

/**
 * Emits one of our events to the user's listeners.
 *
 * An error thrown by a listener is the user's own: thrown into the emitting code, it would look like a failed
 * read, or a failed upload after the object was stored. It becomes an uncaught exception instead, like an error
 * thrown in a listener of any Node socket.
 */
export function tell(emitter: EventEmitter, event: string, ...values: unknown[]): void {
  try {
    emitter.emit(event, ...values)
  } catch (error) {
    throwOutside(error)
  }
}

/** Throws `error` outside of our own call stack, as an uncaught exception. */
export function throwOutside(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
