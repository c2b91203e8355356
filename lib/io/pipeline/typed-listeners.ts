import type { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'

/**
 * Types for the listeners of our streams.
 *
 * Node declares `on()` by overloads, the last of which takes any name and a listener of anything: a misspelt event
 * compiles and is never heard. An overload of a subclass hides them all. So each of our classes declares `on`, `once`
 * and `off` by all its events at once, Node's and its own, and a name that is none of them does not compile. TypeScript
 * offers no way to inherit that: an interface that is merged with a class can't extend another one with methods of the
 * same name.
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

/** Events of every stream that is read. */
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

/** Events of every stream that is written. */
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

/** Events of every stream that is written and read. */
export interface DuplexEvents extends ReadableEvents, WritableEvents {}

/**
 * The listener for one of a stream's events. Where an event has no arguments, one that would take something is fine
 * too: `new Promise(resolve => stream.once('close', resolve))`.
 */
export type TypedListener<Events, Name extends keyof Events> = Events[Name] extends readonly []
  ? (nothing?: undefined) => void
  : (...args: Extract<Events[Name], readonly unknown[]>) => void
