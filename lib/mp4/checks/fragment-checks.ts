import type { Mp4Error } from '../../errors.js'
import type { Box } from '../boxes/box.js'
import { typeCode, uint32 } from '../boxes/box-header.js'
import type { InnerBox } from '../boxes/inner-box.js'
import { type DefaultsOf, Fragment, type TrackFragment } from '../fragments/fragment.js'
import { FragmentPattern } from '../fragments/fragment-pattern.js'
import type { SampleRun } from '../fragments/sample-run.js'
import { lateStart } from './movie-checks.js'
import type { Movie } from '../movie/movie.js'
import { SampleData } from '../fragments/sample-data.js'
import { Advance, TrackTimeline } from './track-timeline.js'
import type { Fmp4FragmentTrack, ValidationWarning } from './validation-report.js'

/** Receives the findings. */
export interface Findings {
  /** A problem: thrown at once if checking is strict. */
  problem(error: Mp4Error): void
  /** A remark. */
  warn(warning: ValidationWarning): void
}

/** A track's sample entries: their number, and the default one for fragments, from 1. */
export interface SampleEntries {
  readonly count: number
  readonly index: number
}

/** What is known of a track, and its part of the current fragment. */
class TrackState {
  readonly timeline: TrackTimeline
  readonly entries: SampleEntries | undefined
  /** How far an edit list may make up for composition offsets, in ticks. */
  readonly edited: number
  /** Total of sequence numbers skipped when the track last occurred. */
  skippedBefore: number | undefined
  /** Number of the last fragment that it occurs in. */
  lastFragment = 0
  /** Its last track fragment. */
  readonly advance: Advance
  /** Its part of the last fragment, if that has several track fragments of it. */
  joined: Fmp4FragmentTrack | undefined

  constructor(timeline: TrackTimeline, entries: SampleEntries | undefined) {
    const { track } = timeline
    this.timeline = timeline
    this.entries = entries
    this.edited = track.edits.reduce((most, { mediaTime }) => Math.max(most, mediaTime), 0)
    this.advance = new Advance(track)
  }

  get part(): Fmp4FragmentTrack {
    return this.joined ?? this.advance.part
  }
}

/** Largest plausible time between decoding and presenting a sample, in seconds. */
const MAX_REORDERING = 60

/** Kinds of fragments that are kept as patterns, such as one with a key frame, one without, and one of audio. */
const MAX_PATTERNS = 4
/** So many patterns may be in vain: no two fragments of such a stream are alike. */
const MAX_VAIN_PATTERNS = 16

const MDAT = typeCode('mdat')

/** A fragment that others may be like. */
interface KnownFragment {
  readonly pattern: FragmentPattern
  /** What is known of its tracks, in their order. */
  readonly states: readonly TrackState[]
}

/** Checks each `moof` against the `moov` and its predecessors. */
export class FragmentChecks {
  /** One per track, in `moov` order. */
  readonly timelines: ReadonlyMap<number, TrackTimeline>
  /** The last fragment; the next one takes its place. */
  readonly fragment = new Fragment()
  /** The data that must follow it. */
  readonly data = new SampleData()
  readonly #tracks = new Map<number, TrackState>()
  readonly #findings: Findings
  readonly #defaultsOf: DefaultsOf
  /** Number of fragments so far. */
  #count = 0
  #sequence: number | undefined
  /** Total of sequence numbers skipped so far. */
  #skipped = 0
  /** How many this writer skips although nothing is missing. */
  #habit = 0
  /** The last kinds of fragments. */
  #known: KnownFragment[] | undefined
  /** The bytes that were looked at last, as words. */
  #view: DataView = new DataView(new ArrayBuffer(0))
  #viewed: Buffer | undefined
  #learned = 0
  #repeated = 0
  /** The tracks of the last fragment. */
  #last: readonly TrackFragment[] = []

  /** @param entries - the sample entries of each track */
  constructor(movie: Movie, findings: Findings, entries: ReadonlyMap<number, SampleEntries> = new Map()) {
    this.timelines = new Map(movie.tracks.map(track => [track.id, new TrackTimeline(track)]))
    for (const [id, timeline] of this.timelines)
      this.#tracks.set(id, new TrackState(timeline, entries.get(id)))
    this.#defaultsOf = id => this.#tracks.get(id)?.timeline.track.defaults
    this.#findings = findings
  }

  /** Reads and checks the next `moof`. */
  check(moof: Box): void {
    const { fragment } = this
    fragment.read(moof, this.#defaultsOf)
    this.#count++
    const skipped = this.#checkSequence(moof, fragment.sequence)
    this.#skipped += Math.max(0, skipped - this.#habit)
    for (const traf of fragment.tracks) this.#check(traf, skipped)
    this.data.expect(fragment)
    this.#last = fragment.tracks
  }

  /** Sequence number of the last fragment. */
  get sequence(): number {
    return this.#sequence ?? 0
  }

  /** Keeps a `moof` that was checked, with nothing to remark, as a pattern for {@link repeat}. */
  learn(moof: Box): void {
    if (this.#learned - this.#repeated >= MAX_VAIN_PATTERNS) return
    const pattern = FragmentPattern.of(moof, this.#defaultsOf)
    if (pattern === undefined) return
    const known = { pattern, states: pattern.tracks.map(({ trackId }) => this.#tracks.get(trackId)!) }
    if (this.#known === undefined) this.#known = [known]
    else this.#known[this.#learned % MAX_PATTERNS] = known
    this.#learned++
  }

  /**
   * Checks a fragment that is like one before: its `moof` fits a pattern, follows the last one in number and time, and
   * an `mdat` with exactly its data follows at once. If anything is different, this changes nothing, and the fragment
   * has to be read and checked as usual. So this has no remarks and no errors.
   *
   * @param at - where the `moof` starts in `bytes`
   * @returns one past the last byte of the `mdat`, which is within `bytes`; otherwise 0
   */
  repeat(bytes: Buffer, at: number): number {
    if (this.#known === undefined) return 0
    const view = this.#viewOf(bytes)
    const length = view.getUint32(at)
    const mdat = at + length
    if (mdat + 8 > bytes.length || view.getInt32(mdat + 4) !== MDAT) return 0
    const end = mdat + view.getUint32(mdat)
    if (end > bytes.length) return 0
    for (const { pattern, states } of this.#known) {
      if (pattern.length !== length || !pattern.fits(view, at)) continue
      const sequence = pattern.sequenceAt(view, at)
      const { tracks } = pattern
      pattern.read(bytes, at)
      if (sequence - 1 !== this.#sequence || !continues(tracks, states, length + 8, end - at)) return 0
      this.#repeated++
      this.#sequence = sequence
      this.#count++
      this.#last = tracks
      for (let n = 0; n < states.length; n++) this.#goOn(states[n]!, tracks[n]!)
      return end
    }
    return 0
  }

  #viewOf(bytes: Buffer): DataView {
    if (this.#viewed !== bytes) {
      this.#viewed = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    return this.#view
  }

  #goOn(state: TrackState, traf: TrackFragment): void {
    const { timeline, advance } = state
    timeline.advance(traf, timeline.end!, advance)
    state.lastFragment = this.#count
    state.joined = undefined
    state.skippedBefore = this.#skipped
  }

  /** The tracks with samples in the last fragment, in the order of its `traf`s. */
  parts(): Fmp4FragmentTrack[] {
    const parts = new Map<number, Fmp4FragmentTrack>()
    for (const traf of this.#last) {
      const state = hasTime(traf) ? this.#tracks.get(traf.trackId) : undefined
      if (state !== undefined) parts.set(traf.trackId, state.part)
    }
    return [...parts.values()]
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

  #check(traf: TrackFragment, skipped: number): void {
    const { trackId } = traf
    const state = this.#tracks.get(trackId)
    if (state === undefined) {
      const message = `the moov has ${this.timelines.size} tracks, but none with this id`
      this.#findings.problem(traf.traf.error('AVIO_ERR_MP4_TRACK_UNKNOWN', message, trackId))
      return
    }
    if (!hasTime(traf)) return
    const { timeline, advance } = state
    // A second traf of a track may omit its time: it continues the first one.
    const before = state.lastFragment === this.#count ? state.part : undefined
    if (traf.decodeTime === undefined && before === undefined) {
      const message =
        'it has no tfdt, so a player that starts here, or skips a fragment, can not determine the time. ' +
        'Smooth Streaming (-f ismv) writes none; use -f mp4'
      this.#findings.problem(traf.traf.error('AVIO_ERR_MP4_TFDT_MISSING', message, trackId))
    }
    this.#checkEntry(traf, state)
    timeline.advance(traf, traf.decodeTime ?? timeline.end ?? 0, advance)
    state.lastFragment = this.#count
    state.joined = before && joined(before, advance.part)
    this.#checkOffsets(traf, state)
    // A moof may hold one track: a missing number may have been skipped before one of another track.
    const lost = this.#skipped - (state.skippedBefore ?? this.#skipped)
    state.skippedBefore = this.#skipped
    this.#checkTime(traf, timeline, advance, lost)
    // With a single track, a number skipped without a gap in time shows that this writer counts that way.
    if (this.timelines.size === 1 && advance.continuity.kind === 'seamless' && timeline.isUnderWay) {
      this.#habit = Math.max(this.#habit, skipped)
    }
    if (advance.isFirst && timeline.track.kind === 'video') this.#checkStart(traf, timeline, advance)
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
  #checkEntry(traf: TrackFragment, { entries }: TrackState): void {
    if (entries === undefined) return
    const index = traf.sampleDescription ?? entries.index
    if (index >= 1 && index <= entries.count) return
    const message = `its samples are of sample entry ${index}, but the track has ${entries.count}, counted from 1`
    const box = traf.box.child('tfhd') ?? traf.box
    this.#findings.problem(box.error('AVIO_ERR_MP4_BOX_INVALID', message, traf.trackId))
  }

  /**
   * Limits how far from its decode time a sample may be presented: no encoder reorders frames over a minute.
   * The offset compensated by an edit list may come on top.
   */
  #checkOffsets(traf: TrackFragment, { timeline, edited }: TrackState): void {
    const { track } = timeline
    for (const run of traf.runs) {
      if (run.sampleCount === 0 || !isFarOff(run, timeline, edited)) continue
      const { duration, presentationStart, presentationEnd } = run.totals
      const far = Math.max(-presentationStart, presentationEnd - duration) / track.timescale
      const message = `a sample is presented ${far.toFixed(0)} s from its decode time: its composition offset is wrong`
      this.#findings.problem(run.trun.error('AVIO_ERR_MP4_BOX_INVALID', message, track.id))
    }
  }

  #checkStart(traf: TrackFragment, { track }: TrackTimeline, advance: Advance): void {
    if (!advance.sync) {
      const { trun } = traf.runs.find(run => run.sampleCount > 0)!
      const message =
        "the track's first sample is not a sync sample (key frame), so nothing can be decoded before the next " +
        'one. Start the copy at a key frame, or encode'
      this.#findings.problem(trun.error('AVIO_ERR_MP4_FIRST_SAMPLE_NOT_SYNC', message, track.id))
    }
    if (advance.presentationDelay > 0 && track.edits.length === 0) {
      this.#findings.warn(lateStart(track, advance.presentationDelay, traf.box))
    }
  }
}

/**
 * Whether each track of a pattern goes on where it ended, and the data of all is from `start` to `end`, counted from
 * the `moof`.
 */
function continues(
  tracks: readonly TrackFragment[],
  states: readonly TrackState[],
  start: number,
  end: number,
): boolean {
  let used = start
  for (let n = 0; n < tracks.length; n++) {
    const { tfdt, runs } = tracks[n]!
    const { timeline, edited } = states[n]!
    let time = timeIn(tfdt)
    if (time !== timeline.end) return false
    for (const run of runs) {
      const { size, duration } = run.totals
      if (size === 0 || (run.dataOffset ?? used) !== used || isFarOff(run, timeline, edited)) return false
      used += size
      time += duration
    }
    if (!Number.isSafeInteger(time)) return false
  }
  return used === end
}

/** The decode time in a `tfdt`; unlike `u64()`, it has no error for one past 2⁵³. */
function timeIn(tfdt: InnerBox): number {
  const { bytes, version, contentStart } = tfdt
  const first = uint32(bytes, contentStart + 4)
  return version === 1 ? first * 2 ** 32 + uint32(bytes, contentStart + 8) : first
}

/** Whether a sample is presented further from its decode time than is plausible. */
function isFarOff({ totals }: SampleRun, { track }: TrackTimeline, edited: number): boolean {
  const { duration, presentationStart, presentationEnd } = totals
  const limit = Math.max(MAX_REORDERING * track.timescale, duration) + edited
  return !(presentationStart >= -limit && presentationEnd - duration <= limit)
}

/** Whether it has samples, or represents time without any. */
function hasTime({ hasSamples, durationIsEmpty }: TrackFragment): boolean {
  return hasSamples || durationIsEmpty
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
