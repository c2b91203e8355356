import { fileURLToPath } from 'node:url'
import { parseS3Uri } from '../../s3/request/s3-location.js'

/** The location of an input or an output. */
export type Location =
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'http'; readonly url: URL }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdio' }

/**
 * Reads a location: `s3://bucket/key` (the key is used verbatim, never decoded), `https://…` or `http://…`, `file:///…`
 * or a path, `-` for standard input or output; `undefined` for anything else. A single letter before the colon is a
 * drive, not a scheme.
 */
export function parseLocation(text: string): Location | undefined {
  if (text === '' || text.includes('\0')) return undefined
  if (text === '-') return { kind: 'stdio' }
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'file', path: text }
  if (scheme === 's3') {
    const location = parseS3Uri(text)
    return location && { kind: 's3', ...location }
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return undefined
  if (scheme === 'http' || scheme === 'https') return { kind: 'http', url }
  return scheme === 'file' ? fileLocation(url) : undefined
}

/** A `file:` URL with another host, an encoded slash or an encoded NUL names no file of this machine. */
function fileLocation(url: URL): Location | undefined {
  try {
    const path = fileURLToPath(url)
    return path.includes('\0') ? undefined : { kind: 'file', path }
  } catch {
    return undefined
  }
}

/** A location for messages: without the query, user and password of a URL, which may be secrets. */
export function shownLocation(text: string): string {
  return parseLocation(text)?.kind === 'http' ? shownUrl(new URL(text)) : text
}

function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`
}

/** Reads a prefix, which ends with `/`: the location of a package or of images. */
export function parsePrefix(text: string): Location | undefined {
  if (!text.endsWith('/')) return undefined
  const bucket = /^s3:\/\/([^/]+)\/$/i.exec(text)?.[1]
  if (bucket !== undefined) return { kind: 's3', bucket, key: '' }
  const location = parseLocation(text)
  return location?.kind === 's3' || location?.kind === 'file' ? location : undefined
}
