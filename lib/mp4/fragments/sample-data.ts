import type { Mp4Error } from '../../errors.js'
import { type Place, mp4Error } from '../boxes/box-header.js'
import type { Fragment, SampleRun, TrackFragment } from './fragment.js'

/** Where the data of one run lies in the stream: `start` inclusive, `end` exclusive. */
export interface RunData {
  readonly run: SampleRun
  readonly trackId: number
  readonly start: number
  readonly end: number
}

/**
 * Where the data of each run of a fragment lies in the stream (ISO/IEC 14496-12 §8.8.7, §8.8.8). Runs without data are
 * left out.
 */
export function locateSamples(fragment: Fragment): RunData[] {
  const located: RunData[] = []
  for (const { run, start, trackFragment } of locateRuns(fragment)) {
    const end = start + run.totals.size
    if (end > start) located.push({ run, trackId: trackFragment.trackId, start, end })
  }
  return located
}

/**
 * All runs of a fragment, and where their data begins.
 *
 * Offsets of a track fragment count from the base that its `tfhd` states; else from the start of the `moof`, where
 * it says so or is the first; else from the end of the data of the track fragment before it. A run without an
 * offset of its own begins where the one before it ended, the first one at the base.
 */
export function* locateRuns(
  fragment: Fragment,
): Generator<{ readonly run: SampleRun; readonly start: number; readonly trackFragment: TrackFragment }> {
  let end = fragment.box.offset
  for (const trackFragment of fragment.tracks) {
    const base = trackFragment.baseDataOffset ?? (trackFragment.defaultBaseIsMoof ? fragment.box.offset : end)
    end = base
    for (const run of trackFragment.runs) {
      const start = run.dataOffset === undefined ? end : base + run.dataOffset
      end = start + run.totals.size
      yield { run, start, trackFragment }
    }
  }
}

/**
 * The data that a fragment promises and that is still to come. Each `mdat` that comes takes what lies in it; a
 * fragment mostly has one, but may have several.
 *
 * Data has to lie in an `mdat` exactly: begin and end within, not overlap, leave no byte over. A run that is a byte
 * short is a decoder fed with garbage from there on, and the standard's freedom to leave bytes unused is used by no
 * writer of fragments, with one exception: encryption data may lie there too, wherever `saio` says.
 */
export class SampleData {
  /** By where it begins. */
  readonly #pending: RunData[]
  readonly #allowUnused: boolean
  #next = 0

  /**
   * @param located - the data, as {@link locateSamples} found it
   * @param allowUnused - whether bytes may be left over
   */
  constructor(located: readonly RunData[], allowUnused: boolean) {
    const isOrdered = located.every((data, n) => n === 0 || located[n - 1]!.start <= data.start)
    this.#pending = isOrdered ? [...located] : [...located].sort((a, b) => a.start - b.start)
    this.#allowUnused = allowUnused
  }

  /** The first run whose data has not come; `undefined` when all has. */
  get missing(): RunData | undefined {
    return this.#pending[this.#next]
  }

  /** Waits for no more: what has come was wrong. */
  giveUp(): void {
    this.#next = this.#pending.length
  }

  /**
   * Takes what lies in an `mdat`.
   *
   * @param mdat - the box
   * @param start - first byte of its content
   * @param end - one past the last
   * @returns what is wrong, if something is
   */
  take(mdat: Place, start: number, end: number): Mp4Error | undefined {
    const first = this.missing
    if (first && first.start >= end && end > start) return outside(first, mdat, start, end)
    let used = start
    for (let data = this.missing; data && data.start < end; data = this.missing) {
      if (data.start < start) return outside(data, mdat, start, end)
      if (data.start < used) return overlap(data, used)
      if (data.start > used && !this.#allowUnused) return unused(mdat, used, data.start)
      if (data.end > end) return tooLong(data, mdat, end)
      used = data.end
      this.#next++
    }
    return used < end && !this.#allowUnused ? unused(mdat, used, end) : undefined
  }
}

function outside(data: RunData, mdat: Place, start: number, end: number): Mp4Error {
  return mp4Error(
    'AVIO_ERR_MP4_DATA_OFFSET',
    data.run.box,
    `its data is said to begin at byte ${data.start}, but ${mdat.path} holds bytes ${start} to ${end}. Its data ` +
      'offset or base is wrong, or bytes were added or lost before it; with ffmpeg, use -movflags ' +
      '+default_base_moof, so that offsets count from the fragment itself',
    data.trackId,
  )
}

function overlap(data: RunData, used: number): Mp4Error {
  const message =
    `its data begins at byte ${data.start}, within that of the run before it, which ends at ${used}: a sample size ` +
    'or a data offset is wrong'
  return mp4Error('AVIO_ERR_MP4_SAMPLE_SIZE', data.run.box, message, data.trackId)
}

function tooLong(data: RunData, mdat: Place, end: number): Mp4Error {
  const message =
    `its samples reach to byte ${data.end}, but ${mdat.path} ends at ${end}: a sample size or the size of the ` +
    'mdat is wrong'
  return mp4Error('AVIO_ERR_MP4_SAMPLE_SIZE', data.run.box, message, data.trackId)
}

function unused(mdat: Place, from: number, to: number): Mp4Error {
  const message =
    `bytes ${from} to ${to} of the stream, in this mdat, belong to no sample: a sample size or a data offset is ` +
    'wrong, or samples are missing from the fragment'
  return mp4Error('AVIO_ERR_MP4_SAMPLE_SIZE', mdat, message)
}
