import type { Mp4Error } from '../../errors.js'
import type { Box } from '../boxes/box.js'
import { type Fragment, type TrackFragment, parseFragment } from '../fragments/fragment.js'
import { lateStart } from './movie-checks.js'
import type { Movie } from '../movie/movie.js'
import { SampleData, locateSamples } from '../fragments/sample-data.js'
import { type Advance, TrackTimeline } from './track-timeline.js'
import type { Fmp4FragmentTrack, ValidationWarning } from './validation-report.js'

/** Receives the findings. */
export interface Findings {
  /** A problem: thrown at once if checking is strict. */
  problem(error: Mp4Error): void
  /** A remark. */
  warn(warning: ValidationWarning): void
}

/** A checked fragment. */
export interface CheckedFragment {
  readonly box: Box
  readonly sequence: number
  readonly fragment: Fragment
  readonly tracks: readonly Fmp4FragmentTrack[]
  /** The data that must follow. */
  readonly data: SampleData
}

/** Largest plausible time between decoding and presenting a sample, in seconds. */
const MAX_REORDERING = 60

/** Checks each `moof` against the `moov` and its predecessors. */
export class FragmentChecks {
  /** One per track, in `moov` order. */
  readonly timelines: ReadonlyMap<number, TrackTimeline>
  readonly #findings: Findings
  #sequence: number | undefined
  /** Total of sequence numbers skipped so far. */
  #skipped = 0
  /** That total when each track last occurred. */
  readonly #skippedBefore = new Map<number, number>()
  /** How many this writer skips although nothing is missing. */
  #habit = 0
  readonly #descriptions: ReadonlyMap<number, { readonly count: number; readonly index: number }>

  /** @param descriptions - the sample entries of each track: their number, and the default for fragments */
  constructor(
    movie: Movie,
    findings: Findings,
    descriptions: ReadonlyMap<number, { readonly count: number; readonly index: number }> = new Map(),
  ) {
    this.#descriptions = descriptions
    this.timelines = new Map(movie.tracks.map(track => [track.id, new TrackTimeline(track)]))
    this.#findings = findings
  }

  /** Reads and checks the next `moof`. */
  check(moof: Box): CheckedFragment {
    const fragment = parseFragment(moof, id => this.timelines.get(id)?.track.defaults)
    const { sequence } = fragment
    const skipped = this.#checkSequence(moof, sequence)
    this.#skipped += Math.max(0, skipped - this.#habit)
    const tracks = new Map<number, Fmp4FragmentTrack>()
    for (const traf of fragment.tracks) {
      const before = tracks.get(traf.trackId)
      const part = this.#advance(traf, before, skipped)
      if (part) tracks.set(traf.trackId, before ? joined(before, part) : part)
    }
    const allowUnused = fragment.tracks.some(traf => traf.hasAuxiliaryOffsets)
    const data = new SampleData(locateSamples(fragment), allowUnused)
    return { box: moof, sequence, fragment, tracks: [...tracks.values()], data }
  }

  /** How many numbers were skipped before this one. */
  #checkSequence(moof: Box, sequence: number): number {
    const last = this.#sequence
    this.#sequence = sequence
    if (last === undefined) return 0
    if (sequence > last) return sequence - last - 1
    const message =
      `its sequence number is ${sequence}, after ${last}: fragments are out of order or duplicated. When joining ` +
      'outputs, number their fragments consecutively (ffmpeg: -fragment_index)'
    this.#findings.problem(moof.error('AVIO_ERR_MP4_SEQUENCE', message))
    return 0
  }

  #advance(traf: TrackFragment, before: unknown, skipped: number): Fmp4FragmentTrack | undefined {
    const { box, trackId } = traf
    const timeline = this.timelines.get(trackId)
    if (timeline === undefined) {
      const message = `the moov has ${this.timelines.size} tracks, but none with this id`
      this.#findings.problem(box.error('AVIO_ERR_MP4_TRACK_UNKNOWN', message, trackId))
      return undefined
    }
    if (!traf.durationIsEmpty && traf.runs.every(run => run.sampleCount === 0)) return undefined
    // A second traf of a track may omit its time: it continues the first one.
    if (traf.decodeTime === undefined && before === undefined) {
      const message =
        'it has no tfdt, so a player that starts here, or skips a fragment, can not determine the time. ' +
        'Smooth Streaming (-f ismv) writes none; use -f mp4'
      this.#findings.problem(box.error('AVIO_ERR_MP4_TFDT_MISSING', message, trackId))
    }
    this.#checkDescription(traf)
    const advance = timeline.advance(traf, traf.decodeTime ?? timeline.end ?? 0)
    this.#checkOffsets(traf, timeline)
    // A moof may hold one track: a missing number may have been skipped before one of another track.
    const lost = this.#skipped - (this.#skippedBefore.get(trackId) ?? this.#skipped)
    this.#skippedBefore.set(trackId, this.#skipped)
    this.#checkTime(traf, timeline, advance, lost)
    // With a single track, a number skipped without a gap in time shows that this writer counts that way.
    if (this.timelines.size === 1 && advance.continuity.kind === 'seamless' && timeline.isUnderWay) {
      this.#habit = Math.max(this.#habit, skipped)
    }
    if (advance.isFirst && timeline.track.kind === 'video') this.#checkStart(traf, timeline, advance)
    return advance.part
  }

  /**
   * The standard allows a gap: the sample before it lasts longer (ISO/IEC 14496-12 §8.8.12), and ffmpeg writes
   * one if a track pauses at the end of a fragment. But if a sequence number is missing as well, a fragment is
   * missing. No overlap is allowed, not of one tick.
   */
  #checkTime(traf: TrackFragment, { track }: TrackTimeline, { continuity }: Advance, skipped: number): void {
    if (continuity.kind === 'seamless') return
    const { expected, found } = continuity
    const box = traf.box.child('tfdt') ?? traf.box
    const by = `${(Math.abs(found - expected) / track.timescale).toFixed(6)} s`
    const times = `its first sample is at tick ${found} of ${track.timescale} a second`
    if (continuity.kind === 'overlap') {
      const message = `${times}, ${by} before ${expected}, where the previous samples end: times overlap or go back`
      this.#findings.problem(box.error('AVIO_ERR_MP4_TFDT_OVERLAP', message, track.id))
    } else if (skipped > 0) {
      const message =
        `${times}, ${by} after ${expected}, where the previous samples end, and ${skipped} sequence ` +
        `number${skipped > 1 ? 's are' : ' is'} missing before this fragment: data was lost in between`
      this.#findings.problem(box.error('AVIO_ERR_MP4_FRAGMENT_LOST', message, track.id))
    } else {
      this.#findings.warn({
        code: 'AVIO_WARN_MP4_TFDT_GAP',
        message:
          `${box.path} at byte ${box.offset} (track ${track.id}): ${times}, ${by} after ${expected}, ` +
          'where the previous samples end',
        byteOffset: box.offset,
        boxPath: box.path,
        trackId: track.id,
      })
    }
  }

  /** The sample entry must exist. */
  #checkDescription(traf: TrackFragment): void {
    const known = this.#descriptions.get(traf.trackId)
    if (known === undefined) return
    const index = traf.sampleDescription ?? known.index
    if (index >= 1 && index <= known.count) return
    const message = `its samples are of sample entry ${index}, but the track has ${known.count}, counted from 1`
    const box = traf.box.child('tfhd') ?? traf.box
    this.#findings.problem(box.error('AVIO_ERR_MP4_BOX_INVALID', message, traf.trackId))
  }

  /**
   * Limits how far from its decode time a sample may be presented: no encoder reorders frames over a minute.
   * The offset compensated by an edit list may come on top.
   */
  #checkOffsets(traf: TrackFragment, { track }: TrackTimeline): void {
    const edited = track.edits.reduce((most, { mediaTime }) => Math.max(most, mediaTime), 0)
    for (const run of traf.runs) {
      if (run.sampleCount === 0) continue
      const { duration, presentationStart, presentationEnd } = run.totals
      const limit = Math.max(MAX_REORDERING * track.timescale, duration) + edited
      if (presentationStart >= -limit && presentationEnd - duration <= limit) continue
      const far = Math.max(-presentationStart, presentationEnd - duration) / track.timescale
      const message = `a sample is presented ${far.toFixed(0)} s from its decode time: its composition offset is wrong`
      this.#findings.problem(run.box.error('AVIO_ERR_MP4_BOX_INVALID', message, track.id))
    }
  }

  #checkStart(traf: TrackFragment, { track }: TrackTimeline, advance: Advance): void {
    if (!advance.part.sync) {
      const box = traf.runs.find(run => run.sampleCount > 0)!.box
      const message =
        "the track's first sample is not a sync sample (key frame), so nothing can be decoded before the next " +
        'one. Start the copy at a key frame, or encode'
      this.#findings.problem(box.error('AVIO_ERR_MP4_FIRST_SAMPLE_NOT_SYNC', message, track.id))
    }
    if (advance.presentationDelay > 0 && track.edits.length === 0) {
      this.#findings.warn(lateStart(track, advance.presentationDelay, traf.box))
    }
  }
}

/** Two track fragments of one track in one fragment, merged. */
function joined(first: Fmp4FragmentTrack, second: Fmp4FragmentTrack): Fmp4FragmentTrack {
  const end = Math.max(first.startTicks + first.durationTicks, second.startTicks + second.durationTicks)
  return {
    ...first,
    duration: Math.max(first.duration, second.start + second.duration - first.start),
    durationTicks: end - first.startTicks,
    sampleCount: first.sampleCount + second.sampleCount,
    byteLength: first.byteLength + second.byteLength,
    sync: first.sampleCount > 0 ? first.sync : second.sync,
  }
}
