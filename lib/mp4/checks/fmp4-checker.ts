import { Mp4Error } from '../../errors.js'
import { type BoxHandler, type BoxHeader, BoxReader, boxTooLarge } from '../boxes/box-reader.js'
import type { Box } from '../boxes/box.js'
import { FragmentChecks } from './fragment-checks.js'
import type { Fragment } from '../fragments/fragment.js'
import type { SampleData } from '../fragments/sample-data.js'
import {
  type AnnouncedTrack,
  announcedTracks,
  movieProblems,
  movieWarnings,
  sampleDescriptions,
} from './movie-checks.js'
import { type Movie, parseMovie } from '../movie/movie.js'
import { eventMessage, segmentIndex } from '../boxes/leaf-boxes.js'
import {
  emptyStream,
  endWithoutFragment,
  endWithoutMoov,
  ftypMissing,
  misplaced,
  moovMissing,
  notMp4,
  orphan,
  sizeZero,
  trackWithoutSamples,
  trailing,
} from './order-errors.js'
import {
  type Fmp4Fragment,
  type Fmp4Init,
  MAX_REPORTED_WARNINGS,
  type ValidationReport,
  type ValidationWarning,
} from './validation-report.js'

/** Callbacks for the checker's findings. */
export interface CheckerListener {
  onInit(init: Fmp4Init): void
  /** A fragment has passed all checks. `describe` describes it, during the call: that costs, so it is on demand. */
  onFragment?(describe: () => Fmp4Fragment): void
  onWarning(warning: ValidationWarning): void
  /** The `ftyp` was read: only if this is set, as it is otherwise passed. */
  onFileType?(ftyp: Box): void
  /** The `moov` was read; comes before {@link onInit}. Its bytes are a view of its chunk. */
  onMovie?(moov: Box, movie: Movie): void
  /** A `sidx` was read: its offset in the stream, and its size in bytes. */
  onIndex?(sidx: Pick<Box, 'offset' | 'size'>): void
  /** Content of an `mdat` announced by a fragment, as slices of the chunks, in stream order. */
  onMedia?(bytes: Buffer, mdat: BoxHeader): void
  /** All data of a fragment has arrived: its parsed `moof`, valid during the call, before {@link onFragment}. */
  onSamples?(fragment: Fragment): void
}

/** Strictness and box size limit. */
export interface CheckerOptions {
  readonly strict: boolean
  readonly maxBoxSize: number
  /** Whether a video or audio track may have no samples. Default: it must not. */
  readonly allowEmptyTracks?: boolean
}

/** Boxes that are read completely. All others pass, with any size. */
const COLLECTED = new Set(['moov', 'moof', 'sidx', 'emsg'])
/** Boxes without meaning to a player, allowed anywhere. */
const PADDING = new Set(['free', 'skip', 'wide', 'uuid'])
/** Boxes that such a stream may contain, but not start with. */
const KNOWN = new Set(
  'moov moof mdat free skip wide uuid sidx ssix emsg prft pdin meta udta mfra pnot'.split(' '),
)

/**
 * Checks a fragmented MP4 as its bytes arrive: the order of its boxes, and their contents.
 *
 * With `strict`, the first problem is thrown. Otherwise it becomes a warning, and checking continues as far as
 * possible: past a box with an unknown end it is not.
 */
export class Fmp4Checker implements BoxHandler {
  /** Set only if the listener wants media: slicing costs. */
  onContent?: (bytes: Buffer, header: BoxHeader) => void
  readonly #reader: BoxReader
  readonly #strict: boolean
  readonly #maxBoxSize: number
  readonly #allowEmptyTracks: boolean
  readonly #listener: CheckerListener
  readonly #warnings: ValidationWarning[] = []
  /** Whether the listener wants neither media nor samples: then a fragment like one before need not be read. */
  readonly #mayRepeat: boolean
  #warningCount = 0
  #bytes = 0
  /** Where the bytes start that are being checked. */
  #chunkStart = 0
  #hasMoov = false
  #timescale = 1
  /** Where each track was announced, without the bytes. */
  #announced: readonly AnnouncedTrack[] = []
  /** Checks of the tracks; `undefined` until `moov` is read, and for good if it can't be. */
  #checks: FragmentChecks | undefined
  /** The checks that hold the fragment whose data is still to come, if there is one. */
  #open: FragmentChecks | undefined
  /** Whether the last `moof` could not be read, so that the next `mdat` can't be checked. */
  #isExcused = false
  /** The number of warnings before the last fragment. */
  #warnedBefore = 0
  #fragments = 0
  /** Where the last complete fragment starts, and where its data ends. */
  #start = 0
  #end = 0
  /** The first box since the last fragment that only makes sense before another one. */
  #dangling: BoxHeader | undefined
  /** Whether `mfra`, which must be the last box, has been seen. */
  #isOver = false
  /** Whether the boxes can't be followed any more. */
  #isLost = false
  #isComplete = false

  constructor(options: CheckerOptions, listener: CheckerListener) {
    this.#strict = options.strict
    this.#maxBoxSize = options.maxBoxSize
    this.#allowEmptyTracks = options.allowEmptyTracks ?? false
    this.#listener = listener
    this.#reader = new BoxReader(this, options.maxBoxSize)
    if (listener.onMedia) {
      this.onContent = (bytes, header) => {
        if (header.type === 'mdat') listener.onMedia!(bytes, header)
      }
    }
    this.#mayRepeat = !listener.onMedia && !listener.onSamples
  }

  /** Checks the next bytes of the stream. */
  write(chunk: Buffer): void {
    this.#chunkStart = this.#bytes
    this.#bytes += chunk.length
    if (this.#isLost) return
    try {
      this.#reader.write(chunk)
    } catch (error) {
      this.#lose(error)
    }
  }

  /**
   * The stream has ended: checks that it may end here.
   *
   * @param silent - numbers of tracks that may have no samples: their source has none
   */
  end(silent: ReadonlySet<number> = new Set()): void {
    if (this.#isLost) return
    try {
      this.#reader.end()
      this.#checkEnd(silent)
      this.#isComplete = true
    } catch (error) {
      this.#lose(error)
    }
  }

  /** The report so far. */
  report(): ValidationReport {
    const timelines = [...(this.#checks?.timelines.values() ?? [])]
    const shown = timelines.flatMap(timeline => timeline.presentation(this.#timescale) ?? [])
    const start = shown.reduce((least, { start }) => Math.min(least, start), Infinity)
    const end = shown.reduce((most, { end }) => Math.max(most, end), -Infinity)
    return {
      duration: shown.length > 0 ? end - start : 0,
      tracks: timelines.map(timeline => timeline.report(this.#timescale)),
      fragments: this.#fragments,
      bytes: this.#bytes,
      complete: this.#isComplete,
      warnings: [...this.#warnings],
      warningCount: this.#warningCount,
    }
  }

  /** Records a problem. */
  problem(error: Mp4Error): void {
    if (this.#strict) throw error
    this.warn(error)
  }

  /** Records a remark. */
  warn(warning: ValidationWarning): void {
    this.#warningCount++
    if (this.#warnings.length < MAX_REPORTED_WARNINGS) this.#warnings.push(warning)
    this.#listener.onWarning(warning)
  }

  onBox(header: BoxHeader): 'collect' | 'pass' {
    const { type, size } = header
    this.#checkOrder(header)
    if (size === Infinity && type !== 'mdat') {
      this.problem(sizeZero(header))
      this.#isLost = true
      return 'pass'
    }
    if (type === 'mdat') {
      this.#mdatBegins(header)
      return 'pass'
    }
    const isWanted = COLLECTED.has(type) || (type === 'ftyp' && this.#listener.onFileType !== undefined)
    if (!isWanted) return 'pass'
    if (size <= this.#maxBoxSize) return 'collect'
    this.problem(boxTooLarge(header, this.#maxBoxSize))
    this.#isExcused ||= type === 'moof'
    return 'pass'
  }

  onFragment(bytes: Buffer, start: number, offset: number): number {
    if (!this.#mayRepeat || this.#open || this.#isOver || this.#checks === undefined) return 0
    const end = this.#checks.repeat(bytes, start)
    if (end === 0) return 0
    this.#isExcused = false
    this.#countFragment(offset, offset + end - start)
    return end
  }

  onCollected(box: Box): void {
    try {
      if (box.type === 'moov') this.#readMoov(box)
      else if (box.type === 'moof') this.#readMoof(box)
      else if (box.type === 'ftyp') this.#listener.onFileType!(box)
      else if (box.type === 'emsg') eventMessage(box)
      else this.#readIndex(box)
    } catch (error) {
      if (!(error instanceof Mp4Error)) throw error
      this.problem(error)
      this.#isExcused ||= box.type === 'moof'
    }
  }

  onPassed(header: BoxHeader, end: number): void {
    if (header.type === 'mfra') this.#isOver = true
    if (header.type === 'mdat') this.#mdatEnds(header, end)
  }

  /** The reader threw: the start of the next box is unknown. */
  #lose(error: unknown): void {
    if (this.#strict || !(error instanceof Mp4Error)) throw error
    this.#isLost = true
    this.warn(error)
  }

  /** Checks whether the box may come now. */
  #checkOrder(header: BoxHeader): void {
    const { type, offset } = header
    if (offset === 0 && type !== 'ftyp' && type !== 'styp') {
      // Thrown even if checking continues after errors: without MP4 there are no boxes to follow.
      if (!KNOWN.has(type)) throw notMp4(header)
      this.problem(ftypMissing(header))
    }
    if (offset > 0 && type === 'ftyp') this.problem(misplaced(header, 'ftyp can only be the first box'))
    if (type === 'moov') {
      if (this.#hasMoov) this.problem(misplaced(header, 'there already was a moov'))
      this.#hasMoov = true
    }
    const isMedia = type === 'moof' || type === 'mdat'
    if (type === 'moof') this.#moofBegins(header)
    if (!isMedia && PADDING.has(type)) return
    if (this.#isOver) this.problem(trailing(header, 'after mfra, which must be the last box'))
    if (!isMedia && type !== 'mfra') this.#dangling ??= header
  }

  #moofBegins(header: BoxHeader): void {
    this.#dangling = undefined
    this.#isExcused = false
    this.#warnedBefore = this.#warningCount
    this.#checkAllDataCame()
    if (!this.#hasMoov) this.problem(moovMissing(header))
  }

  #readMoov(moov: Box): void {
    const movie = parseMovie(moov)
    for (const problem of movieProblems(moov, movie)) this.problem(problem)
    if (this.#checks) return
    for (const warning of movieWarnings(moov, movie)) this.warn(warning)
    const { timescale, tracks } = movie
    this.#timescale = timescale
    this.#announced = announcedTracks(moov, movie)
    this.#checks = new FragmentChecks(movie, this, sampleDescriptions(moov, movie))
    this.#listener.onMovie?.(moov, movie)
    this.#listener.onInit({ timescale, tracks, byteLength: moov.offset + moov.size })
  }

  #readIndex(sidx: Box): void {
    segmentIndex(sidx)
    this.#listener.onIndex?.(sidx)
  }

  #readMoof(moof: Box): void {
    if (this.#checks === undefined) {
      this.#isExcused = true
      return
    }
    this.#checks.check(moof)
    this.#open = this.#checks
    // A fragment without data is legal: it only states that a track pauses.
    if (this.#open.data.missing === undefined) this.#closeFragment(moof.offset + moof.size)
  }

  #mdatBegins(mdat: BoxHeader): void {
    if (this.#open) {
      if (mdat.size !== Infinity) this.#takeData(this.#open.data, mdat, mdat.offset + mdat.size)
    } else if (!this.#isExcused && mdat.size > mdat.headerSize) {
      this.problem(orphan(mdat, this.#hasMoov))
    }
  }

  #mdatEnds(mdat: BoxHeader, end: number): void {
    const data = this.#open?.data
    if (data === undefined) return
    if (mdat.size === Infinity) this.#takeData(data, mdat, end)
    if (data.missing !== undefined) return
    const moof = this.#checks!.fragment.box
    this.#closeFragment(end)
    const isWhole = moof.offset >= this.#chunkStart
    if (this.#mayRepeat && isWhole && this.#warningCount === this.#warnedBefore) this.#checks!.learn(moof)
  }

  #takeData(data: SampleData, mdat: BoxHeader, end: number): void {
    const problem = data.take(mdat, mdat.offset + mdat.headerSize, end)
    if (problem === undefined) return
    this.problem(problem)
    data.giveUp()
  }

  #closeFragment(end: number): void {
    this.#open = undefined
    const { fragment } = this.#checks!
    this.#listener.onSamples?.(fragment)
    this.#countFragment(fragment.box.offset, end)
  }

  #countFragment(start: number, end: number): void {
    this.#dangling = undefined
    this.#fragments++
    this.#start = start
    this.#end = end
    this.#listener.onFragment?.(this.#describe)
  }

  readonly #describe = (): Fmp4Fragment => {
    const { sequence } = this.#checks!
    const tracks = this.#checks!.parts()
    return { sequence, byteOffset: this.#start, byteLength: this.#end - this.#start, tracks }
  }

  /** The next fragment begins, or the stream ends: the previous one must have all its data. */
  #checkAllDataCame(): void {
    const missing = this.#open?.data.missing
    this.#open = undefined
    if (missing === undefined) return
    const message = `its data, from byte ${missing.start} on, is missing: no mdat with it follows the moof`
    this.problem(missing.trun.error('AVIO_ERR_MP4_MDAT_MISSING', message, missing.trackId))
  }

  #checkEnd(silent: ReadonlySet<number>): void {
    this.#checkAllDataCame()
    if (this.#bytes === 0) {
      this.problem(emptyStream())
    } else if (!this.#hasMoov) {
      this.problem(endWithoutMoov(this.#bytes))
    } else if (this.#fragments === 0 && !this.#isExcused) {
      this.problem(endWithoutFragment(this.#bytes))
    } else if (this.#dangling) {
      this.problem(trailing(this.#dangling, 'after the last fragment, where only mfra and free are allowed'))
    } else if (this.#fragments > 0 && !this.#allowEmptyTracks) {
      this.#checkTracks(silent)
    }
  }

  /** Half of a film is no film; subtitles and metadata may be empty. */
  #checkTracks(silent: ReadonlySet<number>): void {
    for (const track of this.#announced) {
      const isPlayed = track.kind === 'video' || track.kind === 'audio'
      const isThere = this.#checks?.timelines.get(track.trackId)?.isUnderWay
      if (isPlayed && !isThere && !silent.has(track.trackId)) this.problem(trackWithoutSamples(track))
    }
  }
}
