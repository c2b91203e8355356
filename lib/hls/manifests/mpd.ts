import { adaptationSetsOf } from './mpd-adaptation-sets.js'
import { imageAdaptationSet } from './mpd-images.js'
import { type Period, endOf, periodsOf } from './mpd-periods.js'
import type { Presentation } from '../presentation/presentation.js'
import { element } from './xml.js'

/** What a manifest that grows says of the wall clock. */
export interface MpdClock {
  /**
   * The wall clock at the beginning of the presentation: `availabilityStartTime`. Segments are taken to be there from
   * this plus their end on; it must not change while a manifest grows.
   */
  readonly startedAt: Date
  /** When this manifest was made: `publishTime`. */
  readonly publishedAt: Date
}

/**
 * The DASH manifest of a presentation (ISO/IEC 23009-1), of the same segments as its playlists. Names in it are those
 * of the storage: it has to lie at its root.
 *
 * - One object per segment: profile `isoff-live` with `SegmentTemplate`, `$Number$` and `SegmentTimeline`. One object
 *   per rendition: profile `isoff-main` with `SegmentList` and byte ranges (which ffmpeg 5.1 can't read: it goes on for
 *   ever), of one duration where the segments allow it.
 * - `dynamic` while it grows, `static` from its end on. What is left of a live stream keeps the time line that it had,
 *   for players that are in the middle of it: its first period begins later than 0.
 * - Each discontinuity begins a `Period`.
 *
 * @param clock - for a presentation that grows. Default: as if what there is had ended just now, which is not the same
 * from one manifest to the next
 */
export function formatMpd(presentation: Presentation, clock: MpdClock = justNow(presentation)): string {
  const { layout, targetDuration, isEnded } = presentation
  const isDynamic = !isEnded
  const periods = periodsOf(presentation)
  // Sheets go on from one period into the next. Shaka Player takes the first one of a period to begin with it, whatever
  // `presentationTimeOffset` says, and would show other pictures.
  const images = periods.length === 1 ? (presentation.images ?? []).flatMap(imageAdaptationSet) : []
  const lines = element(
    'MPD',
    {
      xmlns: 'urn:mpeg:dash:schema:mpd:2011',
      profiles: `urn:mpeg:dash:profile:isoff-${layout === 'segments' ? 'live' : 'main'}:2011`,
      type: isDynamic ? 'dynamic' : 'static',
      ...(isDynamic && growing(presentation, clock)),
      mediaPresentationDuration: isEnded ? seconds(endOf(periods)) : undefined,
      minBufferTime: seconds(targetDuration),
      // What is below it when it is rounded.
      maxSegmentDuration: seconds(targetDuration + 0.5),
    },
    periods.flatMap(period => formatPeriod(period, images)),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines.join('\n')}\n`
}

function growing({ mode, targetDuration, windowSize }: Presentation, clock: MpdClock) {
  const isWindow = mode === 'live' && windowSize !== undefined
  return {
    availabilityStartTime: clock.startedAt.toISOString(),
    publishTime: clock.publishedAt.toISOString(),
    minimumUpdatePeriod: seconds(targetDuration),
    timeShiftBufferDepth: isWindow ? seconds(windowSize * targetDuration) : undefined,
    // As far behind as players of HLS begin (RFC 8216 §6.3.3).
    suggestedPresentationDelay: seconds(3 * targetDuration),
  }
}

function formatPeriod(period: Period, images: readonly string[]): string[] {
  const sets = [...adaptationSetsOf(period), ...images]
  return element('Period', { id: period.id, start: seconds(period.start) }, sets)
}

function justNow({ duration }: Presentation): MpdClock {
  const publishedAt = new Date()
  return { startedAt: new Date(publishedAt.getTime() - duration * 1000), publishedAt }
}

/** A duration as XML Schema writes it, to the microsecond. */
function seconds(value: number): string {
  return `PT${Number(value.toFixed(6))}S`
}
