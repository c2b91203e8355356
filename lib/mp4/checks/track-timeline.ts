import type { TrackFragment } from '../fragments/fragment.js'
import { isSync } from '../fragments/sample-run.js'
import type { Mp4Track } from '../movie/track.js'
import type { Fmp4FragmentTrack, TrackReport } from './validation-report.js'

/** How a track fragment continues the previous one. */
export type Continuity =
  /** It starts where the previous one ended, or is the first. */
  | { readonly kind: 'seamless' }
  /** Later: nothing lies between. Allowed: the last sample before it counts as that much longer (§8.8.12). */
  | { readonly kind: 'gap'; readonly expected: number; readonly found: number }
  /** Earlier: within what the other one has, or before it. */
  | { readonly kind: 'overlap'; readonly expected: number; readonly found: number }

const SEAMLESS: Continuity = { kind: 'seamless' }

/** What a track fragment adds to its track. It can be filled again. */
export class Advance {
  continuity = SEAMLESS
  /** Whether these are the first samples of the track. */
  isFirst = false
  /** How much later than its decode time the earliest of these samples is presented, in ticks. */
  presentationDelay = 0
  startTicks = 0
  durationTicks = 0
  sampleCount = 0
  byteLength = 0
  /** Whether the first sample is a sync sample. */
  sync = false
  readonly #track: Mp4Track

  constructor(track: Mp4Track) {
    this.#track = track
  }

  /** The track's part of the fragment, as users see it. */
  get part(): Fmp4FragmentTrack {
    const { id, timescale } = this.#track
    const { startTicks, durationTicks, sampleCount, byteLength, sync } = this
    return {
      trackId: id,
      start: startTicks / timescale,
      duration: durationTicks / timescale,
      startTicks,
      durationTicks,
      sampleCount,
      byteLength,
      sync,
    }
  }
}

/**
 * A track's decode timeline, in ticks of its own timescale, as its fragments arrive.
 */
export class TrackTimeline {
  readonly track: Mp4Track
  /** Expected decode time of the next sample; `undefined` before the first. */
  #end: number | undefined
  #start = 0
  #presentationStart = Infinity
  #presentationEnd = -Infinity
  #sampleCount = 0
  #byteLength = 0

  constructor(track: Mp4Track) {
    this.track = track
  }

  /** Expected decode time of the next sample; `undefined` before the first. */
  get end(): number | undefined {
    return this.#end
  }

  /** Whether there have been samples. */
  get isUnderWay(): boolean {
    return this.#sampleCount > 0
  }

  /**
   * Advances by a track fragment that has samples, or represents time without any.
   *
   * @param start - its decode time
   * @param advance - is filled and returned
   */
  advance(traf: TrackFragment, start: number, advance = new Advance(this.track)): Advance {
    const expected = this.#end
    const isFirst = this.#sampleCount === 0
    if (expected === undefined) this.#start = start
    let time = start
    let byteLength = 0
    let presentationStart = Infinity
    let sampleCount = 0
    let sync: boolean | undefined
    for (const run of traf.runs) {
      if (run.sampleCount === 0) continue
      const { totals } = run
      presentationStart = Math.min(presentationStart, time + totals.presentationStart)
      this.#presentationEnd = Math.max(this.#presentationEnd, time + totals.presentationEnd)
      sync ??= isSync(run.flagsAt(0))
      time += totals.duration
      byteLength += totals.size
      sampleCount += run.sampleCount
    }
    if (traf.durationIsEmpty) time += traf.defaults.duration
    if (!Number.isSafeInteger(time)) {
      throw traf.traf.error(
        'AVIO_ERR_MP4_BOX_INVALID',
        `its samples end at tick ${time}, past 2^53`,
        this.track.id,
      )
    }
    this.#presentationStart = Math.min(this.#presentationStart, presentationStart)
    this.#end = time
    this.#sampleCount += sampleCount
    this.#byteLength += byteLength
    advance.continuity = continuity(expected, start)
    advance.isFirst = isFirst && sampleCount > 0
    advance.presentationDelay = sampleCount > 0 ? presentationStart - start : 0
    advance.startTicks = start
    advance.durationTicks = time - start
    advance.sampleCount = sampleCount
    advance.byteLength = byteLength
    advance.sync = sync ?? false
    return advance
  }

  /** Start and end of the track's presentation, in seconds of the movie; `undefined` without samples. */
  presentation(movieTimescale: number): { start: number; end: number } | undefined {
    if (this.#sampleCount === 0) return undefined
    const { edits, timescale } = this.track
    // The usual list: an optional delay, then the one edit that sets where in the media the movie begins.
    const media = edits.find(edit => edit.mediaTime >= 0)
    const waits = edits.slice(0, media ? edits.indexOf(media) : 0)
    const wait = waits.reduce((sum, edit) => sum + edit.segmentDuration, 0) / (movieTimescale || 1)
    const from = media?.mediaTime ?? -Infinity
    const shift = wait - (media?.mediaTime ?? 0) / timescale
    return {
      start: Math.max(this.#presentationStart, from) / timescale + shift,
      end: Math.max(this.#presentationEnd, from) / timescale + shift,
    }
  }

  /** The track's report at the end. */
  report(movieTimescale: number): TrackReport {
    const { id, kind, codec, timescale } = this.track
    const shown = this.presentation(movieTimescale)
    return {
      id,
      kind,
      codec,
      start: this.#start / timescale,
      duration: shown ? shown.end - shown.start : 0,
      sampleCount: this.#sampleCount,
      byteLength: this.#byteLength,
    }
  }
}

function continuity(expected: number | undefined, found: number): Continuity {
  if (expected === undefined || expected === found) return SEAMLESS
  return { kind: found > expected ? 'gap' : 'overlap', expected, found }
}
