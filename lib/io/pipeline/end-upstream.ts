import type { Duplex, Readable, Writable } from 'node:stream'
import { isSoleConsumer, linkOf } from './link.js'

/**
 * Ends a source early when no more data is wanted.
 *
 * A source with `stop` in its link is asked to. Any other source ends as if it had nothing left: it delivers
 * its buffer, `'end'` comes, and at that moment it is destroyed, which releases the socket, file or generator
 * behind it. A pipeline sees an ordinary end. `destroy()` alone would be a premature close; and after the other
 * listeners of `'end'`, an HTTP response would have returned its socket to the agent while the server went on
 * sending.
 *
 * A transform is ended on its writable side as well, without its `_flush`, and its own source is ended the same
 * way; a source with other readers is only unpiped.
 */

type Source = Readable & { writable?: unknown; statusCode?: unknown }

/**
 * Ends `source`, which is piped into the caller and nothing else. Returns `false` if it can't or must not be
 * ended: its bytes keep coming.
 */
export function endUpstream(source: Readable): boolean {
  if (!isSoleConsumer(source)) return false
  return endUnread(source)
}

/** Ends a source without other readers. */
function endUnread(source: Source): boolean {
  if (source.readableEnded || source.destroyed) return false
  const link = linkOf(source)
  if (link?.stop !== undefined) {
    link.stop()
    return true
  }
  if (typeof source.push !== 'function' || isRequestToServer(source)) return false
  const isFed = source.writable === true && source.listenerCount('unpipe') > 0
  if (isFed) endFeeding(source as unknown as Duplex)
  else source.prependOnceListener('end', () => source.destroy())
  source.push(null)
  // The result of a read in flight is dropped: a push past the end is an error.
  shadow(source, 'push', () => isFed)
  return true
}

/** Ends the writable side of a transform. Only its own finish notifies its source (`'unpipe'`). */
function endFeeding(stage: Duplex): void {
  const feeders = new Set<Readable>()
  let close: (() => void) | undefined
  stage.on('unpipe', (feeder: Readable) => {
    feeders.add(feeder)
    const gone = () => {
      feeders.delete(feeder)
      if (feeders.size === 0) close?.()
    }
    // After the pipeline's own listeners: it treats a stage that closes before its source ends as an error.
    feeder.once('end', gone).once('close', gone)
    const isRead = feeder.listenerCount('data') > 0 || feeder.listenerCount('readable') > 0
    if (!isRead) endUnread(feeder)
    // Node pauses a source that loses its last pipe, even if it has other listeners.
    if (!isRead || pipesOf(feeder) === 0) feeder.resume()
  })
  const destroy = stage._destroy.bind(stage)
  shadow(stage, '_destroy', (error: Error | null, callback: (error?: Error | null) => void) => {
    if (error === null && feeders.size > 0) close = () => destroy(error, callback)
    else destroy(error, callback)
  })
  shadow(stage, 'write', () => true)
  shadow(stage, '_write', (_chunk: unknown, _encoding: unknown, callback: () => void) => callback())
  shadow(stage, '_writev', undefined)
  shadow(stage, '_flush', undefined)
  // Resumes a transform that waits for room on its readable side.
  stage.once('end', () => stage._read(0))
  stage.end()
}

function pipesOf(source: Readable): number | undefined {
  return (source as { _readableState?: { pipes?: { length?: number } } })._readableState?.pipes?.length
}

/** Ending it would close the connection on which its response is still to be sent. */
function isRequestToServer(source: Source): boolean {
  return 'httpVersion' in source && typeof source.statusCode !== 'number'
}

function shadow(stream: Readable | Writable, name: string, value: unknown): void {
  Object.defineProperty(stream, name, { value, configurable: true, writable: true })
}
