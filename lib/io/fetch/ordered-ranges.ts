import { onAbort } from '../async/abort-listeners.js'
import { abortError } from '../async/abort-error.js'
import type { ByteRange } from '../byte-range.js'
import { type BlockMemory, RangeBuffer } from './range-buffer.js'
import type { ReadAheadWindow, Requested } from './read-ahead-window.js'

/**
 * Fills a range: resolves when `into` is complete, or rejects; never ends short. It may trim `into`, before the
 * first byte, if the source turns out to be shorter.
 */
export type FetchRange = (into: RangeBuffer, signal: AbortSignal) => Promise<void>

/** One range, from its request until its last byte is taken. */
interface Entry {
  readonly buffer: RangeBuffer
  readonly abort: AbortController
  settled: Promise<void>
  done: boolean
  error: Error | undefined
}

/**
 * Bytes in order from ranges fetched in parallel. A {@link ReadAheadWindow} decides which ranges to request,
 * and when.
 *
 * Every range is read into memory as fast as it arrives, whatever the consumer does; backpressure means that no
 * further range is requested. The bytes of the current range can be taken while they arrive. A range that fails
 * for good is an error at its position: all bytes before it are delivered first, and nothing past it is
 * requested any more.
 */
export class OrderedRanges implements Requested {
  readonly #plan: ReadAheadWindow
  readonly #fetch: FetchRange
  readonly #onChange: () => void
  readonly #memory: BlockMemory | undefined
  /** In order; the first is the current one. */
  readonly #entries: Entry[] = []
  #underWay = 0
  #closed = false
  #cancelled: Promise<void> | undefined

  /**
   * @param onChange - called when there may be more to take or request, and at the end or an error
   * @param memory - where the bytes lie; without it, in new blocks
   */
  constructor(plan: ReadAheadWindow, fetch: FetchRange, onChange: () => void, memory?: BlockMemory) {
    this.#plan = plan
    this.#fetch = fetch
    this.#onChange = onChange
    this.#memory = memory
  }

  /** Whether the last byte has been taken. */
  get ended(): boolean {
    return this.#entries.length === 0 && this.#plan.exhausted
  }

  /** Number of ranges in flight. */
  get underWay(): number {
    return this.#underWay
  }

  /** Bytes in flight: requested, and not yet arrived. */
  get bytesLacking(): number {
    return this.#entries.reduce(
      (sum, { done, buffer }) => (done ? sum : sum + buffer.end - buffer.received),
      0,
    )
  }

  /** Whether nothing is in flight or waits to be taken. */
  get isIdle(): boolean {
    return this.#entries.length === 0
  }

  /** The error after which there will be no more bytes, once all bytes before it have been taken. */
  get error(): Error | undefined {
    const head = this.#entries[0]
    return head !== undefined && head.buffer.taken === head.buffer.received ? head.error : undefined
  }

  /** Bytes that have arrived and are not taken. */
  get bytesHeld(): number {
    return this.#entries.reduce((sum, { buffer }) => sum + buffer.received - buffer.taken, 0)
  }

  /** The next bytes; `undefined` if none are available yet. */
  take(): Buffer | undefined {
    for (let head = this.#entries[0]; head !== undefined; head = this.#entries[0]) {
      const chunk = head.buffer.take()
      if (chunk !== undefined) return chunk
      // A range is over when its request is, not with its last byte: the response may still turn out to be too
      // long.
      if (!head.done || head.error !== undefined) return undefined
      this.#entries.shift()
    }
    return undefined
  }

  /**
   * Requests as much as there is room for.
   *
   * @param consumed - the first byte the consumer has not yet released
   * @param limit - most bytes that may be requested and not yet consumed
   */
  fill(consumed: number, limit = Infinity): void {
    while (!this.#closed) {
      const range = this.#plan.plan(consumed, this, limit)
      if (range === undefined) return
      this.#start(range)
    }
  }

  /** Cancels requests in flight and drops held bytes; resolves when every request has settled. */
  cancel(): Promise<void> {
    return (this.#cancelled ??= this.#cancel())
  }

  async #cancel(): Promise<void> {
    this.#closed = true
    const entries = this.#entries.splice(0)
    for (const entry of entries) entry.abort.abort()
    await Promise.allSettled(entries.map(entry => entry.settled))
  }

  #start(range: ByteRange): void {
    const onBytes = () => {
      if (entry === this.#entries[0]) this.#onChange()
    }
    const entry: Entry = {
      buffer: new RangeBuffer(range, onBytes, this.#memory),
      abort: new AbortController(),
      settled: Promise.resolve(),
      done: false,
      error: undefined,
    }
    this.#entries.push(entry)
    this.#underWay++
    entry.settled = this.#run(entry)
  }

  async #run(entry: Entry): Promise<void> {
    try {
      await this.#fetch(entry.buffer, entry.abort.signal)
      if (!entry.buffer.complete) throw new Error('A range was left incomplete, without an error')
    } catch (error) {
      entry.error = error as Error
      this.#abandonAfter(entry)
    }
    entry.done = true
    this.#underWay--
    if (this.#entries.includes(entry)) this.#onChange()
  }

  /** Bytes past a failed range can never be delivered. */
  #abandonAfter(failed: Entry): void {
    this.#closed = true
    const index = this.#entries.indexOf(failed)
    if (index === -1) return
    for (const entry of this.#entries.slice(index + 1)) entry.abort.abort()
  }
}

/**
 * The bytes that `plan` reads, in order, as an iterable. A chunk counts as consumed when the next one is
 * requested. Leaving the loop early, or aborting `signal`, cancels everything in flight.
 */
export async function* inOrder(
  plan: ReadAheadWindow,
  fetch: FetchRange,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let wake: () => void = () => undefined
  const ranges = new OrderedRanges(plan, fetch, () => wake())
  const abort = () => {
    void ranges.cancel()
    wake()
  }
  const forget = onAbort(signal, abort)
  try {
    const start = plan.next
    for (let position = start; ;) {
      if (signal?.aborted) throw abortError(signal)
      ranges.fill(position)
      const chunk = ranges.take()
      if (chunk !== undefined) {
        yield chunk
        position += chunk.length
        continue
      }
      if (ranges.error) throw ranges.error
      if (ranges.ended) return
      plan.starved(position - start)
      await new Promise<void>(resolve => (wake = resolve))
    }
  } finally {
    forget()
    await ranges.cancel()
  }
}
