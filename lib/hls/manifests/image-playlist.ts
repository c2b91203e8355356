import type { ImageTrack } from '../presentation/presentation.js'

/**
 * The playlist of thumbnails for a seek bar: HLS Image Media Playlists 0.4
 * (https://github.com/image-media-playlist/spec), an extension that other players ignore.
 */
export function formatImagePlaylist({ width, height, sheets }: ImageTrack): string {
  const longest = sheets.reduce((most, { duration }) => Math.max(most, Math.round(duration)), 1)
  const lines = [
    ...['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${longest}`, '#EXT-X-MEDIA-SEQUENCE:1'],
    ...['#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-IMAGES-ONLY'],
  ]
  for (const { name, duration, tiles, columns, rows } of sheets) {
    const layout = `LAYOUT=${columns}x${rows},DURATION=${(duration / tiles).toFixed(6)}`
    lines.push(`#EXTINF:${duration.toFixed(6)},`)
    lines.push(`#EXT-X-TILES:RESOLUTION=${width}x${height},${layout}`, name.slice(name.lastIndexOf('/') + 1))
  }
  lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}
