import { Writable } from 'node:stream'
import { AvioError } from '../../errors.js'
import { COMMIT, type CommitHook } from '../../io/pipeline/commit-hook.js'
import { Upstream } from '../../io/pipeline/upstream.js'
import { KiB } from '../../options.js'
import { type Cut, Fmp4Cutter } from '../segments/fmp4-cutter.js'
import type { TypedListener, WritableEvents } from '../../io/pipeline/typed-listeners.js'

/** How much is looked at before what was cut is handed on: a write of any size then needs no more memory. */
const STEP = 256 * KiB

/** Where the segments of a rendition go. */
export interface RenditionTarget {
  /** The commit of the whole, which all renditions share. */
  readonly commit: CommitHook
  /** Stores what was cut; the next one waits for it. `date`: the wall clock from a discontinuity on. */
  store(cut: Cut, date: Date | undefined): Promise<void>
  /** All was stored. */
  end(): Promise<void>
  /** The rendition failed, or was given up; resolves when everything is cleaned up. */
  fail(error: Error): Promise<void>
}

/** What a rendition is cut by. */
export interface RenditionCutting {
  readonly rendition: string
  /** In seconds. */
  readonly targetDuration: number
  /** In bytes. */
  readonly maxSegmentSize: number
  /** Whether the sound may be with the picture: a manifest of DASH can't list that for all players. */
  readonly allowMixed: boolean
  /** Whether nobody has seen the initialization segment before the end, so that it can be stored anew. */
  readonly allowSilent: boolean
}

/**
 * Takes the fragmented MP4 of one rendition: what `CmafPackager.rendition()` gives.
 *
 * The bytes are checked as `Fmp4Validator` checks them. `'finish'` comes when all segments of the rendition are stored;
 * whether they are published is what the packager's `result` tells. An error of this stream is an error of the whole
 * packaging, and so is its end before time: it works under a plain `pipe()` too.
 *
 * A write waits while a segment is being stored and the next one is complete. Memory: two segments, and what follows
 * the last place where a cut can be made: at most 2 × `maxSegmentSize`, and 24 MiB for a `moof` of the largest size.
 */
export class RenditionWritable extends Writable {
  readonly #cutting: RenditionCutting
  readonly #target: RenditionTarget
  readonly #upstream: Upstream
  #cutter: Fmp4Cutter
  #storing: Promise<void> = Promise.resolve()
  /** Writes that stand for a discontinuity, with the wall clock there, and what tells the silent tracks before it. */
  readonly #marks = new Map<
    Buffer,
    { readonly date: Date | undefined; readonly silent: Upstream['silentTracks'] }
  >()
  /** What told of the stream before the last discontinuity: what is written since, without a pipe, is not told of. */
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
    this.on('pipe', this.#expectAnother)
  }

  /**
   * What commits it together with other outputs: the packager's own, one for all of its renditions.
   * @internal
   */
  get [COMMIT](): CommitHook {
    return this.#target.commit
  }

  /**
   * Says that what is written from here on is another stream, with an initialization segment of its own; other tracks,
   * another clock. What was written before has to be a stream that is whole. Playlists say `EXT-X-DISCONTINUITY`.
   * Players want it in all renditions alike.
   *
   * @param options - `programDateTime`: the wall clock from here on. Default: it goes on
   */
  discontinuity(options: { programDateTime?: Date | undefined } = {}): void {
    const mark = Buffer.alloc(0)
    const silent = this.#silentTracks
    this.#told = this.#upstream.silentTracks
    this.#marks.set(mark, { date: options.programDateTime, silent })
    this.write(mark)
  }

  /**
   * A pipeline that does not end its last stream leaves its listeners on it (Node 20 to 26), two to an event: one for
   * each stream between discontinuities, and no leak.
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

  /** What tells the silent tracks of the stream that comes. */
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

  /** Hands on what was cut: one is being stored while the next one is gathered. */
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
    `Rendition "${rendition}" was closed before its end, without an error: what came so far is incomplete and was not ` +
      'passed off as the whole. End it, or destroy it with an error.',
  )
}
