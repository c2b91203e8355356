import { type Period, type Run, timelineOf } from './mpd-periods.js'
import type { StoredBytes } from './presentation.js'
import { element } from './xml.js'

/** Where the segments of a run lie: a `SegmentTemplate` where their names allow it, else a `SegmentList`. */
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
  return element('SegmentList', common, [
    ...element('Initialization', { sourceURL: init.name, range: rangeOf(init) }),
    ...timeline,
    ...segments.flatMap(segment =>
      element('SegmentURL', { media: segment.name, mediaRange: rangeOf(segment) }),
    ),
  ])
}

/**
 * Names with their number in the place of digits: `720p/segment-$Number%05d$.m4s`; `undefined` where there is no such
 * place. Looked for in the file's own name without its ending: `m4s` has a digit too, and folders may.
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

/** A name in a template, where `$` is a sign. */
function literal(name: string): string {
  return name.replaceAll('$', '$$$$')
}

/** Both ends inclusive; `undefined` for a whole object. */
function rangeOf({ isRange, offset, byteLength }: StoredBytes): string | undefined {
  return isRange ? `${offset}-${offset + byteLength - 1}` : undefined
}
