import { GetObjectCommand } from '@aws-sdk/client-s3'
import type { Readable } from 'node:stream'
import { untilAborted } from '../../io/async/abort-error.js'
import { onAbort } from '../../io/async/abort-listeners.js'
import { oneTry } from '../../io/fetch/one-try.js'
import { OverlongBody, discard, endedEarly, stalled } from '../../io/fetch/range-body.js'
import type { RangeBuffer } from '../../io/fetch/range-buffer.js'
import { StallTimer } from '../../io/async/stall-timer.js'
import { streamOf } from './get-body.js'
import type { VersionPin } from './version-pin.js'
import { StallWatch } from '../request/stall-watch.js'
import { ResponseUnused, S3RequestReport } from '../request/report-request.js'
import type { GetTarget, OnInfo } from './get-range.js'
import { Sending, sendOnce } from '../request/send-once.js'

/** One attempt to fill one range. */
interface WholeTry {
  readonly into: RangeBuffer
  readonly signal: AbortSignal
  readonly onInfo: OnInfo
  readonly attempt: number
}

/** A body that is being read. */
interface Open {
  readonly stream: Readable
  readonly chunks: AsyncIterator<Buffer, undefined>
  /** Bytes received and not yet wanted. */
  rest: Buffer
  /** The offset of the first byte of `rest`. */
  position: number
  readonly report: S3RequestReport | undefined
}

/**
 * The object as the body of one GET, for a store that ignores ranges: it cuts ranges out of the body one after the
 * other, and the connection waits between them.
 *
 * After a break, a new request reads the object from the beginning, under the same conditions, and skips the bytes
 * already delivered.
 *
 * Memory: a chunk of the connection, besides the range being filled.
 */
export class UnrangedBody {
  readonly #target: GetTarget
  readonly #pin: VersionPin
  #open: Open | undefined

  constructor(target: GetTarget, pin: VersionPin) {
    this.#target = target
    this.#pin = pin
  }

  /** Fills the rest of a range; rejects like a request, and the next attempt starts over. */
  async read(one: WholeTry): Promise<void> {
    try {
      await oneTry(one.signal, async attempt => {
        const open = (this.#open ??= await this.#begin(one, attempt))
        await this.#fill(open, one.into, attempt)
      })
    } catch (error) {
      this.#close(error)
      throw error
    }
  }

  /** Closes the body. */
  close(): void {
    this.#close(new ResponseUnused())
  }

  #close(error?: unknown): void {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    discard(open.stream)
    const bytes = open.position + open.rest.length
    if (error === undefined) open.report?.end(bytes)
    else open.report?.fail(error, bytes)
  }

  async #begin({ into, onInfo, attempt }: WholeTry, aborted: AbortController): Promise<Open> {
    const { client, location, request, stallTimeout, minThroughput } = this.#target
    const { signal } = aborted
    const command = new GetObjectCommand({
      ...request,
      Bucket: location.bucket,
      Key: location.key,
      ...this.#pin.preconditions,
    })
    const sending = new Sending(client, { attempt, byteOffset: 0 })
    const report = S3RequestReport.begin(sending)
    const watch = new StallWatch(
      client,
      sending,
      stallTimeout,
      drip => aborted.abort(stalled(stallTimeout, drip)),
      minThroughput,
    )
    try {
      const sent = sendOnce(client, command, signal, sending)
      const answer = await untilAborted(sent, signal, late => discard(streamOf(late.Body)))
      report?.answered(answer, true)
      const stream = streamOf(answer.Body)
      try {
        this.#pin.accept(answer, { start: 0, end: Number.MAX_SAFE_INTEGER }, attempt)
        const info = this.#pin.info!
        onInfo(info)
        if (info.size < into.end) into.trim(info.size)
      } catch (error) {
        discard(stream)
        throw error
      }
      // Between two ranges nobody listens for errors: the next range reports them.
      stream.on('error', () => undefined)
      const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
      return { stream, chunks, rest: Buffer.alloc(0), position: 0, report }
    } catch (error) {
      report?.fail(signal.aborted ? signal.reason : error)
      throw error
    } finally {
      watch.stop()
    }
  }

  async #fill(open: Open, into: RangeBuffer, aborted: AbortController): Promise<void> {
    const { stallTimeout, minThroughput } = this.#target
    const { signal } = aborted
    // Only while bytes are wanted: a slow consumer is not a stall.
    const watch = new StallTimer(
      stallTimeout,
      drip => aborted.abort(stalled(stallTimeout, drip)),
      minThroughput,
    )
    const forget = onAbort(signal, () => open.stream.destroy(signal.reason as Error))
    try {
      while (!into.complete) {
        if (open.rest.length === 0) open.rest = await this.#next(open, into, watch)
        const skipped = Math.min(open.rest.length, into.received - open.position)
        const taken = into.write(open.rest.subarray(skipped))
        open.rest = open.rest.subarray(skipped + taken)
        open.position += skipped + taken
      }
      if (into.end === this.#pin.info!.size) await this.#end(open)
    } finally {
      forget()
      watch.stop()
    }
  }

  async #next({ chunks, position }: Open, into: RangeBuffer, watch: StallTimer): Promise<Buffer> {
    const { value, done } = await chunks.next()
    if (done === true) throw endedEarly(into.end - position)
    watch.alive(value.length)
    return value
  }

  /** After the last byte: nothing may follow. */
  async #end({ rest, chunks }: Open): Promise<void> {
    const isMore = rest.length > 0 || (await chunks.next()).done !== true
    if (isMore) throw new OverlongBody()
    this.#close()
  }
}
