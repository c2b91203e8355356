import type { InitSegment, MediaSegment, Presentation, Rendition } from './presentation.js'

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

/**
 * Splits a presentation at its discontinuities.
 *
 * On the time line of an HLS playlist a segment begins where those before it have ended. DASH tells it from the media's
 * own time: `start` + media time − `mediaStart`. The two differ by a constant within a period, for each rendition; the
 * smallest counts, so that nothing is presented before the period. As the constant does not change while a window
 * moves on, neither does what a manifest says of a segment.
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

function period(id: number, runs: readonly Run[]): Period {
  const firsts = runs.map(({ segments }) => segments[0]!)
  const start = id === 0 ? 0 : Math.min(...firsts.map(segment => segment.start))
  const ahead = Math.min(
    ...firsts.map(segment => presentedAt(segment) / segment.init.track.timescale - segment.start),
  )
  return { id, start, mediaStart: Math.max(0, start + ahead), runs }
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
 * When segments are presented, in ticks of media time. What lies before time 0 (the priming of audio) is not presented
 * and does not count. `t` is left out where it follows from the entry before.
 */
export function timelineOf(segments: readonly MediaSegment[]): TimelineEntry[] {
  const entries: TimelineEntry[] = []
  let expected: number | undefined
  for (const segment of segments) {
    const t = Math.max(0, presentedAt(segment))
    const end = Math.max(t, presentedAt(segment) + segment.durationTicks)
    const d = end - t
    const last = entries.at(-1)
    if (t === expected && d === last?.d) last.r = (last.r ?? 0) + 1
    else entries.push({ t: t === expected ? undefined : t, d, r: undefined })
    expected = end
  }
  return entries
}
