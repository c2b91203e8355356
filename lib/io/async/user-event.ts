import type { EventEmitter } from 'node:events'

/**
 * Emits an event of ours to listeners that are the user's.
 *
 * An error that a listener throws is the user's own: thrown into the code that emits, it would pass for a failure of
 * the read, or of an upload that is stored already. It becomes an uncaught exception instead, as an error thrown in a
 * listener of any of Node's own sockets does.
 */
export function tell(emitter: EventEmitter, event: string, ...values: unknown[]): void {
  try {
    emitter.emit(event, ...values)
  } catch (error) {
    throwOutside(error)
  }
}

/** Throws `error` where nobody of ours is on the stack: an uncaught exception. */
export function throwOutside(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
