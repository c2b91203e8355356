import { Readable } from 'node:stream'
import { destroyOnAbort } from '../io/async/abort-listeners.js'
import { LINK, type Link } from '../io/pipeline/link.js'
import { OrderedRanges } from '../io/fetch/ordered-ranges.js'
import { BLOCK_SIZE } from '../io/fetch/range-buffer.js'
import { ReadAheadWindow } from '../io/fetch/read-ahead-window.js'
import { tell, throwOutside } from '../io/async/user-event.js'
import {
  GiB,
  integerOption,
  KiB,
  knownOptions,
  MiB,
  oneOfOption,
  optionsObject,
  signalOption,
} from '../options.js'
import type { S3ObjectInfo, VersionPin } from './read/version-pin.js'
import { ObjectSlice } from './object-slice.js'
import { PinnedObject, SHARED_PIN } from './pinned-object.js'
import { READ_OPTIONS, readOptions, type S3ReadSettings } from './read/read-options.js'
import type { S3LocationOptions } from './request/s3-location.js'
import { type S3Verification, WholeCheck } from './checks/whole-check.js'
import type { ReadableEvents, TypedListener } from '../io/pipeline/typed-listeners.js'

/** The options of {@link S3RangeReadable}. */
export type S3RangeReadableOptions = S3LocationOptions & S3RangeSettings

/** What is read of an object, and how. */
export interface S3RangeSettings extends S3ReadSettings {
  /** First byte to read, from 0. One at or behind the object's end is an error. @defaultValue 0 */
  start?: number | undefined
  /**
   * One past the last byte to read; more than `start`. As in HTTP, one behind the object's end means its end; what
   * will be delivered is `total` of every `progress` event.
   *
   * @defaultValue the object's end
   */
  end?: number | undefined
  /**
   * Most ranges under way at a time: 1 to 256. A connection yields at most so much; this many of them yield as much
   * more. The next limit is `readAhead`.
   *
   * @defaultValue 6
   */
  concurrency?: number | undefined
  /**
   * Most bytes that may have been asked for and not yet been consumed, whether they are under way, wait in memory or
   * in the stream's buffer: 2 to 64 GiB. For full speed it should be at least `concurrency` × `partSize`; where
   * it is less, ranges get smaller.
   *
   * @defaultValue 48 MiB
   */
  readAhead?: number | undefined
  /**
   * Whether a read of a whole object is held against what the store keeps of its bytes, before its end.
   *
   * - `'auto'`: one of more than one request, against a CRC-32 of the whole object, where there is one. It is asked for by
   *   one HEAD, beside the second range.
   * - `'always'`: each, against any checksum that there is: CRC-32, CRC-32C, CRC-64/NVME, SHA-1, SHA-256, of the whole or
   *   of its parts, or an ETag that is an MD5. The first byte waits for the store to tell; CPU time is spent on the sum.
   * - `'off'`: none.
   *
   * Where the question is refused, or the object has nothing of the kind, the check is not made and nothing else
   * changes; {@link S3RangeReadable.verified} says whether it was.
   *
   * @defaultValue `'auto'`
   */
  verify?: 'auto' | 'always' | 'off' | undefined
  /** Destroys the stream, with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Bytes that wait in the stream's own buffer, which are a share of `readAhead`: 1 to `readAhead`.
   *
   * @defaultValue 256 KiB, or half of `readAhead` where that is less
   */
  highWaterMark?: number | undefined
}

/** How far a read has got. */
export interface ReadProgress {
  /** Bytes delivered so far. */
  readonly bytes: number
  /** Bytes that will have been delivered at the end. */
  readonly total: number
}

/** The events of {@link S3RangeReadable}: those of every stream of its kind, and its own. */
export interface S3RangeReadableEvents extends ReadableEvents {
  /** The first answer has come: what object this is. Once, before the first byte. */
  object: [info: S3ObjectInfo]
  /** A chunk was delivered. */
  progress: [progress: ReadProgress]
  /** The stage behind wants no more, and the stream ends early, without an error. */
  stop: []
}

/**
 * The first request asks for little: enough for a demuxer to tell what it has before it, and no more than 20 ms of a
 * single connection. What comes behind it is asked for as soon as its head is there.
 */
const FIRST_SIZE = 512 * KiB

/**
 * Reads an object in S3, or a part of it, in order, through ranged GETs in parallel.
 *
 * Guarantees
 * - It ends only after the last byte was delivered (or after a `stop`); whatever goes wrong is an error, with the
 *   bucket, the key and, as `byteOffset`, the first byte that could not be read. All bytes before it came first.
 * - All bytes are of one version: see {@link S3Source}, which does the asking, for this and for the errors.
 * - Connections are read as fast as they come, into memory that belongs to the stream. A slow consumer is not asked
 *   for patience by a half-read connection, but by no further request being made.
 * - The first request is small (512 KiB), and nothing is asked for before the first read. From then on read-ahead
 *   doubles whenever the consumer is found waiting, in proportion to what it has consumed, up to `readAhead`.
 *
 * Memory: at most `readAhead` bytes asked for and not yet consumed, plus what the consumer keeps of chunks it was
 * given (each pins a block of at most 256 KiB), plus 64 KiB a connection in Node's own buffers. With the defaults
 * 48 MiB; a consumer that is slower than one connection costs about 1 MiB.
 *
 * Nothing is left behind: when `close` comes, every request has been given up and settled.
 *
 * @example
 * ```ts
 * const source = new S3RangeReadable({ client, bucket: 'masters', key: 'talk.mov' })
 * source.on('progress', ({ bytes, total }) => console.log(`${Math.round((100 * bytes) / total)} %`))
 * await pipeline(source, createWriteStream('talk.mov'))
 * ```
 */
export class S3RangeReadable extends Readable {
  /** What this stream can do for the stage behind it: the same bytes by random access, and an early end. */
  readonly [LINK]: Link
  readonly #object: PinnedObject
  readonly #start: number
  readonly #plan: ReadAheadWindow
  readonly #ranges: OrderedRanges
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
    const { rule, highWaterMark, verify, signal } = checked(options)
    super({ highWaterMark })
    const object = (this.#object = new PinnedObject(readOptions(options, 'S3RangeReadable'), pinIn(options)))
    this.#start = this.#position = rule.start
    this.#plan = new ReadAheadWindow(rule)
    this.#ranges = new OrderedRanges(
      this.#plan,
      (into, aborted) => {
        const announce = (info: S3ObjectInfo) => this.#announce(info)
        return rule.start === 0
          ? object.fetchInOrder(into, aborted, announce)
          : object.fetch(into, aborted, announce)
      },
      () => this.#changed(),
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
      stop: () => this.#stop(),
    }
    // Not by super(): one that is aborted already would destroy a stream that has no fields yet.
    destroyOnAbort(signal, this)
  }

  /** What the first answer said of the object; `undefined` before it. */
  get info(): S3ObjectInfo | undefined {
    return this.#object.info
  }

  /**
   * By what all bytes were found to be those that were stored; `undefined` before the end, and where no check was made
   * ({@link S3RangeSettings.verify}). Whoever has to know asks before it commits:
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
    // A listener that reads from within its own 'data' event comes by here in the midst of a delivery.
    if (this.#delivering) return
    this.#deliver()
    this.#proceed()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#isOver = true
    void Promise.all([this.#ranges.cancel(), this.#check?.cancel()]).then(() => {
      this.#object.endInOrder()
      callback(error)
    })
  }

  #announce(info: S3ObjectInfo): void {
    if (this.#isAnnounced || this.#isOver) return
    this.#isAnnounced = true
    this.#plan.bound(info.size)
    // What one request brings is not worth a second one, unless bytes wait for it.
    if (this.#plan.exhausted && this.#check?.isReady === true) this.#check = undefined
    else this.#check?.begin(() => this.#changed())
    tell(this, 'object', info)
  }

  #changed(): void {
    // Nothing is read anew until something was delivered: so what waits for the store to tell waits here.
    if (this.#isOver || this.#check?.isReady === false) return
    // Its hands were empty when these bytes came: the source could have been faster.
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
        this.#wanted = false
        if (this.#give(chunk)) this.#wanted = true
        tell(this, 'progress', { bytes: this.#position - this.#start, total: this.#total })
      }
    } finally {
      this.#delivering = false
    }
  }

  /** Pushes a chunk; what a listener for 'data' throws is the user's, and no failure of the read. */
  #give(chunk: Buffer): boolean {
    try {
      return this.push(chunk)
    } catch (error) {
      throwOutside(error)
      return true
    }
  }

  /** Ends, fails, or asks for more. */
  #proceed(): void {
    if (this.#isOver) return
    if (this.#ranges.ended) {
      if (this.#check) void this.#conclude(this.#check)
      else this.#end()
    } else if (this.#ranges.error !== undefined) {
      if (this.#wanted) this.destroy(this.#ranges.error)
    } else {
      this.#ranges.fill(this.#position - this.readableLength)
    }
  }

  #end(): void {
    this.#isOver = true
    this.push(null)
  }

  /** All bytes were delivered; the end, or the error in its place, follows when the store has told its checksum. */
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

  #stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    void this.#ranges.cancel().then(() => this.#object.endInOrder())
    void this.#check?.cancel()
    this.push(null)
    tell(this, 'stop')
  }
}

/** Listeners, typed by the event; a name that is no event does not compile. */
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

const NAMES = [
  ...READ_OPTIONS,
  'start',
  'end',
  'concurrency',
  'readAhead',
  'verify',
  'signal',
  'highWaterMark',
] as const satisfies readonly (keyof S3RangeReadableOptions)[]

function checked(options: S3RangeReadableOptions) {
  knownOptions(optionsObject(options, 'S3RangeReadable'), 'S3RangeReadable', NAMES)
  const { partSize } = readOptions(options, 'S3RangeReadable')
  const max = Number.MAX_SAFE_INTEGER
  const unit = 'bytes'
  const start = integerOption(options, 'start', { min: 0, max: max - 1, default: 0, unit })
  const end = integerOption(options, 'end', { min: start + 1, max, default: Infinity, unit, infinity: true })
  const concurrency = integerOption(options, 'concurrency', { min: 1, max: 256, default: 6 })
  const readAhead = integerOption(options, 'readAhead', { min: 2, max: 64 * GiB, default: 48 * MiB, unit })
  const highWaterMark = integerOption(options, 'highWaterMark', {
    min: 1,
    max: readAhead,
    default: Math.min(BLOCK_SIZE, Math.floor(readAhead / 2)),
    unit,
  })
  return {
    rule: { start, end, firstSize: Math.min(FIRST_SIZE, partSize), partSize, concurrency, readAhead },
    highWaterMark,
    verify: oneOfOption(options, 'verify', { values: ['auto', 'always', 'off'], default: 'auto' }),
    signal: signalOption(options),
  }
}

/** How the bytes of a whole object are checked. */
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
