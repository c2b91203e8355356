import type { InitSegment, MediaSegment, Presentation, Rendition } from '../presentation/presentation.js'

/** What a rendition has in one period. */
export interface Run {
  readonly rendition: Rendition
  readonly init: InitSegment
  /** At least one; each goes on where the one before it ended. */
  readonly segments: readonly MediaSegment[]
}

/** A stretch of the presentation without a discontinuity. */
export interface Period {
  /** The number of discontinuities before it: HLS's discontinuity sequence. */
  readonly id: number
  /** When it begins on the time line of the presentation, in seconds. */
  readonly start: number
  /** What media time, in seconds, is presented at its start: the same for all its tracks, which keeps them together. */
  readonly mediaStart: number
  readonly runs: readonly Run[]
}

/** Sound that begins by less than this before the picture is its priming. In seconds. */
const PRIMING = 0.1

/**
 * Splits a presentation at its discontinuities.
 *
 * On the time line of an HLS playlist a segment begins where those before it have ended. DASH tells it from the media's
 * own time: `start` + media time − `mediaStart`. A period begins when the first of its renditions does, with the media
 * time at which the first of them has something to present; the others are in the relation that their media times have,
 * whatever they lasted before it: a picture and its sound are seldom of one length. While a window moves on, neither
 * that nor what a manifest says of a segment changes.
 *
 * Sound may begin just before the picture, with priming that no edit list tells any more: that is not presented.
 *
 * The first period of all begins at 0. Another one begins with its first segment; once that has left the window, with
 * the first one that is listed.
 */
export function periodsOf({ renditions }: Presentation): Period[] {
  const byId = new Map<number, Run[]>()
  for (const rendition of renditions) {
    for (const [id, segments] of runsOf(rendition)) {
      const run = { rendition, init: segments[0]!.init, segments }
      byId.set(id, [...(byId.get(id) ?? []), run])
    }
  }
  return [...byId].sort(([a], [b]) => a - b).map(([id, runs]) => period(id, runs))
}

/** When the last of the periods ends on the time line of the presentation, in seconds; 0 without any. */
export function endOf(periods: readonly Period[]): number {
  const last = periods.at(-1)
  const ends = last?.runs.map(({ init, segments }) => {
    const segment = segments.at(-1)!
    const end = Math.max(0, presentedAt(segment)) + segment.durationTicks
    return last.start + end / init.track.timescale - last.mediaStart
  })
  return Math.max(0, ...(ends ?? []))
}

function period(id: number, runs: readonly Run[]): Period {
  const begun = runs.map(({ init, segments: [first] }) => mediaTime(init, first!.stretch.startTicks))
  const pictures = begun.filter((_, n) => runs[n]!.rendition.kind === 'video')
  const picture = Math.min(...pictures)
  const earliest = Math.min(...begun)
  const mediaStart = picture - earliest < PRIMING ? picture : earliest
  const start = Math.min(...runs.map(({ segments }) => segments[0]!.stretch.start))
  if (id === 0) return { id, start: 0, mediaStart, runs }
  const listed = Math.min(...runs.map(({ init, segments }) => mediaTime(init, segments[0]!.startTicks)))
  const gone = Math.max(0, listed - mediaStart)
  return { id, start: start + gone, mediaStart: mediaStart + gone, runs }
}

/** When a decode time is presented, in seconds of media time. */
function mediaTime({ track, shiftTicks }: InitSegment, ticks: number): number {
  return Math.max(0, ticks + shiftTicks) / track.timescale
}

function runsOf({ segments, discontinuitiesBefore }: Rendition): Map<number, MediaSegment[]> {
  const runs = new Map<number, MediaSegment[]>()
  let id = discontinuitiesBefore
  for (const segment of segments) {
    if (segment.discontinuity) id++
    const run = runs.get(id)
    if (run) run.push(segment)
    else runs.set(id, [segment])
  }
  return runs
}

/** When a segment is presented, in ticks of its track's media time; below 0 where it begins with priming. */
function presentedAt({ startTicks, init }: MediaSegment): number {
  return startTicks + init.shiftTicks
}

/** One `S` of a `SegmentTimeline`: `r` + 1 segments of `d` ticks each, the first at `t`. */
export interface TimelineEntry {
  readonly t: number | undefined
  readonly d: number
  r: number | undefined
}

/**
 * When segments are presented, in ticks of media time: from 0 on, as their durations are. `t` is left out where it
 * follows from the entry before.
 */
export function timelineOf(segments: readonly MediaSegment[]): TimelineEntry[] {
  const entries: TimelineEntry[] = []
  let expected: number | undefined
  for (const segment of segments) {
    const t = Math.max(0, presentedAt(segment))
    const d = segment.durationTicks
    const last = entries.at(-1)
    if (t === expected && d === last?.d) last.r = (last.r ?? 0) + 1
    else entries.push({ t: t === expected ? undefined : t, d, r: undefined })
    expected = t + d
  }
  return entries
}
