import type { Mp4Error } from '../../errors.js'
import { type Place, mp4Error } from '../boxes/box-header.js'
import type { Fragment } from './fragment.js'
import type { SampleRun } from './sample-run.js'

/**
 * The data a fragment announces that is still to come. Each `mdat` that arrives takes the runs in it; a
 * fragment usually has one, but may have several.
 *
 * Data must lie in an `mdat` exactly: start and end within it, not overlap, and leave no byte over. A run that
 * is a byte short feeds the decoder garbage from there on, and no writer of fragments uses the standard's
 * freedom to leave bytes unused, with one exception: encryption data may be there too, wherever `saio` points.
 */
export class SampleData {
  /** The runs with data, sorted by its start. */
  readonly #runs: SampleRun[] = []
  #next = 0
  #allowUnused = false

  /** Expects the data of a fragment, in place of the one before. */
  expect({ tracks }: Fragment): void {
    const runs = this.#runs
    let count = 0
    let isOrdered = true
    let allowUnused = false
    for (const track of tracks) {
      allowUnused ||= track.hasAuxiliaryOffsets
      for (const run of track.runs) {
        if (run.end <= run.start) continue
        isOrdered &&= count === 0 || runs[count - 1]!.start <= run.start
        runs[count++] = run
      }
    }
    if (runs.length > count) runs.length = count
    if (!isOrdered) runs.sort((a, b) => a.start - b.start)
    this.#next = 0
    this.#allowUnused = allowUnused
  }

  /** The first run whose data has not arrived; `undefined` when all has. */
  get missing(): SampleRun | undefined {
    return this.#runs[this.#next]
  }

  /** Stops waiting after an error. */
  giveUp(): void {
    this.#next = this.#runs.length
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
    for (let run = this.missing; run && run.start < end; run = this.missing) {
      if (run.start < start) return outside(run, mdat, start, end)
      if (run.start < used) return overlap(run, used)
      if (run.start > used && !this.#allowUnused) return unused(mdat, used, run.start)
      if (run.end > end) return tooLong(run, mdat, end)
      used = run.end
      this.#next++
    }
    return used < end && !this.#allowUnused ? unused(mdat, used, end) : undefined
  }
}

function outside(run: SampleRun, mdat: Place, start: number, end: number): Mp4Error {
  return mp4Error(
    'AVIO_ERR_MP4_DATA_OFFSET',
    run.trun,
    `its data should start at byte ${run.start}, but ${mdat.path} holds bytes ${start} to ${end}. Its data ` +
      'offset or base is wrong, or bytes were inserted or lost before it; with ffmpeg, use -movflags ' +
      '+default_base_moof, so that offsets count from the fragment itself',
    run.trackId,
  )
}

function overlap(run: SampleRun, used: number): Mp4Error {
  const message =
    `its data starts at byte ${run.start}, inside the previous run, which ends at ${used}: a sample size ` +
    'or a data offset is wrong'
  return mp4Error('AVIO_ERR_MP4_SAMPLE_SIZE', run.trun, message, run.trackId)
}

function tooLong(run: SampleRun, mdat: Place, end: number): Mp4Error {
  const message =
    `its samples reach to byte ${run.end}, but ${mdat.path} ends at ${end}: a sample size or the size of the ` +
    'mdat is wrong'
  return mp4Error('AVIO_ERR_MP4_SAMPLE_SIZE', run.trun, message, run.trackId)
}

function unused(mdat: Place, from: number, to: number): Mp4Error {
  const message =
    `bytes ${from} to ${to} of the stream, in this mdat, belong to no sample: a sample size or a data offset is ` +
    'wrong, or samples are missing from the fragment'
  return mp4Error('AVIO_ERR_MP4_SAMPLE_SIZE', mdat, message)
}
