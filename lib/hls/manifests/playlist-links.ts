import { isStorageName } from '../storage/segment-storage.js'

/** Tags whose `URI` names something else than media: keys, and data of the application. */
const NO_MEDIA = /^#EXT-X-(?:SESSION-)?(?:KEY|DATA)\b/

/**
 * The URIs of a playlist, in its order: its lines, and the `URI` attributes of tags that name media. Of what is no
 * playlist (RFC 8216 §4.3.1.1), none.
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
 * Names in the attributes of a manifest of DASH; those of a template without the part that changes: its folder tells.
 */
export function linksOfMpd(mpd: string): string[] {
  return [...mpd.matchAll(/\b(?:initialization|media|sourceURL)="([^"]*)"/g)].map(([, uri]) => uri!)
}

/**
 * The name, from the root of the storage, of what a playlist names; `undefined` where that lies elsewhere.
 *
 * @param base - the playlist's own name
 * @param uri - as it stands there
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
