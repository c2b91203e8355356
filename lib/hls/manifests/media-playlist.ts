import type { MediaSegment, Presentation, Rendition, StoredBytes } from '../presentation/presentation.js'

/**
 * The media playlist of a rendition (RFC 8216bis §4.4.2 to §4.4.4). Its names are relative to its own
 * directory.
 */
export function formatMediaPlaylist(presentation: Presentation, rendition: Rendition): string {
  const { mode, targetDuration } = presentation
  const { segments, discontinuitiesBefore, isEnded } = rendition
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.number ?? 1}`,
  ]
  if (discontinuitiesBefore > 0) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitiesBefore}`)
  if (mode !== 'live') lines.push(`#EXT-X-PLAYLIST-TYPE:${mode.toUpperCase()}`)
  lines.push('#EXT-X-INDEPENDENT-SEGMENTS')
  let before: MediaSegment | undefined
  for (const segment of segments) {
    lines.push(...segmentLines(segment, before))
    before = segment
  }
  if (isEnded) lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}

function segmentLines(segment: MediaSegment, before: MediaSegment | undefined): string[] {
  const lines: string[] = []
  const { init, dateTime, duration } = segment
  if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY')
  if (init !== before?.init) {
    const range = init.isRange ? `,BYTERANGE="${byteRange(init)}"` : ''
    lines.push(`#EXT-X-MAP:URI="${fileName(init)}"${range}`)
  }
  // Once is enough: players continue from there by durations, up to the next discontinuity.
  if (dateTime && (before === undefined || segment.discontinuity)) {
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${dateTime.toISOString()}`)
  }
  lines.push(`#EXTINF:${duration.toFixed(6)},`)
  if (segment.isRange) lines.push(`#EXT-X-BYTERANGE:${byteRange(segment)}`)
  lines.push(fileName(segment))
  return lines
}

function byteRange({ offset, byteLength }: StoredBytes): string {
  return `${byteLength}@${offset}`
}

function fileName({ name }: StoredBytes): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
