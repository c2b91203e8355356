import { type Period, type Run, timelineOf } from './mpd-periods.js'
import type { MediaSegment, StoredBytes } from '../presentation/presentation.js'
import { element } from './xml.js'

/** The segments of a run: a `SegmentTemplate` if their names allow it, otherwise a `SegmentList`. */
export function segmentsOf(run: Run, period: Period): string[] {
  const { init, segments } = run
  const { timescale } = init.track
  const template = templateOf(run)
  const common = {
    timescale,
    presentationTimeOffset: Math.round(period.mediaStart * timescale) || undefined,
  }
  const timeline = element(
    'SegmentTimeline',
    {},
    timelineOf(segments).flatMap(({ t, d, r }) => element('S', { t, d, r })),
  )
  if (template !== undefined) {
    const { number } = segments[0]!
    const attributes = { ...common, startNumber: number, initialization: literal(init.name), media: template }
    return element('SegmentTemplate', attributes, timeline)
  }
  const duration = evenDuration(run, period)
  return element('SegmentList', { ...common, duration }, [
    ...element('Initialization', { sourceURL: init.name, range: rangeOf(init) }),
    ...(duration === undefined ? timeline : []),
    ...segments.flatMap(segment =>
      element('SegmentURL', { media: segment.name, mediaRange: rangeOf(segment) }),
    ),
  ])
}

/** Whether {@link segmentsOf} writes a `SegmentTemplate`. */
export function isTemplated(run: Run): boolean {
  return templateOf(run) !== undefined
}

/**
 * One duration for all segments of a list, in ticks, if each starts within half of it of its nominal time, as
 * ISO/IEC 23009-1 allows; otherwise `undefined`. dash.js (5.2) reads no list with a `SegmentTimeline`.
 */
function evenDuration({ init, segments }: Run, { mediaStart }: Period): number | undefined {
  const { timescale } = init.track
  const [first] = segments
  const last = segments.at(-1)!
  const origin = Math.round(mediaStart * timescale) - init.shiftTicks
  const duration =
    segments.length === 1
      ? last.durationTicks
      : Math.round((last.startTicks - first!.startTicks) / (segments.length - 1))
  const isNear = ({ startTicks }: MediaSegment, n: number) =>
    Math.abs(startTicks - origin - n * duration) <= duration / 2
  const isComplete = segments.every(({ number }, n) => number === first!.number + n)
  return isComplete && duration > 0 && segments.every(isNear) ? duration : undefined
}

/**
 * Names with a placeholder for the number: `720p/segment-$Number%05d$.m4s`; `undefined` if there is no number.
 * Only the file name without its extension is considered: `m4s` has a digit too, and directories may.
 */
function templateOf({ init, segments }: Run): string | undefined {
  const first = segments[0]!
  if (
    init.isRange ||
    segments.some(({ isRange, number }, index) => isRange || number !== first.number + index)
  ) {
    return undefined
  }
  const from = first.name.lastIndexOf('/') + 1
  const stem = first.name.slice(from).replace(/\.[^.]*$/, '')
  for (const { 0: digits, index } of stem.matchAll(/\d+/g)) {
    const before = first.name.slice(0, from + index)
    const after = first.name.slice(from + index + digits.length)
    const nameOf = (number: number) => before + String(number).padStart(digits.length, '0') + after
    if (segments.every(({ name, number }) => name === nameOf(number))) {
      return `${literal(before)}$Number%0${digits.length}d$${literal(after)}`
    }
  }
  return undefined
}

/** A name in a template, where `$` is special. */
function literal(name: string): string {
  return name.replaceAll('$', '$$$$')
}

/** Both ends inclusive; `undefined` for a whole object. */
function rangeOf({ isRange, offset, byteLength }: StoredBytes): string | undefined {
  return isRange ? `${offset}-${offset + byteLength - 1}` : undefined
}
