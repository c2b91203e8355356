import { HlsError } from '../../errors.js'
import { Fmp4Checker } from '../../mp4/checks/fmp4-checker.js'
import type { Fragment } from '../../mp4/fragments/fragment.js'
import type { OffsetEdit } from '../../mp4/rewrite/offset-edit.js'
import type { Fmp4Fragment, Fmp4Init } from '../../mp4/checks/validation-report.js'
import { MiB } from '../../options.js'
import { ByteQueue } from './byte-queue.js'
import { initTracks } from '../presentation/init-tracks.js'
import type { InitSegment } from '../presentation/presentation.js'
import { type SegmentSpan, Segmenter } from './segmenter.js'
import { TrackTimes } from './track-times.js'

/** The largest `moov` or `moof` that is read. ffmpeg's on a pipe stay below 32 KiB. */
const MAX_BOX_SIZE = 16 * MiB

/** The initialization segment of the stream. `init-anew`: what takes its place, since a track of it has no sample. */
export interface CutInit {
  readonly kind: 'init' | 'init-anew'
  readonly init: Pick<InitSegment, 'tracks' | 'track' | 'shiftTicks'>
  readonly bytes: readonly Buffer[]
}

/** A media segment. */
export interface CutSegment {
  readonly kind: 'segment'
  readonly span: SegmentSpan
  readonly bytes: readonly Buffer[]
}

/** What is cut off the stream: its initialization segment first, then media segments, and one anew at the end. */
export type Cut = CutInit | CutSegment

/**
 * Cuts one fragmented MP4 into its segments as its bytes come in, checking all of them on the way.
 *
 * What stands before a fragment (`styp`, `emsg`, `prft`) goes with it. Indexes of places in the whole (`sidx`, and
 * `mfra` behind the last fragment) go with none: playlists and manifests say where segments lie. But for them, and for
 * the edit lists and the times of fragments, which {@link TrackTimes} writes as players take them, the cuts are the
 * stream, byte for byte.
 */
export class Fmp4Cutter {
  readonly #rendition: string
  readonly #targetDuration: number
  readonly #maxSegmentSize: number
  readonly #allowMixed: boolean
  readonly #checker: Fmp4Checker
  readonly #bytes = new ByteQueue()
  #segmenter: Segmenter | undefined
  #times!: TrackTimes
  /** Known once the `moov` has come. */
  #tracks: Pick<InitSegment, 'tracks' | 'track'> | undefined
  /** Numbers of the tracks that have a sample. */
  readonly #heard = new Set<number>()
  /** All of the initialization segment that stands before the `moov`. */
  #beforeMoov: readonly Buffer[] = []
  /** How many bytes came. */
  #written = 0
  /** Where in the stream the last fragment that was added, or the initialization segment, ended. */
  #position = 0
  /** By how much what came since then has grown. */
  #growth = 0
  #cuts: Cut[] = []

  /**
   * @param options - `rendition`: its name, for messages; `targetDuration` in seconds; `maxSegmentSize`: how many
   *   bytes may wait to be cut off; `allowMixed`: whether the sound may be with the picture
   */
  constructor(options: {
    rendition: string
    targetDuration: number
    maxSegmentSize: number
    allowMixed: boolean
  }) {
    this.#rendition = options.rendition
    this.#targetDuration = options.targetDuration
    this.#maxSegmentSize = options.maxSegmentSize
    this.#allowMixed = options.allowMixed
    this.#checker = new Fmp4Checker(
      { strict: true, maxBoxSize: MAX_BOX_SIZE },
      {
        onMovie: (moov, movie) => (this.#times = new TrackTimes(moov, movie)),
        onIndex: ({ offset, size }) => this.#replace(offset, size, Buffer.alloc(0)),
        onInit: init => this.#begin(init),
        onSamples: fragment => this.#rewrite(fragment),
        onFragment: fragment => this.#goOn(fragment),
        onWarning: () => undefined,
      },
    )
  }

  /**
   * Takes the next bytes.
   *
   * @throws an `Mp4Error` where they are not as they should be, an {@link HlsError} where they can't be cut
   */
  write(chunk: Buffer): void {
    this.#bytes.add(chunk)
    this.#written += chunk.length
    this.#checker.write(chunk)
    if (this.#bytes.length <= this.#maxSegmentSize) return
    throw new HlsError(
      'AVIO_ERR_HLS_SEGMENT_TOO_LARGE',
      `Rendition "${this.#rendition}": ${this.#bytes.length} bytes, more than maxSegmentSize, came since the last ` +
        'place where it could be cut. Set key frames at least as often as targetDuration (-g), or raise maxSegmentSize',
      { rendition: this.#rendition },
    )
  }

  /**
   * The stream is at its end: what is left is the last segment.
   *
   * @param silent - numbers of tracks that may be without a sample, but for the one that segments are cut by: where one
   *   is, an initialization segment without it is cut then
   */
  end(silent: ReadonlySet<number> = new Set()): void {
    const tracks = this.#tracks
    const without = (tracks?.tracks ?? [])
      .filter(({ id }) => id !== tracks?.track.id && silent.has(id) && !this.#heard.has(id))
      .map(({ id }) => id)
    this.#checker.end(new Set(without))
    this.#cut(this.#segmenter?.end() ?? [])
    if (without.length > 0) this.#cutInit('init-anew', new Set(without))
  }

  /** What was cut off since the last time. */
  take(): Cut[] {
    const cuts = this.#cuts
    this.#cuts = []
    return cuts
  }

  #begin(init: Fmp4Init): void {
    this.#tracks = initTracks(init, this.#rendition, this.#allowMixed)
    this.#position = init.byteLength
    const { moovSize } = this.#times
    this.#beforeMoov = this.#bytes.take(init.byteLength + this.#growth - moovSize)
    this.#bytes.take(moovSize)
    this.#growth = 0
  }

  /** All data of a fragment has come: its `moof` is put in order where it lies. */
  #rewrite(fragment: Fragment): void {
    for (const { trackId, runs } of fragment.tracks) {
      if (runs.some(({ sampleCount }) => sampleCount > 0)) this.#heard.add(trackId)
    }
    const moof = this.#times.moof(fragment)
    if (moof) this.#replace(fragment.box.offset, fragment.box.size, moof)
  }

  /** Puts `bytes` in the place of a box whose place in the stream is stated; nothing behind it may have grown. */
  #replace(offset: number, size: number, bytes: Buffer): void {
    this.#bytes.replace(this.#bytes.length - (this.#written - offset), size, bytes)
    this.#growth += bytes.length - size
  }

  #goOn({ byteOffset, byteLength, tracks }: Fmp4Fragment): void {
    const { track } = this.#tracks!
    const times = this.#times.of(track.id)
    // Until the first picture has come, what comes lies before it.
    if (times === undefined) return
    this.#segmenter ??= this.#startWith(times)
    const end = byteOffset + byteLength
    const part = tracks.find(({ trackId }) => trackId === track.id)
    const moved = part && { ...part, startTicks: part.startTicks + times.decodeShift }
    const spans = this.#segmenter.add(end - this.#position + this.#growth, moved)
    this.#position = end
    this.#growth = 0
    this.#cut(spans)
  }

  /** What the edit list says is known: the initialization segment is cut off. */
  #startWith({ presentationShift }: OffsetEdit): Segmenter {
    this.#cutInit('init', new Set())
    return new Segmenter(this.#targetDuration, this.#tracks!.track.timescale, presentationShift)
  }

  #cutInit(kind: CutInit['kind'], without: ReadonlySet<number>): void {
    const known = this.#tracks!
    const { id } = known.track
    const tracks = known.tracks.filter(own => !without.has(own.id)).map(own => this.#times.track(own))
    const track = tracks.find(own => own.id === id)!
    const init = { tracks, track, shiftTicks: this.#times.of(id)!.presentationShift }
    this.#cuts.push({ kind, init, bytes: [...this.#beforeMoov, this.#times.moov(without)] })
  }

  #cut(spans: readonly SegmentSpan[]): void {
    for (const span of spans) {
      this.#cuts.push({ kind: 'segment', span, bytes: this.#bytes.take(span.byteLength) })
    }
  }
}
