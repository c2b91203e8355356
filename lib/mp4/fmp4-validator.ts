import { Transform, type TransformCallback } from 'node:stream'
import { destroyOnAbort } from '../io/async/abort-listeners.js'
import { endWhenUnconsumed } from '../io/pipeline/end-unconsumed.js'
import { Lending } from '../io/pipeline/lending.js'
import { LINK, type Link, isSoleConsumer } from '../io/pipeline/link.js'
import { Upstream } from '../io/pipeline/upstream.js'
import { tell } from '../io/async/user-event.js'
import { KiB, booleanOption } from '../options.js'
import { type CheckerListener, Fmp4Checker } from './checks/fmp4-checker.js'
import type {
  Fmp4Fragment,
  Fmp4Init,
  ValidationReport,
  ValidationWarning,
} from './checks/validation-report.js'
import { stageSettings } from './stage-options.js'
import type { DuplexEvents, TypedListener } from '../io/pipeline/typed-listeners.js'
import { reportStage } from '../io/diagnostics/report-stage.js'

/** Bytes processed in one turn of the event loop. */
const LOOKED_AT_ONCE = 128 * KiB

/** Options of {@link Fmp4Validator}. */
export interface Fmp4ValidatorOptions {
  /**
   * Whether a problem is an error. With `false` it becomes a `warning`, and the bytes pass regardless.
   * @defaultValue `true`
   */
  strict?: boolean | undefined
  /**
   * The largest metadata box (`moov`, `moof`, `sidx`, `emsg`) to read, in bytes: 1 KiB to 1 GiB. Such a box is
   * buffered in memory, so this bounds the memory. Raise it for very long fragments or very large cover art;
   * media data (`mdat`) and all other boxes may have any size.
   * @defaultValue 16 MiB
   */
  maxBoxSize?: number | undefined
  /** Destroys the stream with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Buffer size on either side of the stream, in bytes: 0 to 1 GiB.
   * @defaultValue Node's default
   */
  highWaterMark?: number | undefined
}

/** Events of {@link Fmp4Validator}: those of every stream of its kind, and its own. */
export interface Fmp4ValidatorEvents extends DuplexEvents {
  /** The `moov` was read. */
  init: [init: Fmp4Init]
  /** A fragment has passed all checks. */
  fragment: [fragment: Fmp4Fragment]
  /** A remark; without `strict`, also every problem. */
  warning: [warning: ValidationWarning]
  /** The stream has passed: the same object as the property `report`. */
  report: [report: ValidationReport]
  /** The consumer wanted no more, and the stream ends early. */
  stop: []
}

/**
 * Checks a fragmented MP4 in transit: the output is identical to the input, and ends only if nothing was wrong.
 *
 * Guarantees
 * - Bytes are neither changed nor copied: each chunk is passed on as the same object, once its contents are
 *   checked. A problem is found at the latest with the last byte of its box, and that chunk is not passed on;
 *   an all-or-nothing sink then stores nothing.
 * - The readable side ends only after the input ended with every box closed, every fragment complete and every
 *   check passed. Anything else is an `Mp4Error` with `code`, `byteOffset`, `boxPath` and `trackId`.
 *   `docs/validation.md` lists the checks.
 * - Hostile input causes no crash, hang or memory growth: boxes, tracks, edits and samples are counted before
 *   they are read.
 * - It works with a plain `pipe()`: a source that fails or closes early destroys this stream too. It passes its
 *   source's link on to its consumer (`randomAccess`, `stop`).
 *
 * A failure leaves behind only the bytes already passed on.
 *
 * Memory: at most 1.5 × `maxBoxSize` for the box being read, two `highWaterMark`s, and the parsed form of the
 * last box: some 300 bytes per inner box, of which there can be 100,000. Nothing grows with the length of the
 * stream.
 *
 * @example
 * ```ts
 * const validator = new Fmp4Validator()
 * validator.on('init', ({ tracks }) => console.log(tracks.map(track => track.codec)))
 * await pipeline(reader, ffmpeg, validator, sink)
 * console.log(validator.report)
 * ```
 */
export class Fmp4Validator extends Transform {
  readonly #checker: Fmp4Checker
  readonly #upstream: Upstream
  readonly #lending: Lending
  #report: ValidationReport | undefined
  #isStopped = false

  /** @throws `OptionError` for an invalid option */
  constructor(options: Fmp4ValidatorOptions = {}) {
    const { maxBoxSize, highWaterMark, signal } = stageSettings(options, 'Fmp4Validator', ['strict'])
    const strict = booleanOption(options, 'strict', { default: true })
    super(highWaterMark === undefined ? {} : { highWaterMark })
    this.#lending = new Lending(this, () => this.#upstream.keepLent())
    this.#upstream = new Upstream(this, 'Fmp4Validator', { givesBack: () => this.#lending.isOn })
    this.#checker = new Fmp4Checker({ strict, maxBoxSize }, new Findings(this))
    reportStage(this, 'Fmp4Validator')
    endWhenUnconsumed(this, 'Fmp4Validator')
    // Not through super(): an already aborted signal would destroy a stream that has no fields yet.
    destroyOnAbort(signal, this)
  }

  /** The findings, once the stream has ended or was stopped; `undefined` before, and after an error. */
  get report(): ValidationReport | undefined {
    return this.#report
  }

  /**
   * What this stream offers its consumer: the link of its own source, as the bytes are the same.
   * @internal
   */
  get [LINK](): Link {
    const { source, link, mediaTypes, silentTracks } = this.#upstream
    const canStop = source !== undefined && link?.stop !== undefined && isSoleConsumer(source)
    return {
      ...(link?.randomAccess === undefined ? {} : { randomAccess: link.randomAccess }),
      ...(link?.isAllRequested === undefined ? {} : { isAllRequested: link.isAllRequested }),
      ...(silentTracks && { silentTracks }),
      ...(mediaTypes && { mediaTypes }),
      lendTo: this.#lending.lendTo,
      ...(canStop ? { stop: () => this.#stop() } : {}),
    }
  }

  /** @internal */
  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    // Nobody wants these any more; where they end says nothing about the stream.
    if (this.#isStopped) {
      callback()
      return
    }
    this.#check(chunk, 0, callback)
  }

  /**
   * A long chunk is checked in parts, with turns of the event loop in between. It is passed on in one piece.
   */
  #check(chunk: Buffer, from: number, callback: TransformCallback): void {
    const end = Math.min(chunk.length, from + LOOKED_AT_ONCE)
    try {
      this.#checker.write(from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end))
    } catch (error) {
      callback(error as Error)
      return
    }
    if (end === chunk.length) callback(null, chunk)
    else setImmediate(() => this.#goOn(chunk, end, callback))
  }

  #goOn(chunk: Buffer, from: number, callback: TransformCallback): void {
    if (this.destroyed || this.#isStopped) callback()
    else this.#check(chunk, from, callback)
  }

  /** @internal */
  override _flush(callback: TransformCallback): void {
    try {
      if (!this.#isStopped) this.#checker.end(this.#upstream.silentTracks?.())
      this.#tell()
    } catch (error) {
      callback(error as Error)
      return
    }
    callback()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#upstream.release()
    callback(error)
  }

  #stop(): void {
    if (this.#isStopped || this.writableFinished || this.destroyed) return
    this.#isStopped = true
    this.#upstream.stop()
    tell(this, 'stop')
  }

  #tell(): void {
    this.#report = this.#checker.report()
    tell(this, 'report', this.#report)
  }
}

/** Emits the events. Closures would be new to each validator, and what is compiled for the first one discarded. */
class Findings implements CheckerListener {
  constructor(private readonly stage: Fmp4Validator) {}

  onInit(init: Fmp4Init): void {
    tell(this.stage, 'init', init)
  }

  onFragment(describe: () => Fmp4Fragment): void {
    if (this.stage.listenerCount('fragment') > 0) tell(this.stage, 'fragment', describe())
  }

  onWarning(warning: ValidationWarning): void {
    tell(this.stage, 'warning', warning)
  }
}

/** Listeners, typed by the event; a name that is no event does not compile. */
export interface Fmp4Validator {
  /** Adds a listener for an event. */
  on<Name extends keyof Fmp4ValidatorEvents>(
    event: Name,
    listener: TypedListener<Fmp4ValidatorEvents, Name>,
  ): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof Fmp4ValidatorEvents>(
    event: Name,
    listener: TypedListener<Fmp4ValidatorEvents, Name>,
  ): this
  /** Removes a listener. */
  off<Name extends keyof Fmp4ValidatorEvents>(
    event: Name,
    listener: TypedListener<Fmp4ValidatorEvents, Name>,
  ): this
}
