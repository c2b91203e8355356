import { adaptationSetsOf } from './mpd-adaptation-sets.js'
import { imageAdaptationSet } from './mpd-images.js'
import { type Period, endOf, periodsOf } from './mpd-periods.js'
import type { Presentation } from '../presentation/presentation.js'
import { isTemplated } from './mpd-segments.js'
import { element } from './xml.js'

/** The wall clock of a growing manifest. */
export interface MpdClock {
  /**
   * The wall clock at the start of the presentation: `availabilityStartTime`. Segments count as available from
   * this time plus their end on; it must not change while a manifest grows.
   */
  readonly startedAt: Date
  /** When this manifest was written: `publishTime`. */
  readonly publishedAt: Date
}

/**
 * The DASH manifest of a presentation (ISO/IEC 23009-1), with the same segments as its playlists. Its names are
 * those of the storage: it must be at the root.
 *
 * - One object per segment: profile `isoff-live` with `SegmentTemplate`, `$Number$` and `SegmentTimeline`. One
 *   object per rendition: profile `isoff-main` with `SegmentList` and byte ranges (which ffmpeg 5.1 can't read:
 *   it never stops), of one duration if the segments allow it; also for objects whose names have no numbers in a row.
 * - `dynamic` while it grows, `static` from its end on. The rest of a live stream keeps its timeline, for
 *   players in the middle of it: its first period starts later than 0.
 * - Each discontinuity starts a `Period`.
 *
 * @param clock - for a growing presentation. Default: as if the current media had just ended, which differs
 * between manifests
 */
export function formatMpd(presentation: Presentation, clock: MpdClock = justNow(presentation)): string {
  const { layout, targetDuration, isEnded } = presentation
  const isDynamic = !isEnded
  const periods = periodsOf(presentation)
  // Sheets continue across periods. Shaka Player starts the first one with its period, whatever
  // `presentationTimeOffset` says, and would show other images.
  const images = periods.length === 1 ? (presentation.images ?? []).flatMap(imageAdaptationSet) : []
  const isTemplate = layout === 'segments' && periods.every(({ runs }) => runs.every(isTemplated))
  const lines = element(
    'MPD',
    {
      xmlns: 'urn:mpeg:dash:schema:mpd:2011',
      profiles: `urn:mpeg:dash:profile:isoff-${isTemplate ? 'live' : 'main'}:2011`,
      type: isDynamic ? 'dynamic' : 'static',
      ...(isDynamic && growing(presentation, clock)),
      mediaPresentationDuration: isEnded ? seconds(endOf(periods)) : undefined,
      minBufferTime: seconds(targetDuration),
      // The upper limit of rounded durations.
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
    // As far behind as HLS players start (RFC 8216 §6.3.3).
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

/** A duration in XML Schema's format, to the microsecond. */
function seconds(value: number): string {
  return `PT${Number(value.toFixed(6))}S`
}
