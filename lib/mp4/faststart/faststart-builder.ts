import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import type { BoxHeader } from '../boxes/box-reader.js'
import { Box } from '../boxes/box.js'
import { type CheckerListener, Fmp4Checker } from '../checks/fmp4-checker.js'
import type { Fragment, TrackFragment } from '../fragments/fragment.js'
import type { SampleRun } from '../fragments/sample-run.js'
import { type Movie, sampleTable } from '../movie/movie.js'
import { framesOf, pcmFrameSize } from '../movie/pcm.js'
import { type MoovSource, writeMoov } from './moov-writer.js'
import { SampleLog } from './sample-log.js'
import { refusedFragment, refusedTracks } from '../checks/unsupported-tracks.js'

/** Where the content of an `mdat` went. */
interface MediaPlace {
  /** Its first byte in the stream. */
  readonly from: number
  /** The same byte in the file's media. */
  readonly to: number
}

/** A track's state besides its samples. */
interface TrackState {
  readonly log: SampleLog
  /** Number of its sample entries. */
  readonly entries: number
  /** The default one for samples, from 1: that of `trex`. */
  readonly defaultEntry: number
  /** Bytes per frame of uncompressed audio; `undefined` for everything else. */
  readonly frameSize: number | undefined
  readonly timescale: number
}

/**
 * How far the times of fragments may deviate from the frame count of uncompressed audio, in seconds: other
 * containers round packet times to milliseconds, although the frames follow without gaps.
 */
const MAX_DRIFT = 0.05

/** The most samples a table can count. */
const MAX_COUNT = 0xffffffff

/**
 * Converts a fragmented MP4 to an ordinary one: the media pass straight through, the metadata of the fragments
 * is collected, and at the end it becomes the index that precedes them.
 *
 * The stream is checked as strictly as by `Fmp4Validator`: damaged, truncated or reordered input never becomes
 * an ordinary file. Everything but the content of `mdat`, `ftyp` and `moov` is dropped (`sidx`, `emsg`, `mfra`,
 * `styp` …).
 *
 * Memory: `moov` and one fragment's `moof`, each at most 1.5 × `maxBoxSize`, and for each sample the bytes
 * given at `SampleLog`; at the end the header, in one allocation of at most 1 GiB.
 *
 * Errors: those of `Fmp4Checker`; `AVIO_ERR_MP4_TRACK_UNSUPPORTED`; `AVIO_ERR_MP4_LIMIT` for more samples than
 * an index can hold; `AVIO_ERR_MP4_BOX_INVALID` for values it can't express; `AVIO_ERR_HEADER_TOO_LARGE` from
 * {@link head}.
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
  /** Media of the current chunk. */
  #media: Buffer[] = []

  /** @param options - `maxBoxSize` is the largest metadata box, in bytes; `name` is the stage, for messages */
  constructor({ maxBoxSize, name = 'FaststartMp4' }: { maxBoxSize: number; name?: string }) {
    this.#name = name
    const ignore = (): void => undefined
    const listener: CheckerListener = {
      onInit: ignore,
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

  #log({ tracks }: Fragment): void {
    const places = this.#places
    this.#places = []
    for (const track of tracks) {
      if (!track.hasSamples) continue
      const state = this.#tracks.get(track.trackId)!
      this.#join(track, state)
      const entry = this.#entryOf(track, state)
      for (const run of track.runs) if (run.sampleCount > 0) this.#add(run, places, entry, state)
    }
  }

  #add(run: SampleRun, places: readonly MediaPlace[], entry: number, { log, frameSize }: TrackState): void {
    // Without data, the position is arbitrary.
    const place = run.totals.size === 0 ? this.#mediaSize : placeOf(places, run.start)
    const samples = framesOf(run, frameSize)
    if (log.count + samples.sampleCount > MAX_COUNT || !log.add(samples, place, entry)) {
      const message = `more samples than an index can hold, or more than a million of them empty`
      throw run.trun.error('AVIO_ERR_MP4_LIMIT', message, run.trackId)
    }
    if (log.hasNegativeOffset && log.hasLargeOffset) {
      const message = 'composition offsets below 0 and others past 2^31, which one table can not contain'
      throw run.trun.error('AVIO_ERR_MP4_BOX_INVALID', message, run.trackId)
    }
  }

  /**
   * A timecode is one sample that applies to all frames. Its fragment, the first, gives it only its own
   * duration, because no more is known then.
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

  /** Appends samples to a track. */
  #join(traf: TrackFragment, { log, frameSize, timescale }: TrackState): void {
    if (traf.hasAuxiliaryOffsets) throw refusedFragment(traf)
    if (traf.decodeTime === undefined) return
    const gap = traf.decodeTime - log.start - log.duration
    if (frameSize !== undefined && log.count > 0 && gap <= timescale * MAX_DRIFT) return
    if (log.seek(traf.decodeTime)) return
    const message = `the gap before its samples (at ${traf.decodeTime}) is too long for a sample table`
    throw traf.traf.error('AVIO_ERR_MP4_LIMIT', message, traf.trackId)
  }

  #entryOf({ traf, trackId, sampleDescription }: TrackFragment, state: TrackState): number {
    const entry = sampleDescription ?? state.defaultEntry
    if (entry >= 1 && entry <= state.entries) return entry
    const message = `its samples are of sample entry ${entry}, but the track has ${state.entries}`
    throw traf.error('AVIO_ERR_MP4_BOX_INVALID', message, trackId)
  }
}

/** A copy of the box, so that its chunk can be freed. */
function owned(box: Box): Box {
  const bytes = Buffer.from(box.raw)
  return Box.topLevel(bytes, 0, bytes.length, box.offset, box.index)
}

/** Position of a stream byte in the file's media: in the last `mdat` that starts before it. */
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
