import { CoverWriter } from '../../mp4/rewrite/cover-writer.js'
import { EditListWriter } from '../../mp4/rewrite/edit-list-writer.js'
import { KiB, MiB } from '../../options.js'
import { movflagsOf } from '../args/build-arguments.js'
import { BoxSizeGuard } from './box-size-guard.js'
import { muxerOf } from '../args/muxers.js'
import { Id3SizeGuard } from './id3-size-guard.js'
import { LateTrackWatch, hasTrueTimes } from '../args/late-tracks.js'
import type { OutputLayout } from '../args/output-layout.js'
import type { FfmpegLogEntry } from '../log/log.js'

/** The output that a {@link GuardedOutput} guards. */
export interface GuardedOutputSpec {
  readonly format: string
  readonly args: readonly string[]
  /** The form in which the output is stored. Default `stream`. */
  readonly layout?: OutputLayout | undefined
  /** One of its tracks begins late: do not wait for it. */
  readonly hasLateTrack?: boolean | undefined
  /** Takes a chunk and returns whether it wants more now. */
  readonly push: (chunk: Buffer) => boolean
}

/** Receives the events of a {@link GuardedOutput}. */
export interface GuardedOutputListener {
  /**
   * The output is unreadable because one of its tracks begins late. Another run could write it.
   *
   * @returns whether there will be another run
   */
  onLateTrack(): boolean
  /** The output is unreadable. */
  onError(error: Error): void
  /** Whether a caller waits for the report on the inputs before any output is passed on. */
  isAwaited(): boolean
}

/** The largest `moov` or `moof` on a pipe is far below. */
const MAX_BOX_SIZE = MiB

/**
 * The most output that waits for ffmpeg's report on its inputs, in bytes. Up to version 6 it writes the header of an
 * output before it reports the stream mapping, and a header larger than a pipe would block that report.
 */
export const MAX_UNREPORTED = 256 * KiB

/**
 * One output of ffmpeg, on its way to its stage:
 *
 * - a box or tag without a size fails at once: nothing can read the rest;
 * - an MP4 that waits for a track is held back up to its first fragment: until then another run can replace it;
 * - an MP4 that does not wait gets its edit lists;
 * - an output whose cover is kept gets the cover;
 * - if a caller waits for the report on the inputs, all output is held back until then.
 *
 * Memory: the bytes before the first fragment, or those that {@link EditListWriter} holds, and {@link MAX_UNREPORTED}
 * and one chunk.
 */
export class GuardedOutput {
  readonly #push: GuardedOutputSpec['push']
  readonly #listener: GuardedOutputListener
  readonly #tag: Id3SizeGuard | undefined
  readonly #boxes: BoxSizeGuard | undefined
  readonly #edits: EditListWriter | undefined
  readonly #late: LateTrackWatch | undefined
  #cover: CoverWriter | undefined
  /** Bytes before the first fragment: `undefined` after it, and if nothing is held. */
  #held: Buffer[] | undefined
  /** Bytes that wait for the report on the inputs: `undefined` after it. */
  #unreported: Buffer[] | undefined = []
  #bytes = 0

  constructor(
    { format, args, layout, hasLateTrack = false, push }: GuardedOutputSpec,
    listener: GuardedOutputListener,
  ) {
    this.#push = push
    this.#listener = listener
    // A deferred header writes the tag's size at the end.
    if (format === 'mp3' && layout !== 'file') this.#tag = new Id3SizeGuard()
    if (!muxerOf(format).isMp4) return
    const flags = movflagsOf(args)
    this.#boxes = new BoxSizeGuard()
    if (hasLateTrack || hasTrueTimes(flags)) {
      this.#edits = new EditListWriter(MAX_BOX_SIZE)
    } else {
      this.#late = new LateTrackWatch(args, flags)
      if (this.#late.isAble) this.#held = []
    }
  }

  /** No bytes have been passed on, and another run of ffmpeg could write it without waiting for a track. */
  get isReplaceable(): boolean {
    if (this.#boxes === undefined) return this.#bytes === 0
    return this.#held !== undefined && this.#late?.isAble === true
  }

  /** Adds a cover to the index. Call it before any output arrives. */
  keepCover(image: Buffer): void {
    this.#cover = new CoverWriter(image, MAX_BOX_SIZE)
  }

  /** Takes the next entry of the log. */
  see(entry: FfmpegLogEntry): void {
    this.#late?.see(entry)
  }

  /**
   * Whether the output waits for a track that begins late, by ffmpeg's progress.
   *
   * @param outTime - seconds muxed so far
   */
  isWaiting(outTime: number): boolean {
    return this.#late?.isWaiting(outTime, this.#bytes) === true
  }

  /** Takes a chunk and returns whether it wants more now. */
  push(chunk: Buffer): boolean {
    this.#bytes += chunk.length
    let chunks: readonly Buffer[]
    try {
      chunks = this.#covered(this.#take(chunk))
    } catch (error) {
      if (!this.isReplaceable || !this.#listener.onLateTrack()) this.#listener.onError(error as Error)
      return false
    }
    return this.#handOn(chunks)
  }

  /** The report on the inputs is complete, or will never come. */
  reported(): void {
    this.#pushUnreported()
  }

  /** The output is complete. */
  end(): void {
    this.#handOn(this.#covered(this.#edits?.end() ?? this.#release()))
    this.#cover?.end()
    this.#pushUnreported()
  }

  /** Returns the bytes that may be passed on. */
  #take(chunk: Buffer): readonly Buffer[] {
    this.#tag?.check(chunk)
    this.#boxes?.check(chunk)
    if (this.#edits) return this.#edits.write(chunk)
    if (this.#held === undefined) return [chunk]
    this.#held.push(chunk)
    return this.#boxes?.hasFragment === true ? this.#release() : []
  }

  #release(): readonly Buffer[] {
    const held = this.#held ?? []
    this.#held = undefined
    return held
  }

  #covered(chunks: readonly Buffer[]): readonly Buffer[] {
    const cover = this.#cover
    return cover ? chunks.flatMap(chunk => cover.write(chunk)) : chunks
  }

  #handOn(chunks: readonly Buffer[]): boolean {
    if (this.#unreported === undefined) return this.#pushAll(chunks)
    this.#unreported.push(...chunks)
    const waits = this.#bytes <= MAX_UNREPORTED && this.#listener.isAwaited()
    return waits || this.#pushUnreported()
  }

  #pushUnreported(): boolean {
    const chunks = this.#unreported ?? []
    this.#unreported = undefined
    return this.#pushAll(chunks)
  }

  #pushAll(chunks: readonly Buffer[]): boolean {
    let isWanted = true
    for (const chunk of chunks) isWanted = this.#push(chunk)
    return isWanted
  }
}
