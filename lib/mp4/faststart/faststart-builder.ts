import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import type { BoxHeader } from '../boxes/box-reader.js'
import { Box } from '../boxes/box.js'
import { type CheckerListener, Fmp4Checker } from '../checks/fmp4-checker.js'
import type { Fragment, TrackFragment } from '../fragments/fragment.js'
import { type Movie, sampleTable } from '../movie/movie.js'
import { framesOf, pcmFrameSize } from '../movie/pcm.js'
import { type MoovSource, writeMoov } from './moov-writer.js'
import { locateRuns } from '../fragments/sample-data.js'
import { SampleLog } from './sample-log.js'
import { refusedFragment, refusedTracks } from '../checks/unsupported-tracks.js'

/** Where the content of an `mdat` of the stream went. */
interface MediaPlace {
  /** Its first byte in the stream. */
  readonly from: number
  /** The same byte in the media of the file. */
  readonly to: number
}

/** What is known of a track beside its samples. */
interface TrackState {
  readonly log: SampleLog
  /** Number of its sample entries. */
  readonly entries: number
  /** The one that samples have which say nothing themselves, from 1: that of `trex`. */
  readonly defaultEntry: number
  /** Bytes of a frame of uncompressed sound; `undefined` for all else. */
  readonly frameSize: number | undefined
  readonly timescale: number
}

/**
 * How far the times of fragments may be from the count of frames of uncompressed sound, in seconds: packets are stamped to
 * the millisecond in other containers, and the frames follow one another without a gap all the same.
 */
const MAX_DRIFT = 0.05

/** The most samples that a table can count. */
const MAX_COUNT = 0xffffffff

/**
 * Makes an ordinary MP4 of a fragmented one: the media go on as they come, what the fragments say of them is kept, and
 * at the end it is an index that goes before them.
 *
 * The stream is checked as strictly as `Fmp4Validator` does it: nothing becomes an ordinary file that is damaged, cut
 * off, or out of order. Everything but the content of `mdat` and what `ftyp` and `moov` say is left out (`sidx`, `emsg`,
 * `mfra`, `styp` …).
 *
 * Memory: `moov` and one fragment's `moof`, each at most 1.5 × `maxBoxSize`, and for each sample what `SampleLog` says
 * of it; at the end the head, in one allocation, of at most 1 GiB.
 *
 * Errors: those of `Fmp4Checker`; `AVIO_ERR_MP4_TRACK_UNSUPPORTED`; `AVIO_ERR_MP4_LIMIT` for more samples than an index
 * can hold; `AVIO_ERR_MP4_BOX_INVALID` for what it can't say; `AVIO_ERR_HEADER_TOO_LARGE` from {@link head}.
 */
export class FaststartBuilder implements DeferredHeaderBuilder {
  readonly #checker: Fmp4Checker
  readonly #name: string
  readonly #tracks = new Map<number, TrackState>()
  #ftyp: Box | undefined
  #moov: { readonly box: Box; readonly movie: Movie } | undefined
  /** The `mdat`s since the last fragment was closed. */
  #places: MediaPlace[] = []
  #mdat: BoxHeader | undefined
  /** Bytes of media so far. */
  #mediaSize = 0
  /** Media of the chunk that is being read. */
  #media: Buffer[] = []

  /** @param options - `maxBoxSize` is the largest metadata box, in bytes; `name` is who makes the file, for messages */
  constructor({ maxBoxSize, name = 'FaststartMp4' }: { maxBoxSize: number; name?: string }) {
    this.#name = name
    const ignore = (): void => undefined
    const listener: CheckerListener = {
      onInit: ignore,
      onFragment: ignore,
      onWarning: ignore,
      onFileType: ftyp => (this.#ftyp ??= owned(ftyp)),
      onMovie: (moov, movie) => this.#begin(owned(moov), movie),
      onMedia: (bytes, mdat) => this.#take(bytes, mdat),
      onSamples: fragment => this.#log(fragment),
    }
    this.#checker = new Fmp4Checker({ strict: true, maxBoxSize, allowEmptyTracks: true }, listener)
  }

  write(chunk: Buffer): readonly Buffer[] {
    this.#media = []
    this.#checker.write(chunk)
    return this.#media
  }

  end(): readonly Buffer[] {
    this.#media = []
    this.#checker.end()
    this.#lengthenTimecodes()
    for (const { log } of this.#tracks.values()) log.end()
    return this.#media
  }

  head(length?: number): Buffer {
    return writeMoov(this.#source(), length)
  }

  #source(): MoovSource {
    const { box: moov, movie } = this.#moov!
    const logs = new Map([...this.#tracks].map(([id, { log }]) => [id, log]))
    return { name: this.#name, ftyp: this.#ftyp, moov, movie, logs, mediaSize: this.#mediaSize }
  }

  #begin(moov: Box, movie: Movie): void {
    for (const refusal of refusedTracks(moov, movie)) throw refusal
    if (movie.timescale === 0) {
      throw moov.needChild('mvhd').error('AVIO_ERR_MP4_BOX_INVALID', 'its timescale is 0')
    }
    this.#moov = { box: moov, movie }
    const traks = moov.children.filter(child => child.type === 'trak')
    const trexes = moov.child('mvex')?.children.filter(child => child.type === 'trex') ?? []
    for (const [n, { id, kind, timescale }] of movie.tracks.entries()) {
      const stsd = sampleTable(traks[n]!).needChild('stsd')
      const entries = stsd.childrenFrom(8).length
      const frameSize = kind === 'audio' ? pcmFrameSize(stsd, timescale) : undefined
      const defaultEntry = trexes.find(trex => trex.u32(4) === id)?.u32(8) ?? 1
      this.#tracks.set(id, { log: new SampleLog(), entries, defaultEntry, frameSize, timescale })
    }
  }

  #take(bytes: Buffer, mdat: BoxHeader): void {
    if (mdat !== this.#mdat) {
      this.#mdat = mdat
      this.#places.push({ from: mdat.offset + mdat.headerSize, to: this.#mediaSize })
    }
    this.#mediaSize += bytes.length
    this.#media.push(bytes)
  }

  #log(fragment: Fragment): void {
    const places = this.#places
    this.#places = []
    let last: TrackFragment | undefined
    for (const { run, start, trackFragment } of locateRuns(fragment)) {
      const state = this.#tracks.get(trackFragment.trackId)!
      if (run.sampleCount === 0) continue
      if (trackFragment !== last) this.#join(trackFragment, state)
      last = trackFragment
      const entry = this.#entryOf(trackFragment, state)
      // What has no data may be said to lie anywhere.
      const place = run.totals.size === 0 ? this.#mediaSize : placeOf(places, start)
      const samples = framesOf(run, state.frameSize)
      if (state.log.count + samples.sampleCount > MAX_COUNT || !state.log.add(samples, place, entry)) {
        const message = `more samples than an index can hold, or more than a million of them empty`
        throw run.box.error('AVIO_ERR_MP4_LIMIT', message, trackFragment.trackId)
      }
      if (state.log.hasNegativeOffset && state.log.hasLargeOffset) {
        const message = 'composition offsets below 0 and others past 2^31, which one table can not hold'
        throw run.box.error('AVIO_ERR_MP4_BOX_INVALID', message, trackFragment.trackId)
      }
    }
  }

  /**
   * A timecode is one sample that holds for all pictures. Its fragment, the first, says that it lasts as long as
   * itself, since no more is known then.
   */
  #lengthenTimecodes(): void {
    const tracks = (this.#moov?.movie.tracks ?? []).map(track => ({
      ...track,
      log: this.#tracks.get(track.id)!.log,
    }))
    const shown = tracks.filter(({ kind }) => kind === 'video')
    const seconds = Math.max(0, ...shown.map(({ log, timescale }) => log.duration / timescale))
    for (const { log, handler, timescale } of tracks) {
      const duration = Math.round(seconds * timescale)
      if (handler === 'tmcd' && log.count > 0 && log.duration < duration) log.seek(log.start + duration)
    }
  }

  /** The samples of a track go on. */
  #join(traf: TrackFragment, { log, frameSize, timescale }: TrackState): void {
    if (traf.hasAuxiliaryOffsets) throw refusedFragment(traf)
    if (traf.decodeTime === undefined) return
    const gap = traf.decodeTime - log.start - log.duration
    if (frameSize !== undefined && log.count > 0 && gap <= timescale * MAX_DRIFT) return
    if (log.seek(traf.decodeTime)) return
    const message = `its samples come so long after those before it (at ${traf.decodeTime}) that no table can say it`
    throw traf.box.error('AVIO_ERR_MP4_LIMIT', message, traf.trackId)
  }

  #entryOf({ box, trackId, sampleDescription }: TrackFragment, state: TrackState): number {
    const entry = sampleDescription ?? state.defaultEntry
    if (entry >= 1 && entry <= state.entries) return entry
    const message = `its samples are of sample entry ${entry}, but the track has ${state.entries}`
    throw box.error('AVIO_ERR_MP4_BOX_INVALID', message, trackId)
  }
}

/** The box with bytes of its own, so that the chunk it came in can go. */
function owned(box: Box): Box {
  const bytes = Buffer.from(box.raw)
  return Box.topLevel(bytes, 0, bytes.length, box.offset, box.index)
}

/** Where a byte of the stream is in the media of the file: in the last `mdat` that begins before it. */
function placeOf(places: readonly MediaPlace[], position: number): number {
  let low = 0
  let high = places.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (places[middle]!.from <= position) low = middle
    else high = middle - 1
  }
  const place = places[low]!
  return place.to + position - place.from
}
