import type { Readable, Writable } from 'node:stream'
import { AvioError } from '../../errors.js'

/**
 * Ends a stream whose last destination closed.
 *
 * `a.pipe(b)` unpipes `b` when it closes or fails, pauses `a`, and leaves it at that: behind an HTTP response whose
 * client disconnected, ffmpeg and its source would wait forever. `pipeline()` destroys `a` from outside; this does it
 * from inside, for every readable stream of ours.
 *
 * The stream is destroyed with `AVIO_ERR_OUTPUT_CLOSED` if a destroyed destination was unpiped from it (or was piped
 * into), and one turn of the event loop later nothing consumes it: no other pipe, no listener for `'data'` or
 * `'readable'` (iterators and web streams have one), no `resume()`. A destination that is alive can be unpiped freely,
 * to pipe into another one later; so can one that was ended.
 *
 * A client must not be able to crash a server by disconnecting. So the error never becomes an uncaught exception:
 * without a listener it is only in `errored`, and `'close'` follows.
 *
 * Node calls the stream's own `pipe()` and `unpipe()`, and emits an event for neither on the stream that is piped.
 */
export function endWhenUnconsumed(stream: Readable, name: string): void {
  const pipe = stream.pipe.bind(stream)
  const unpipe = stream.unpipe.bind(stream)
  const piped = (to: Destination, options?: { end?: boolean }) => {
    pipe(to, options)
    if (isGone(to)) whenGone(to)
    return to
  }
  const unpiped = (to?: Destination) => {
    unpipe(to)
    if (to && isGone(to)) whenGone(to)
    return stream
  }
  for (const [key, value] of Object.entries({ pipe: piped, unpipe: unpiped }))
    Object.defineProperty(stream, key, { value, configurable: true, writable: true })

  function whenGone(to: Destination): void {
    // A listener for its 'close' may pipe into another destination, and pipeline() has an error of its own.
    setImmediate(() => {
      // Node does not unpipe a destination that was destroyed before the pipe.
      unpipe(to)
      if (stream.destroyed || stream.readableEnded || isConsumed(stream)) return
      destroyQuietly(stream, outputClosed(name, to))
    })
  }
}

/** Destroys the stream with an error that listeners get, and that is no uncaught exception without one. */
export function destroyQuietly(stream: Readable | Writable, error: Error): void {
  stream.once('error', () => undefined)
  stream.destroy(error)
}

interface Destination extends NodeJS.WritableStream {
  readonly destroyed?: boolean
  readonly errored?: Error | null
  readonly stream?: { readonly destroyed?: boolean }
}

/** Whether a destination was destroyed. A response over HTTP/2 has that in its `stream`. */
function isGone({ destroyed, stream }: Destination): boolean {
  return destroyed ?? stream?.destroyed ?? false
}

function isConsumed(stream: Readable): boolean {
  const listeners = stream.listenerCount('data') + stream.listenerCount('readable')
  return listeners > 0 || stream.readableFlowing === true
}

function outputClosed(name: string, to: Destination): AvioError {
  const cause = to.errored
  return new AvioError(
    'AVIO_ERR_OUTPUT_CLOSED',
    `The ${to.constructor.name} that ${name} was piped into closed before the end, and nothing else reads it. ` +
      'If it is an HTTP response, its client disconnected.',
    cause ? { cause } : {},
  )
}
