import type { InitSegment, MediaSegment, Presentation, Rendition } from '../presentation/presentation.js'

/** A rendition's part of one period. */
export interface Run {
  readonly rendition: Rendition
  readonly init: InitSegment
  /** At least one; each continues the previous one. */
  readonly segments: readonly MediaSegment[]
}

/** A part of the presentation without a discontinuity. */
export interface Period {
  /** The number of discontinuities before it: HLS's discontinuity sequence. */
  readonly id: number
  /** Its start on the presentation's timeline, in seconds. */
  readonly start: number
  /**
   * The media time, in seconds, presented at its start: the same for all its tracks, which keeps them in sync.
   */
  readonly mediaStart: number
  readonly runs: readonly Run[]
}

/** Audio that starts less than this before the video is priming. In seconds. */
const PRIMING = 0.1

/**
 * Splits a presentation at its discontinuities.
 *
 * On an HLS timeline a segment starts where the previous ones ended. DASH computes it from the media time:
 * `start` + media time − `mediaStart`. A period starts when the first of its renditions does, with the media
 * time at which the first of them has something to present; the others follow by their media times, whatever
 * their durations before: video and audio seldom have equal lengths. As a window moves, neither that nor a
 * manifest's description of a segment changes.
 *
 * Audio may start just before the video, with priming that no edit list describes any more: it is not
 * presented.
 *
 * The very first period starts at 0. Any other starts with its first segment or, once that has left the window,
 * with the first one listed.
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

/** The end of the last period on the presentation's timeline, in seconds; 0 without any. */
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

/** Presentation time of a decode time, in seconds of media time. */
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

/** Presentation time of a segment, in ticks of its track's media time; below 0 if it starts with priming. */
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
 * Presentation times of segments, in ticks of media time: from 0 on, like their durations. `t` is omitted if it
 * follows from the previous entry.
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
