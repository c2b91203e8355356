import type { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { hookMethod } from './method-hook.js'

/**
 * The ends of a stage, by the contract between Node and the author of a stream: Node calls `_write` with a callback,
 * and the stage works on those bytes until it calls back; Node calls `_read`, and the stage may `push` until a push
 * returns `false`. So both moments are exact, whatever the stage is made of, and nothing has to be sampled.
 *
 * No listener is added that changes the flow: `'data'` and `'readable'` would.
 */

/** One end of a stage. */
export interface StageEnd {
  /** Bytes that went through it. */
  readonly bytes: number
  /** Whether nothing more will go through it. */
  readonly isEnded: boolean
  /**
   * Whether the stage waits here: at its writable end for more bytes, at its readable end for someone to take those it
   * has.
   */
  readonly isWaiting: boolean
  /** Bytes in the buffer of the stream. */
  readonly buffered: number
  /** Removes all hooks and listeners. */
  release(): void
}

/** A callback of a write. */
type Callback = (error?: Error | null) => void

/** What both ends have in common. */
abstract class End<Stream extends Readable | Writable> {
  /** Bytes that went through it. */
  bytes = 0
  /** Whether nothing more will go through it. */
  isEnded = false
  protected readonly stream: Stream
  protected readonly onChange: () => void
  readonly #undo: (() => void)[] = []

  protected constructor(stream: Stream, onChange: () => void) {
    this.stream = stream
    this.onChange = onChange
    this.listen('close', () => this.ended())
  }

  /** Removes all hooks and listeners. */
  release(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }

  protected ended(): void {
    this.isEnded = true
    this.onChange()
  }

  protected hook(name: string, wrap: Parameters<typeof hookMethod>[2]): void {
    if (typeof Reflect.get(this.stream, name) !== 'function') return
    this.#undo.push(hookMethod(this.stream, name, wrap))
  }

  protected listen(event: string, listener: () => void): void {
    const stream: EventEmitter = this.stream
    stream.on(event, listener)
    this.#undo.push(() => stream.off(event, listener))
  }
}

/** The writable end of a stage. */
export class WritableEnd extends End<Writable> implements StageEnd {
  /** Whether the stage works on bytes that it was given, or on its end. */
  #isWorking: boolean
  #isFinal = false

  /** @param onChange - called at each change */
  constructor(stream: Writable, onChange: () => void) {
    super(stream, onChange)
    this.isEnded = stream.writableFinished || stream.destroyed
    this.#isWorking = stream.writableLength > 0
    this.listen('finish', () => this.ended())
    if (isOfNode(stream)) this.#hookWork()
    else this.#hookCalls()
  }

  /** Whether the stage waits for bytes. A write under way before the hooks calls back past them. */
  get isWaiting(): boolean {
    const isWorking = this.#isWorking && (this.#isFinal || this.stream.writableLength > 0)
    return !this.isEnded && !isWorking
  }

  /** Bytes in the buffer of the stream. */
  get buffered(): number {
    return this.stream.writableObjectMode ? 0 : this.stream.writableLength
  }

  #hookWork(): void {
    const { stream } = this
    this.hook('_write', write => (chunk, encoding, callback) => {
      this.bytes += lengthOf(chunk, encoding)
      return write.call(stream, chunk, encoding, this.#begin(callback as Callback))
    })
    this.hook('_writev', writev => (chunks, callback) => {
      for (const { chunk, encoding } of chunks as { chunk: unknown; encoding: unknown }[])
        this.bytes += lengthOf(chunk, encoding)
      return writev.call(stream, chunks, this.#begin(callback as Callback))
    })
    this.hook('_final', final => callback => {
      this.#isFinal = true
      return final.call(stream, this.#begin(callback as Callback))
    })
  }

  /** A response of `node:http` is no `Writable` inside: what `write()` returns is all it tells. */
  #hookCalls(): void {
    this.hook('write', write => (chunk, ...rest) => {
      this.bytes += lengthOf(chunk, rest[0])
      const isWanted = write.call(this.stream, chunk, ...rest)
      this.#set(isWanted === false)
      return isWanted
    })
    this.listen('drain', () => this.#set(false))
  }

  /** The stage begins to work; the returned callback says that it is done. */
  #begin(callback: Callback): Callback {
    this.#set(true)
    return error => {
      // Before the callback, which may begin the next write.
      this.#set(false)
      callback(error)
    }
  }

  #set(isWorking: boolean): void {
    this.#isWorking = isWorking
    this.onChange()
  }
}

/** The readable end of a stage. */
export class ReadableEnd extends End<Readable> implements StageEnd {
  /** Whether it is asked for more than it has. */
  #isWanted: boolean
  readonly #isDuplex: boolean

  /** @param onChange - called at each change */
  constructor(stream: Readable, onChange: () => void) {
    super(stream, onChange)
    const { readableEnded, destroyed, readableFlowing, readableLength, readableHighWaterMark } = stream
    this.isEnded = readableEnded || destroyed
    this.#isDuplex = 'writableLength' in stream
    this.#isWanted = readableFlowing !== null && readableLength < readableHighWaterMark
    this.hook('_read', read => size => {
      this.#set(true)
      return read.call(stream, size)
    })
    this.hook('push', push => (chunk, encoding) => this.#push(chunk, encoding, push))
  }

  /** Whether the stage has what nobody takes. Nobody has to read the answers of a socket that is only written to. */
  get isWaiting(): boolean {
    const isUnread = this.#isDuplex && this.stream.readableFlowing === null
    return !this.isEnded && !this.#isWanted && !isUnread
  }

  /** Bytes in the buffer of the stream. */
  get buffered(): number {
    return this.stream.readableObjectMode ? 0 : this.stream.readableLength
  }

  #push(chunk: unknown, encoding: unknown, push: (this: unknown, ...args: unknown[]) => unknown): unknown {
    this.bytes += lengthOf(chunk, encoding)
    const isWanted = push.call(this.stream, chunk, encoding)
    if (chunk === null) this.ended()
    else this.#set(isWanted === true)
    return isWanted
  }

  #set(isWanted: boolean): void {
    if (this.#isWanted === isWanted) return
    this.#isWanted = isWanted
    this.onChange()
  }
}

/** Whether it works inside as a `Writable` of Node does. */
function isOfNode(stream: Writable): boolean {
  return (stream as { readonly _writableState?: unknown })._writableState !== undefined
}

/** Bytes of a chunk; 0 for an object. */
function lengthOf(chunk: unknown, encoding: unknown): number {
  if (ArrayBuffer.isView(chunk)) return chunk.byteLength
  if (typeof chunk !== 'string') return 0
  return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
}
