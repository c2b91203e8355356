import { Writable } from 'node:stream'
import { AvioError } from '../../errors.js'
import { COMMIT, type CommitHook } from '../../io/pipeline/commit-hook.js'
import { Upstream } from '../../io/pipeline/upstream.js'
import { KiB } from '../../options.js'
import { type Cut, Fmp4Cutter } from '../segments/fmp4-cutter.js'
import type { TypedListener, WritableEvents } from '../../io/pipeline/typed-listeners.js'
import { reportStage } from '../../io/diagnostics/report-stage.js'

/** Bytes processed before the cuts are passed on: a write of any size then needs no more memory. */
const STEP = 256 * KiB

/** Receives the segments of a rendition. */
export interface RenditionTarget {
  /** The commit of the packaging, shared by all renditions. */
  readonly commit: CommitHook
  /** Stores a cut; the next one waits for it. `date`: the wall clock from a discontinuity on. */
  store(cut: Cut, date: Date | undefined): Promise<void>
  /** Everything is stored. */
  end(): Promise<void>
  /** The rendition failed or was destroyed; resolves after the clean-up. */
  fail(error: Error): Promise<void>
}

/** Cutting settings of a rendition. */
export interface RenditionCutting {
  readonly rendition: string
  /** In seconds. */
  readonly targetDuration: number
  /** In bytes. */
  readonly maxSegmentSize: number
  /** Whether audio and video may be in one rendition: a DASH manifest can't list that for all players. */
  readonly allowMixed: boolean
  /** Whether the initialization segment is invisible before the end, so that it can be replaced. */
  readonly allowSilent: boolean
}

/**
 * Takes the fragmented MP4 of one rendition: created by `CmafPackager.rendition()`.
 *
 * The bytes are checked like in `Fmp4Validator`. `'finish'` comes when all segments of the rendition are
 * stored; the packager's `result` tells whether they are published. An error of this stream, or its premature
 * end, is an error of the whole packaging: it works with a plain `pipe()` too.
 *
 * A write waits while a segment is being stored and the next one is complete. Memory: two segments, and the
 * data after the last possible cut: at most 2 × `maxSegmentSize`, and 24 MiB for a `moof` of the largest size.
 */
export class RenditionWritable extends Writable {
  readonly #cutting: RenditionCutting
  readonly #target: RenditionTarget
  readonly #upstream: Upstream
  #cutter: Fmp4Cutter
  #storing: Promise<void> = Promise.resolve()
  /** Writes that mark a discontinuity, with the wall clock there, and the silent tracks before it. */
  readonly #marks = new Map<
    Buffer,
    { readonly date: Date | undefined; readonly silent: Upstream['silentTracks'] }
  >()
  /** The silent tracks before the last discontinuity: data written without a pipe has no such information. */
  #told: Upstream['silentTracks']
  #date: Date | undefined
  #isStored = false

  /** @internal */
  constructor(cutting: RenditionCutting, target: RenditionTarget) {
    super()
    this.#cutting = cutting
    this.#target = target
    this.#cutter = new Fmp4Cutter(cutting)
    this.#upstream = new Upstream(this, 'RenditionWritable')
    reportStage(this, 'RenditionWritable')
    this.on('pipe', this.#expectAnother)
  }

  /**
   * The commit hook: the packager's own, one for all of its renditions.
   * @internal
   */
  get [COMMIT](): CommitHook {
    return this.#target.commit
  }

  /**
   * Marks the start of another stream, with its own initialization segment; tracks and clock may differ. The
   * data written before must be a complete stream. Playlists get `EXT-X-DISCONTINUITY`. Players expect it in
   * all renditions alike.
   *
   * @param options - `programDateTime`: the wall clock from here on. Default: it continues
   */
  discontinuity(options: { programDateTime?: Date | undefined } = {}): void {
    const mark = Buffer.alloc(0)
    const silent = this.#silentTracks
    this.#told = this.#upstream.silentTracks
    this.#marks.set(mark, { date: options.programDateTime, silent })
    this.write(mark)
  }

  /**
   * A pipeline that does not end its last stream leaves its listeners on it (Node 20 to 26), two per event: one
   * for each stream between discontinuities, which is not a leak.
   */
  readonly #expectAnother = (): void => {
    const most = this.getMaxListeners()
    if (most > 0) this.setMaxListeners(most + 2)
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#take(chunk).then(() => callback(), callback)
  }

  /** @internal */
  override _final(callback: (error?: Error | null) => void): void {
    this.#finish().then(() => callback(), callback)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#upstream.release()
    if (this.#isStored) {
      callback(error)
      return
    }
    const failure = error ?? closedEarly(this.#cutting.rendition)
    const done = (): void => callback(error)
    this.#target.fail(failure).then(done, done)
  }

  /** The silent tracks of the current stream. */
  get #silentTracks(): Upstream['silentTracks'] {
    const { silentTracks } = this.#upstream
    return silentTracks === this.#told ? undefined : silentTracks
  }

  async #take(chunk: Buffer): Promise<void> {
    const mark = this.#marks.get(chunk)
    if (mark) {
      await this.#endStream(mark.silent)
      this.#date = mark.date
      this.#marks.delete(chunk)
      this.#cutter = new Fmp4Cutter(this.#cutting)
      return
    }
    for (let at = 0; at < chunk.length; at += STEP) {
      this.#cutter.write(chunk.subarray(at, at + STEP))
      await this.#store()
    }
  }

  async #finish(): Promise<void> {
    await this.#endStream(this.#silentTracks)
    await this.#storing
    await this.#target.end()
    this.#isStored = true
  }

  async #endStream(silent: Upstream['silentTracks']): Promise<void> {
    this.#cutter.end(this.#cutting.allowSilent ? silent?.() : undefined)
    await this.#store()
  }

  /** Passes the cuts on: one is stored while the next one is collected. */
  async #store(): Promise<void> {
    for (const cut of this.#cutter.take()) {
      await this.#storing
      const date = cut.kind === 'init' ? this.#date : undefined
      this.#storing = this.#target.store(cut, date)
      // It may fail while nothing is being written.
      this.#storing.catch((error: unknown) => this.destroy(error as Error))
    }
  }
}

/** Listeners, typed by the event; a name that is no event does not compile. */
export interface RenditionWritable {
  /** Adds a listener for an event. */
  on<Name extends keyof WritableEvents>(event: Name, listener: TypedListener<WritableEvents, Name>): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof WritableEvents>(event: Name, listener: TypedListener<WritableEvents, Name>): this
  /** Removes a listener. */
  off<Name extends keyof WritableEvents>(event: Name, listener: TypedListener<WritableEvents, Name>): this
}

function closedEarly(rendition: string): AvioError {
  return new AvioError(
    'AVIO_ERR_UPSTREAM_CLOSED',
    `Rendition "${rendition}" closed before its end, without an error. The data received so far is incomplete and ` +
      'was not published. End the stream, or destroy it with an error.',
  )
}
