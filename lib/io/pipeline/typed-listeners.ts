import type { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'

/**
 * Types for the listeners of this library's streams.
 *
 * Node declares `on()` by overloads, the last of which accepts any name and any listener: a misspelt event compiles and
 * is never emitted. An overload in a subclass hides all of them. So each class of this library declares `on`, `once`
 * and `off` for all its events, Node's and its own, and an unknown name does not compile. These declarations cannot be
 * inherited: an interface merged with a class can't extend another interface with methods of the same name.
 */

/** Events of every emitter and stream. */
export interface StreamEvents {
  /** The stream is closed and holds no resources. The last event. */
  close: []
  /** The stream failed. */
  error: [error: Error]
  /** Like `error`, without counting as a listener for it. */
  [EventEmitter.errorMonitor]: [error: Error]
  /** A listener is added. */
  newListener: [event: string | symbol, listener: (...args: never[]) => void]
  /** A listener was removed. */
  removeListener: [event: string | symbol, listener: (...args: never[]) => void]
}

/** Events of every readable stream. */
export interface ReadableEvents extends StreamEvents {
  /** A chunk of bytes. */
  data: [chunk: Buffer]
  /** All has been read. */
  end: []
  /** `pause()` was called. */
  pause: []
  /** Data can be read, or the end is reached. */
  readable: []
  /** `resume()` was called. */
  resume: []
}

/** Events of every writable stream. */
export interface WritableEvents extends StreamEvents {
  /** Writing may continue, after a `write()` that returned `false`. */
  drain: []
  /** All has been written. */
  finish: []
  /** A stream is piped into it. */
  pipe: [source: Readable]
  /** A stream is no longer piped into it. */
  unpipe: [source: Readable]
}

/** Events of every duplex stream. */
export interface DuplexEvents extends ReadableEvents, WritableEvents {}

/**
 * The listener for one of a stream's events. For an event without arguments, a listener with an argument is accepted
 * too: `new Promise(resolve => stream.once('close', resolve))`.
 */
export type TypedListener<Events, Name extends keyof Events> = Events[Name] extends readonly []
  ? (nothing?: undefined) => void
  : (...args: Extract<Events[Name], readonly unknown[]>) => void
