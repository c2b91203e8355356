import { Socket } from 'node:net'
import { promiseHooks } from 'node:v8'

/**
 * What a piece of work does, counted instead of timed: about the same on a busy machine and on an idle one.
 */
export interface Counts {
  /** Buffers of at least {@link LARGE} bytes that JavaScript code allocated. */
  readonly buffers: number
  /** Bytes of them. */
  readonly bufferBytes: number
  /** Chunks that sockets and pipes handed out in fresh memory of their own. */
  readonly socketBuffers: number
  /** Bytes copied from one buffer to another. */
  readonly copiedBytes: number
  readonly promises: number
}

/** A path that does not exist: asking for it marks the place in a log of system calls. */
export const MARK = '/no/such/file/counted'

/** Smaller buffers come from Node's pool, or are headers. */
const LARGE = 4096

/** Starts counting; returns a function that stops it and tells what was counted. */
export function startCounting(): () => Counts {
  const counts = { buffers: 0, bufferBytes: 0, socketBuffers: 0, copiedBytes: 0, promises: 0 }
  const undo: (() => void)[] = []

  /** Replaces a function by one that looks at each call. */
  function watch<Owner extends object>(
    owner: Owner,
    name: keyof Owner & string,
    seen: (self: unknown, args: readonly unknown[], result: unknown) => void,
  ): void {
    const own = Object.getOwnPropertyDescriptor(owner, name)
    const original = owner[name] as (...args: unknown[]) => unknown
    const watched = function (this: unknown, ...args: unknown[]): unknown {
      const result = original.apply(this, args)
      seen(this, args, result)
      return result
    }
    Object.defineProperty(owner, name, { value: watched, configurable: true, writable: true })
    undo.push(() => {
      if (own === undefined) Reflect.deleteProperty(owner, name)
      else Object.defineProperty(owner, name, own)
    })
  }

  const copied = (bytes: number) => (counts.copiedBytes += bytes)
  const lengthOf = (value: unknown) => (ArrayBuffer.isView(value) ? value.byteLength : 0)
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    watch(Buffer, name, (_self, [size]) => {
      if (Number(size) < LARGE) return
      counts.buffers++
      counts.bufferBytes += Number(size)
    })
  }
  watch(Buffer, 'from', (_self, [from]) => copied(lengthOf(from)))
  watch(Buffer, 'concat', (_self, _args, result) => copied(lengthOf(result)))
  watch(Buffer.prototype, 'copy', (_self, _args, result) => copied(Number(result)))
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as { set: unknown }
  watch(typedArray, 'set', (_self, [from]) => copied(lengthOf(from)))
  watch(Socket.prototype, 'push', (_self, [chunk]) => {
    if (lengthOf(chunk) > 0) counts.socketBuffers++
  })
  const stopPromises = promiseHooks.onInit(() => counts.promises++) as () => void
  return () => {
    stopPromises()
    for (const one of undo.reverse()) one()
    return { ...counts }
  }
}
