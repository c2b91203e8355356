import type { Duplex, Readable, Writable } from 'node:stream'
import { isSoleConsumer, linkOf } from './link.js'

/**
 * The early end of a source of which no more is wanted.
 *
 * One that offers `stop` by its link is asked. Any other ends as if it had nothing left: it delivers what it has in its
 * buffer, `'end'` comes, and at that moment it is destroyed, so that a socket, a file or a generator behind it is let go
 * of. To a pipeline that is an end like any other. `destroy()` alone would be a premature close to it; destroyed behind
 * the other listeners of `'end'`, an HTTP answer would have given its socket back to the agent, and the server went on
 * sending.
 *
 * A transform that is piped into ends on its other side as well, without its `_flush`, and what feeds it is ended in the
 * same way; a source that somebody else reads, too, is only left by it.
 */

type Source = Readable & { writable?: unknown; statusCode?: unknown }

/**
 * Ends `source`, which is piped into the caller and into nothing else.
 * Returns `false` where it can't be ended, or must not: its bytes go on coming.
 */
export function endUpstream(source: Readable): boolean {
  if (!isSoleConsumer(source)) return false
  return endUnread(source)
}

/** Ends a source that nobody else reads. */
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
  // A read that is under way comes to nothing: past the end a push is an error.
  shadow(source, 'push', () => isFed)
  return true
}

/** Ends the side of a transform that is written to. Only its own finish tells who feeds it (`'unpipe'`). */
function endFeeding(stage: Duplex): void {
  const feeders = new Set<Readable>()
  let close: (() => void) | undefined
  stage.on('unpipe', (feeder: Readable) => {
    feeders.add(feeder)
    const gone = () => {
      feeders.delete(feeder)
      if (feeders.size === 0) close?.()
    }
    // Behind the pipeline's own listeners: to it, a stage that closes before its source ends is an error.
    feeder.once('end', gone).once('close', gone)
    const isRead = feeder.listenerCount('data') > 0 || feeder.listenerCount('readable') > 0
    if (!isRead) endUnread(feeder)
    // Node pauses a source that loses its last pipe, whoever else listens.
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
  // A transform that waits for room on its other side goes on by this.
  stage.once('end', () => stage._read(0))
  stage.end()
}

function pipesOf(source: Readable): number | undefined {
  return (source as { _readableState?: { pipes?: { length?: number } } })._readableState?.pipes?.length
}

/** To end it would close the connection that its answer is still to be sent on. */
function isRequestToServer(source: Source): boolean {
  return 'httpVersion' in source && typeof source.statusCode !== 'number'
}

function shadow(stream: Readable | Writable, name: string, value: unknown): void {
  Object.defineProperty(stream, name, { value, configurable: true, writable: true })
}
