import type { ImageTrack } from '../presentation/presentation.js'
import { element } from './xml.js'

/** Ticks per second. */
const TIMESCALE = 1000

/**
 * The `AdaptationSet` of thumbnails for a seek bar (DASH-IF IOP v5, part 5, §6.2.6: tiled thumbnails); players
 * ignore it if they don't know the property. Sheets are identified by number and a common duration, so none are
 * listed if their durations differ.
 */
export function imageAdaptationSet(track: ImageTrack): string[] {
  const { name, codec, width, height, bandwidth, sheets } = track
  const [first] = sheets
  const isEven = sheets.slice(0, -1).every(sheet => Math.abs(sheet.duration - first!.duration) < 0.001)
  if (first === undefined || !isEven) return []
  const property = {
    schemeIdUri: 'http://dashif.org/guidelines/thumbnail_tile',
    value: `${first.columns}x${first.rows}`,
  }
  const representation = {
    id: name,
    bandwidth: Math.max(1, Math.ceil(bandwidth)),
    width: width * first.columns,
    height: height * first.rows,
  }
  const template = {
    timescale: TIMESCALE,
    duration: Math.round(first.duration * TIMESCALE),
    startNumber: 1,
    media: first.name.replace(/\d+(?=\.\w+$)/, digits => `$Number%0${digits.length}d$`),
  }
  return element('AdaptationSet', { contentType: 'image', mimeType: `image/${codec}` }, [
    ...element('SegmentTemplate', template),
    ...element('Representation', representation, element('EssentialProperty', property)),
  ])
}
