import type { Mp4Error } from '../../errors.js'
import { type Place, mp4Error } from '../boxes/box-header.js'
import type { Fragment, SampleRun, TrackFragment } from './fragment.js'

/** The data of one run in the stream: `start` inclusive, `end` exclusive. */
export interface RunData {
  readonly run: SampleRun
  readonly trackId: number
  readonly start: number
  readonly end: number
}

/**
 * Locates the data of each run of a fragment in the stream (ISO/IEC 14496-12 §8.8.7, §8.8.8), without empty
 * runs.
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
 * All runs of a fragment, with the start of their data.
 *
 * Offsets of a track fragment count from the base in its `tfhd`; otherwise from the start of the `moof`, if
 * flagged or if it is the first; otherwise from the end of the previous track fragment's data. A run without an
 * offset starts where the previous one ended, the first one at the base.
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
 * The data a fragment announces that is still to come. Each `mdat` that arrives takes the runs in it; a
 * fragment usually has one, but may have several.
 *
 * Data must lie in an `mdat` exactly: start and end within it, not overlap, and leave no byte over. A run that
 * is a byte short feeds the decoder garbage from there on, and no writer of fragments uses the standard's
 * freedom to leave bytes unused, with one exception: encryption data may be there too, wherever `saio` points.
 */
export class SampleData {
  /** Sorted by start. */
  readonly #pending: RunData[]
  readonly #allowUnused: boolean
  #next = 0

  /**
   * @param located - the data, from {@link locateSamples}
   * @param allowUnused - whether bytes may be left over
   */
  constructor(located: readonly RunData[], allowUnused: boolean) {
    const isOrdered = located.every((data, n) => n === 0 || located[n - 1]!.start <= data.start)
    this.#pending = isOrdered ? [...located] : [...located].sort((a, b) => a.start - b.start)
    this.#allowUnused = allowUnused
  }

  /** The first run whose data has not arrived; `undefined` when all has. */
  get missing(): RunData | undefined {
    return this.#pending[this.#next]
  }

  /** Stops waiting after an error. */
  giveUp(): void {
    this.#next = this.#pending.length
  }

  /**
   * Takes the runs in an `mdat`.
   *
   * @param mdat - the box
   * @param start - first byte of its content
   * @param end - one past the last
   * @returns what is wrong, if anything
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
    `its data should start at byte ${data.start}, but ${mdat.path} holds bytes ${start} to ${end}. Its data ` +
      'offset or base is wrong, or bytes were inserted or lost before it; with ffmpeg, use -movflags ' +
      '+default_base_moof, so that offsets count from the fragment itself',
    data.trackId,
  )
}

function overlap(data: RunData, used: number): Mp4Error {
  const message =
    `its data starts at byte ${data.start}, inside the previous run, which ends at ${used}: a sample size ` +
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
