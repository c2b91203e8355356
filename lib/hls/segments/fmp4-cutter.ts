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

/** The largest `moov` or `moof` to read. ffmpeg's on a pipe stay below 32 KiB. */
const MAX_BOX_SIZE = 16 * MiB

/**
 * The stream's initialization segment. `init-anew`: its replacement, because one of its tracks has no sample.
 */
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

/**
 * The cuts of a stream: its initialization segment first, then media segments, and possibly a new one at the
 * end.
 */
export type Cut = CutInit | CutSegment

/**
 * Cuts one fragmented MP4 into segments as its bytes arrive, and checks all of them.
 *
 * Boxes before a fragment (`styp`, `emsg`, `prft`) belong to it. Indexes of positions in the whole stream
 * (`sidx`, and `mfra` after the last fragment) are dropped: playlists and manifests locate the segments. Except
 * for them, and for the edit lists and fragment times, which {@link TrackTimes} rewrites for players, the cuts
 * are the stream, byte for byte.
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
  /** Known once the `moov` has arrived. */
  #tracks: Pick<InitSegment, 'tracks' | 'track'> | undefined
  /** Numbers of the tracks that have samples. */
  readonly #heard = new Set<number>()
  /** The part of the initialization segment before the `moov`. */
  #beforeMoov: readonly Buffer[] = []
  /** Number of bytes received. */
  #written = 0
  /** Where in the stream the last added fragment, or the initialization segment, ended. */
  #position = 0
  /** By how much the data since then has grown. */
  #growth = 0
  #cuts: Cut[] = []

  /**
   * @param options - `rendition`: its name, for messages; `targetDuration` in seconds; `maxSegmentSize`: how
   * many bytes may wait for a cut; `allowMixed`: whether audio and video may be in one rendition
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
        onFragment: describe => this.#goOn(describe()),
        onWarning: () => undefined,
      },
    )
  }

  /**
   * Takes the next bytes.
   *
   * @throws an `Mp4Error` for invalid bytes, an {@link HlsError} if they can't be cut
   */
  write(chunk: Buffer): void {
    this.#bytes.add(chunk)
    this.#written += chunk.length
    this.#checker.write(chunk)
    if (this.#bytes.length <= this.#maxSegmentSize) return
    throw new HlsError(
      'AVIO_ERR_HLS_SEGMENT_TOO_LARGE',
      `Rendition "${this.#rendition}": ${this.#bytes.length} bytes since the last possible cut exceed ` +
        'maxSegmentSize. Set key frames at least as often as targetDuration (-g), or raise maxSegmentSize',
      { rendition: this.#rendition },
    )
  }

  /**
   * The stream has ended: the remainder is the last segment.
   *
   * @param silent - numbers of tracks that may have no samples, except the one that determines the cuts: if
   * there is one, a new initialization segment without it is emitted
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

  /** The cuts since the last call. */
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

  /** All data of a fragment has arrived: rewrites its `moof` in place. */
  #rewrite(fragment: Fragment): void {
    for (const { trackId, runs } of fragment.tracks) {
      if (runs.some(({ sampleCount }) => sampleCount > 0)) this.#heard.add(trackId)
    }
    const moof = this.#times.moof(fragment)
    if (moof) this.#replace(fragment.box.offset, fragment.box.size, moof)
  }

  /** Replaces a box at the given stream position; nothing after it may have grown. */
  #replace(offset: number, size: number, bytes: Buffer): void {
    this.#bytes.replace(this.#bytes.length - (this.#written - offset), size, bytes)
    this.#growth += bytes.length - size
  }

  #goOn({ byteOffset, byteLength, tracks }: Fmp4Fragment): void {
    const { track } = this.#tracks!
    const times = this.#times.of(track.id)
    // Until the first frame arrives, all data is before it.
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

  /** The edit list is known: emits the initialization segment. */
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
