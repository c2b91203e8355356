import { Readable } from 'node:stream'
import { destroyOnAbort } from '../io/async/abort-listeners.js'
import { endWhenUnconsumed } from '../io/pipeline/end-unconsumed.js'
import { LentMemory } from '../io/pipeline/lent-memory.js'
import { ACTIVITY, type Activity } from '../io/monitor/activity.js'
import { LINK, type Link } from '../io/pipeline/link.js'
import { type MemoryShare, openShare } from '../io/memory/memory-budget.js'
import type { MemoryClaim } from '../io/memory/fair-shares.js'
import { OrderedRanges } from '../io/fetch/ordered-ranges.js'
import { ReadAheadWindow } from '../io/fetch/read-ahead-window.js'
import type { RetryMessage } from '../io/diagnostics/messages.js'
import { tell, throwOutside } from '../io/async/user-event.js'
import type { S3ObjectInfo, VersionPin } from './read/version-pin.js'
import { ObjectSlice } from './object-slice.js'
import { PinnedObject, SHARED_PIN } from './pinned-object.js'
import { type S3RangeReadableOptions, rangeOptions } from './read/range-options.js'
import { SocketDemand } from './request/socket-demand.js'
import { type S3Verification, WholeCheck } from './checks/whole-check.js'
import type { ReadableEvents, TypedListener } from '../io/pipeline/typed-listeners.js'
import { reportStage } from '../io/diagnostics/report-stage.js'

/** Progress of a read. */
export interface ReadProgress {
  /** Bytes delivered so far. */
  readonly bytes: number
  /** Total bytes to deliver. */
  readonly total: number
}

/** Events of {@link S3RangeReadable}: those of every `Readable`, and its own. */
export interface S3RangeReadableEvents extends ReadableEvents {
  /** The first response has arrived, with the object's details. Once, before the first byte. */
  object: [info: S3ObjectInfo]
  /** A chunk was delivered. */
  progress: [progress: ReadProgress]
  /** The next stage wants no more, and the stream ends early, without an error. */
  stop: []
  /**
   * A request failed (503, a time-out, a reset …) and another attempt follows. Requests for reads at random access that
   * the next stage makes through this stream count too, even after `close`.
   */
  retry: [retry: RetryMessage]
}

/**
 * Reads an object in S3, or a part of it, in order, through parallel ranged GETs.
 *
 * Guarantees
 * - The stream ends only after the last byte (or after a `stop`); any failure is an error, with the bucket, the key
 *   and, as `byteOffset`, the first byte that could not be read. All bytes before it are delivered first.
 * - All bytes are of one version: see {@link S3Source}, which sends the requests, for this and for the errors.
 * - Connections are read as fast as bytes arrive, into memory that belongs to the stream. For a slow consumer the
 *   stream stops sending requests, and never leaves a connection half-read.
 * - The first request is small (512 KiB), and there is no request before the first read. From then on read-ahead
 *   doubles whenever the consumer has to wait, in proportion to the bytes consumed, up to `readAhead`.
 *
 * Memory: at most `readAhead` bytes requested and not yet consumed, plus the chunks that the consumer keeps (each pins
 * a block of at most 256 KiB), plus 64 KiB per connection in Node's own buffers. With the defaults 48 MiB; a consumer
 * slower than one connection costs about 1 MiB. All stages together keep to `setMemoryBudget()`, if there is one.
 *
 * Nothing is left behind: by `close`, every request has been cancelled or has settled.
 *
 * @example
 * ```ts
 * const reader = new S3RangeReadable({ client, bucket: 'masters', key: 'talk.mov' })
 * reader.on('progress', ({ bytes, total }) => console.log(`${Math.round((100 * bytes) / total)} %`))
 * await pipeline(reader, createWriteStream('talk.mov'))
 * ```
 */
export class S3RangeReadable extends Readable {
  /** Capabilities for the next stage: random access to the same bytes, and an early end. */
  readonly [LINK]: Link
  readonly #object: PinnedObject
  readonly #start: number
  readonly #plan: ReadAheadWindow
  readonly #ranges: OrderedRanges
  readonly #sockets: SocketDemand
  readonly #concurrency: number
  readonly #memory: LentMemory
  readonly #claim: MemoryClaim
  /** The stage's share of the process's memory, from the first read on. */
  #share: MemoryShare | undefined
  /** The next byte to deliver. */
  #position: number
  #wanted = false
  #delivering = false
  #isAnnounced = false
  #isOver = false
  #check: WholeCheck | undefined
  #isChecking = false

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(options: S3RangeReadableOptions) {
    const { target, rule, highWaterMark, verify, signal } = rangeOptions(options)
    super({ highWaterMark })
    const onRetry = (retry: RetryMessage) => tell(this, 'retry', retry)
    const object = (this.#object = new PinnedObject({ ...target, onRetry }, pinIn(options)))
    this.#start = this.#position = rule.start
    this.#plan = new ReadAheadWindow(rule)
    this.#sockets = new SocketDemand(target.client)
    this.#concurrency = rule.concurrency
    this.#memory = new LentMemory(this)
    // One range to deliver from, and one on its way, beside a full buffer.
    const min = Math.min(rule.readAhead, highWaterMark + 2 * rule.firstSize)
    this.#claim = { min, max: rule.readAhead }
    this.#ranges = new OrderedRanges(
      this.#plan,
      (into, aborted) => {
        const announce = (info: S3ObjectInfo) => this.#announce(info)
        return rule.start === 0
          ? object.fetchInOrder(into, aborted, announce)
          : object.fetch(into, aborted, announce)
      },
      () => this.#changed(),
      this.#memory,
    )
    const plan = this.#plan
    const isWhole = rule.start === 0 && rule.end === Infinity
    if (isWhole) this.#check = checkOf(object, verify)
    const access = isWhole ? object : new ObjectSlice(object, rule.start, rule.end)
    this[LINK] = {
      get randomAccess() {
        return object.ignoresRanges ? undefined : access
      },
      get isAllRequested() {
        return plan.exhausted
      },
      expect: bytes => this.#expect(bytes),
      stop: () => this.#stop(),
      lendTo: this.#memory.lendTo,
    }
    reportStage(this, 'S3RangeReadable', object.name)
    endWhenUnconsumed(this, 'S3RangeReadable')
    // Not through super(): an already aborted signal would destroy a stream that has no fields yet.
    destroyOnAbort(signal, this)
  }

  /**
   * What a monitor learns of it.
   * @internal
   */
  get [ACTIVITY](): Activity {
    const ranges = this.#ranges
    return {
      get bytesHeld() {
        return ranges.bytesHeld
      },
    }
  }

  /** What the first response says about the object; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#object.info
  }

  /**
   * The checksum that all bytes matched; `undefined` before the end, and if there was no check
   * ({@link S3RangeSettings.verify}). To require one, test it before the commit:
   *
   * ```ts
   * const beforeCommit = () => {
   *   if (source.verified === undefined) throw new Error('The store has no checksum of it')
   * }
   * ```
   */
  get verified(): S3Verification | undefined {
    return this.#check?.verified
  }

  /** @internal */
  override _read(): void {
    this.#wanted = true
    if (!this.#isAnnounced) this.#sockets.ask(1)
    this.#share ??= openShare(this.#claim, () => this.#memory.trim(this.#share?.limit ?? Infinity))
    // A listener that reads from its own 'data' event comes here in the middle of a delivery.
    if (this.#delivering) return
    this.#deliver()
    this.#proceed()
  }

  /**
   * The stream's own buffer may hold all that the window or the memory budget allows, and still want more. Node does
   * not ask again when that buffer is read, so the room is looked for here.
   * @internal
   */
  override read(size?: number): ReturnType<Readable['read']> {
    const chunk: unknown = super.read(size)
    if (chunk !== null && this.#wanted && this.#ranges.isIdle) this.#proceed()
    return chunk
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#isOver = true
    this.#sockets.ask(0)
    void Promise.all([this.#ranges.cancel(), this.#check?.cancel()]).then(() => {
      this.#share?.close()
      this.#object.endInOrder()
      this.#memory.close()
      callback(error)
    })
  }

  #announce(info: S3ObjectInfo): void {
    if (this.#isAnnounced || this.#isOver) return
    this.#isAnnounced = true
    this.#plan.bound(info.size)
    this.#sockets.ask(this.#plan.exhausted ? 1 : this.#concurrency)
    // A single request is not worth a second one, unless bytes wait for it.
    if (this.#plan.exhausted && this.#check?.isReady === true) this.#check = undefined
    else this.#check?.begin(() => this.#changed())
    tell(this, 'object', info)
  }

  #changed(): void {
    // Reading resumes only after a delivery: so a wait for the store's checksum belongs here.
    if (this.#isOver || this.#check?.isReady === false) return
    // The consumer was waiting for these bytes: the source could have been faster.
    const wasWaiting = this.#wanted && this.readableLength === 0
    this.#deliver()
    if (wasWaiting) this.#plan.starved(this.#position - this.#start)
    this.#proceed()
  }

  #deliver(): void {
    this.#delivering = true
    try {
      while (this.#wanted && !this.#isOver) {
        const chunk = this.#ranges.take()
        if (chunk === undefined) break
        this.#position += chunk.length
        this.#check?.add(chunk)
        this.#memory.pass(chunk)
        this.#wanted = false
        if (this.#give(chunk)) this.#wanted = true
        if (this.listenerCount('progress') > 0)
          tell(this, 'progress', { bytes: this.#position - this.#start, total: this.#total })
      }
    } finally {
      this.#delivering = false
    }
  }

  /** Pushes a chunk; an error thrown by a 'data' listener is the user's, not a failure of the read. */
  #give(chunk: Buffer): boolean {
    try {
      return this.push(chunk)
    } catch (error) {
      throwOutside(error)
      return true
    }
  }

  /** Ends, fails, or requests more. */
  #proceed(): void {
    if (this.#isOver) return
    if (this.#ranges.ended) {
      if (this.#check) void this.#conclude(this.#check)
      else this.#end()
    } else if (this.#ranges.error !== undefined) {
      if (this.#wanted) this.destroy(this.#ranges.error)
    } else {
      const consumed = this.#position - this.readableLength
      const limit = this.#share?.limit ?? Infinity
      this.#memory.trim(limit)
      this.#ranges.fill(consumed, limit)
      this.#share?.hold(Math.max(this.#plan.next - consumed, this.#memory.held))
    }
  }

  #end(): void {
    this.#isOver = true
    this.#sockets.ask(0)
    this.push(null)
  }

  /** All bytes are delivered; the end, or an error, follows once the store has reported its checksum. */
  async #conclude(check: WholeCheck): Promise<void> {
    if (this.#isChecking) return
    this.#isChecking = true
    const error = await check.verdict(this.info!)
    if (this.#isOver) return
    if (error === undefined) this.#end()
    else this.destroy(error)
  }

  get #total(): number {
    return (this.#plan.end ?? this.#position) - this.#start
  }

  /** Before the first read nothing is requested, whoever expects it. */
  #expect(bytes: number): void {
    if (this.#isOver) return
    this.#plan.expect(bytes)
    if (this.#share !== undefined) this.#proceed()
  }

  #stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#sockets.ask(0)
    void this.#ranges.cancel().then(() => this.#object.endInOrder())
    void this.#check?.cancel()
    this.push(null)
    tell(this, 'stop')
  }
}

/** Listeners, typed by event; an unknown event name does not compile. */
export interface S3RangeReadable {
  /** Adds a listener for an event. */
  on<Name extends keyof S3RangeReadableEvents>(
    event: Name,
    listener: TypedListener<S3RangeReadableEvents, Name>,
  ): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof S3RangeReadableEvents>(
    event: Name,
    listener: TypedListener<S3RangeReadableEvents, Name>,
  ): this
  /** Removes a listener. */
  off<Name extends keyof S3RangeReadableEvents>(
    event: Name,
    listener: TypedListener<S3RangeReadableEvents, Name>,
  ): this
}

/** How to check the bytes of a whole object. */
function checkOf(object: PinnedObject, verify: 'auto' | 'always' | 'off'): WholeCheck | undefined {
  if (verify === 'off') return undefined
  if (verify === 'always') return new WholeCheck(asked => object.storedSum(asked))
  const algorithm = 'CRC32'
  return new WholeCheck(asked => object.storedSum(asked, algorithm), { algorithm })
}

/** The pin of the source that made the reader. */
function pinIn(options: object): VersionPin | undefined {
  return (options as { readonly [SHARED_PIN]?: VersionPin })[SHARED_PIN]
}
