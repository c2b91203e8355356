import { onAbort } from '../async/abort-listeners.js'
import { abortError } from '../async/abort-error.js'
import type { ByteRange } from '../byte-range.js'
import { RangeBuffer } from './range-buffer.js'
import type { ReadAheadWindow } from './read-ahead-window.js'

/**
 * Fills a range: resolves when `into` is complete, or rejects; never ends short.
 * It may trim `into`, before the first byte, where the source turns out to be shorter.
 */
export type FetchRange = (into: RangeBuffer, signal: AbortSignal) => Promise<void>

/** One range, from its request until its last byte was taken. */
interface Entry {
  readonly buffer: RangeBuffer
  readonly abort: AbortController
  settled: Promise<void>
  done: boolean
  error: Error | undefined
}

/**
 * Bytes in order from ranges that are fetched in parallel. Which ranges, and when, is up to a {@link ReadAheadWindow}.
 *
 * Every range is read into memory as fast as it comes, whatever the consumer does; what holds back the source of a
 * slow consumer is that no further range is asked for. The bytes of the range whose turn it is can be taken while
 * they come. A range that failed for good is an error at its place: all bytes before it are delivered first, and
 * nothing behind it is asked for any more.
 */
export class OrderedRanges {
  readonly #plan: ReadAheadWindow
  readonly #fetch: FetchRange
  readonly #onChange: () => void
  /** In order; the first is the one whose turn it is. */
  readonly #entries: Entry[] = []
  #underWay = 0
  #closed = false
  #cancelled: Promise<void> | undefined

  /**
   * @param onChange - called when there may be more to take or to ask for, and when the end or an error was reached
   */
  constructor(plan: ReadAheadWindow, fetch: FetchRange, onChange: () => void) {
    this.#plan = plan
    this.#fetch = fetch
    this.#onChange = onChange
  }

  /** Whether the last byte was taken. */
  get ended(): boolean {
    return this.#entries.length === 0 && this.#plan.exhausted
  }

  /** Why there will be no more bytes, once all that came before were taken. */
  get error(): Error | undefined {
    const head = this.#entries[0]
    return head !== undefined && head.buffer.taken === head.buffer.received ? head.error : undefined
  }

  /** The next bytes; `undefined` where none are there at the moment. */
  take(): Buffer | undefined {
    for (let head = this.#entries[0]; head !== undefined; head = this.#entries[0]) {
      const chunk = head.buffer.take()
      if (chunk !== undefined) return chunk
      // A range is over when its request is, not with its last byte: an answer may yet turn out to be too long.
      if (!head.done || head.error !== undefined) return undefined
      this.#entries.shift()
    }
    return undefined
  }

  /** Asks for what there is room for. `consumed` is the first byte that the consumer has not yet got rid of. */
  fill(consumed: number): void {
    while (!this.#closed) {
      const range = this.#plan.plan(consumed, this.#underWay, this.#entries.length > 0)
      if (range === undefined) return
      this.#start(range)
    }
  }

  /** Gives up what is under way and what is held; resolves when every request has settled. */
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
    const entry: Entry = {
      buffer: new RangeBuffer(range, () => {
        if (entry === this.#entries[0]) this.#onChange()
      }),
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

  /** What lies behind a failed range can never be delivered. */
  #abandonAfter(failed: Entry): void {
    this.#closed = true
    const index = this.#entries.indexOf(failed)
    if (index === -1) return
    for (const entry of this.#entries.slice(index + 1)) entry.abort.abort()
  }
}

/**
 * The bytes that `plan` reads, in order, as an iterable. A chunk counts as consumed when the next one is asked for.
 * Leaving the loop early, or aborting `signal`, gives up everything that is under way.
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
