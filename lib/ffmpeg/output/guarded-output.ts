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

/** What a {@link GuardedOutput} is told about its output. */
export interface GuardedOutputSpec {
  readonly format: string
  readonly args: readonly string[]
  /** How it lies in what it is stored in. Default `stream`. */
  readonly layout?: OutputLayout | undefined
  /** A track of it begins late: it is not waited for. */
  readonly hasLateTrack?: boolean | undefined
  /** Takes a chunk and says whether it wants more now. */
  readonly push: (chunk: Buffer) => boolean
}

/** Who is told of what comes. */
export interface GuardedOutputListener {
  /**
   * The output can't be read because a track of it begins late. It could be made anew.
   *
   * @returns whether it will be
   */
  onLateTrack(): boolean
  /** It can't be read. */
  onError(error: Error): void
  /** Whether somebody wants to know what is in the inputs before any of the output goes on. */
  isAwaited(): boolean
}

/** The largest `moov` or `moof` on a pipe is far below. */
const MAX_BOX_SIZE = MiB

/**
 * The most that waits for what ffmpeg says of its inputs, in bytes. Up to version 6 it writes the header of an output
 * before it says where the streams go, and a header that is larger than a pipe would keep it from saying so.
 */
export const MAX_UNTOLD = 256 * KiB

/**
 * One output of ffmpeg, on its way to its stage:
 *
 * - what lost its size is an error the moment it comes: what follows it can't be read, or not what is in it;
 * - an MP4 that waits for a track is held back up to its first fragment: until then it can be made anew;
 * - an MP4 that does not wait gets its edit lists;
 * - one whose cover is kept gets it;
 * - nothing goes on before it is told what is in the inputs, where somebody wants to know.
 *
 * Memory: what comes before the first fragment, or what {@link EditListWriter} holds, and {@link MAX_UNTOLD} and one
 * chunk.
 */
export class GuardedOutput {
  readonly #push: GuardedOutputSpec['push']
  readonly #listener: GuardedOutputListener
  readonly #tag: Id3SizeGuard | undefined
  readonly #boxes: BoxSizeGuard | undefined
  readonly #edits: EditListWriter | undefined
  readonly #late: LateTrackWatch | undefined
  #cover: CoverWriter | undefined
  /** What came before the first fragment: `undefined` once that has, and where nothing is held. */
  #held: Buffer[] | undefined
  /** What may go on when it is told what is in the inputs: `undefined` once it is. */
  #untold: Buffer[] | undefined = []
  #bytes = 0

  constructor(
    { format, args, layout, hasLateTrack = false, push }: GuardedOutputSpec,
    listener: GuardedOutputListener,
  ) {
    this.#push = push
    this.#listener = listener
    // A deferred header has the size of the tag in the end.
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

  /** Nothing of it has gone on, and another run of ffmpeg would make it without waiting for a track. */
  get canBeMadeAnew(): boolean {
    if (this.#boxes === undefined) return this.#bytes === 0
    return this.#held !== undefined && this.#late?.isAble === true
  }

  /** Puts a cover into the index. To be called before anything has come. */
  keepCover(image: Buffer): void {
    this.#cover = new CoverWriter(image, MAX_BOX_SIZE)
  }

  /** Takes the next entry of the log. */
  see(entry: FfmpegLogEntry): void {
    this.#late?.see(entry)
  }

  /**
   * ffmpeg tells how far it is. Whether the output waits for a track that begins late.
   *
   * @param outTime - seconds that were muxed
   */
  isWaiting(outTime: number): boolean {
    return this.#late?.isWaiting(outTime, this.#bytes) === true
  }

  /** Takes a chunk and says whether more is wanted now. */
  push(chunk: Buffer): boolean {
    this.#bytes += chunk.length
    let chunks: readonly Buffer[]
    try {
      chunks = this.#covered(this.#take(chunk))
    } catch (error) {
      if (!this.canBeMadeAnew || !this.#listener.onLateTrack()) this.#listener.onError(error as Error)
      return false
    }
    return this.#handOn(chunks)
  }

  /** It is told what is in the inputs, or never will be. */
  told(): void {
    this.#pushUntold()
  }

  /** All has come. */
  end(): void {
    this.#handOn(this.#covered(this.#edits?.end() ?? this.#release()))
    this.#cover?.end()
    this.#pushUntold()
  }

  /** What may go on of what has come. */
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
    if (this.#untold === undefined) return this.#pushAll(chunks)
    this.#untold.push(...chunks)
    const waits = this.#bytes <= MAX_UNTOLD && this.#listener.isAwaited()
    return waits || this.#pushUntold()
  }

  #pushUntold(): boolean {
    const chunks = this.#untold ?? []
    this.#untold = undefined
    return this.#pushAll(chunks)
  }

  #pushAll(chunks: readonly Buffer[]): boolean {
    let isWanted = true
    for (const chunk of chunks) isWanted = this.#push(chunk)
    return isWanted
  }
}
