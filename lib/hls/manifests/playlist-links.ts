import { isStorageName } from '../storage/segment-storage.js'

/** Tags whose `URI` is not media: keys, and application data. */
const NO_MEDIA = /^#EXT-X-(?:SESSION-)?(?:KEY|DATA)\b/

/**
 * The URIs of a playlist, in order: its lines, and the `URI` attributes of media tags. None if it is not a
 * playlist (RFC 8216 §4.3.1.1).
 */
export function linksOf(playlist: string): string[] {
  if (!playlist.startsWith('#EXTM3U')) return []
  return playlist.split(/\r?\n/).flatMap(line => {
    if (line !== '' && !line.startsWith('#')) return [line.trim()]
    if (NO_MEDIA.test(line)) return []
    return [...line.matchAll(/[:,]URI="([^"]*)"/g)].map(([, uri]) => uri!)
  })
}

/**
 * Names in the attributes of a DASH manifest; those of a template without the variable part: its directory is
 * enough.
 */
export function linksOfMpd(mpd: string): string[] {
  return [...mpd.matchAll(/\b(?:initialization|media|sourceURL)="([^"]*)"/g)].map(([, uri]) => uri!)
}

/**
 * The name of a playlist's URI, relative to the root of the storage; `undefined` if it is elsewhere.
 *
 * @param base - the playlist's own name
 * @param uri - as in the playlist
 */
export function nameOf(base: string, uri: string): string | undefined {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(uri)) return undefined
  const segments = base.split('/').slice(0, -1)
  for (const segment of uri.replace(/[?#].*$/s, '').split('/')) {
    if (segment === '..' && segments.pop() === undefined) return undefined
    if (segment !== '..' && segment !== '.') segments.push(segment)
  }
  try {
    const name = decodeURIComponent(segments.join('/'))
    return isStorageName(name) ? name : undefined
  } catch {
    return undefined
  }
}
