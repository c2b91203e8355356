import { Socket } from 'node:net'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
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
  /** What the library's own code did among all that: neither Node, nor the SDK, nor the test. */
  readonly own: OwnCounts
}

/** How often the library did something, by place: the file under lib, and the function. */
export type Places = Readonly<Record<string, number>>

/** What code need not do for a chunk. */
export interface OwnCounts {
  readonly promises: Places
  /** Looks at a clock: of `performance`, `Date` and `process.hrtime`. */
  readonly clocks: Places
  /** Timers that were set, or set anew: time-outs, intervals, immediates. */
  readonly timers: Places
}

/** A path that does not exist: asking for it marks the place in a log of system calls. */
export const MARK = '/no/such/file/counted'

/** Smaller buffers come from Node's pool, or are headers. */
const LARGE = 4096

/** Frames of Node's that can lie between a call of the library and its effect. */
const DEPTH = 30

/** The calls on the stack, the latest first. */
function stackCalls(): readonly NodeJS.CallSite[] {
  const { stackTraceLimit } = Error
  const prepareStackTrace: unknown = Reflect.get(Error, 'prepareStackTrace')
  Error.stackTraceLimit = DEPTH
  Error.prepareStackTrace = (_error, calls) => calls
  const { stack } = new Error() as { readonly stack?: unknown }
  Object.assign(Error, { prepareStackTrace, stackTraceLimit })
  return stack as NodeJS.CallSite[]
}

function pathOf(call: NodeJS.CallSite): string {
  const file = call.getFileName() ?? ''
  return file.startsWith('file:') ? fileURLToPath(file) : file
}

/** Where this code runs: in compiled tests, `import.meta.url` is that of the source. */
const THIS = pathOf(stackCalls()[0]!)
const LIBRARY = join(dirname(THIS), '../../../lib/')

/** The place in the library that is nearest on the stack, apart from Node's code; `undefined` if other code is nearer. */
function ownPlace(): string | undefined {
  // What awaits the current code is behind it on the stack.
  const nearest = stackCalls().find(call => !call.isAsync() && !isOfNode(call))
  const path = nearest === undefined ? '' : pathOf(nearest)
  if (!path.startsWith(LIBRARY)) return undefined
  return `${relative(LIBRARY, path)}: ${nearest?.getFunctionName() ?? 'a function without a name'}`
}

function isOfNode(call: NodeJS.CallSite): boolean {
  const path = pathOf(call)
  return path === '' || path === THIS || /^node:|^<anonymous>$/.test(path)
}

/** Starts counting; returns a function that stops it and tells what was counted. */
export function startCounting(): () => Counts {
  const counts = { buffers: 0, bufferBytes: 0, socketBuffers: 0, copiedBytes: 0, promises: 0 }
  const own: Record<keyof OwnCounts, Record<string, number>> = { promises: {}, clocks: {}, timers: {} }
  const undo: (() => void)[] = []

  /** Replaces a function by one that looks at each call. */
  function watch<Owner extends object>(
    owner: Owner,
    name: keyof Owner & string,
    seen: (self: unknown, args: readonly unknown[], result: unknown) => void,
  ): void {
    const before = Object.getOwnPropertyDescriptor(owner, name)
    const original = owner[name] as (...args: unknown[]) => unknown
    const watched = function (this: unknown, ...args: unknown[]): unknown {
      const result = original.apply(this, args)
      seen(this, args, result)
      return result
    }
    // Such as `bigint` of `process.hrtime`.
    Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original))
    Object.defineProperty(owner, name, { value: watched, configurable: true, writable: true })
    undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(owner, name)
      else Object.defineProperty(owner, name, before)
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
  const seen = (what: keyof OwnCounts) => {
    const place = ownPlace()
    if (place !== undefined) own[what][place] = (own[what][place] ?? 0) + 1
  }
  watch(performance, 'now', () => seen('clocks'))
  watch(process.hrtime, 'bigint', () => seen('clocks'))
  watch(process, 'hrtime', () => seen('clocks'))
  watch(Date, 'now', () => seen('clocks'))
  const { Date: date } = globalThis
  globalThis.Date = new Proxy(date, {
    construct: (target, args: unknown[], as) => {
      if (args.length === 0) seen('clocks')
      return Reflect.construct(target, args, as) as object
    },
  })
  undo.push(() => (globalThis.Date = date))
  for (const name of ['setTimeout', 'setInterval', 'setImmediate'] as const)
    watch(globalThis, name, () => seen('timers'))
  const timer = setTimeout(() => undefined)
  clearTimeout(timer)
  watch(Object.getPrototypeOf(timer) as NodeJS.Timeout, 'refresh', () => seen('timers'))
  const stopPromises = promiseHooks.onInit(() => {
    counts.promises++
    seen('promises')
  }) as () => void
  return () => {
    stopPromises()
    for (const one of undo.reverse()) one()
    return { ...counts, own }
  }
}
