import { compareKeys } from '../store/bucket.js'

/** The start of a page: after this entry. */
export interface Marker {
  readonly name: string
  /** Distinguishes entries with the same name; without it the page starts after all of them. */
  readonly id?: string | undefined
}

/** The settings for paging. */
export interface PageRule<T> {
  nameOf(entry: T): string
  idOf?(entry: T): string
  readonly prefix: string
  readonly delimiter: string
  readonly after: Marker | undefined
  /** Maximum number of entries and common prefixes together. */
  readonly limit: number
}

/** One page. */
export interface Page<T> {
  readonly entries: readonly T[]
  /** Common prefixes: the names between prefix and the next delimiter. */
  readonly commonPrefixes: readonly string[]
  readonly isTruncated: boolean
  /** The last name (or common prefix) on a page, unless it is the last page. */
  readonly next: Marker | undefined
}

/** Whether an entry is before or at the marker. A common prefix as marker covers everything under it. */
function isPassed<T>(entry: T, rule: PageRule<T>, marker: Marker, sawMarker: boolean): boolean {
  const name = rule.nameOf(entry)
  const isGroup = rule.delimiter !== '' && marker.name.endsWith(rule.delimiter)
  if (isGroup && name.startsWith(marker.name)) return true
  if (name === marker.name) return marker.id === undefined || !sawMarker
  return compareKeys(name, marker.name) < 0
}

/** Extracts one page from entries sorted by name. */
export function pageOf<T>(sorted: readonly T[], rule: PageRule<T>): Page<T> {
  const entries: T[] = []
  const commonPrefixes: string[] = []
  let last: Marker | undefined
  let sawMarker = false
  if (rule.limit === 0) return { entries, commonPrefixes, isTruncated: false, next: undefined }
  for (const entry of sorted) {
    const name = rule.nameOf(entry)
    const id = rule.idOf?.(entry)
    if (rule.after && isPassed(entry, rule, rule.after, sawMarker)) {
      sawMarker ||= name === rule.after.name && id === rule.after.id
      continue
    }
    if (!name.startsWith(rule.prefix)) continue
    const cut = rule.delimiter === '' ? -1 : name.indexOf(rule.delimiter, rule.prefix.length)
    const group = cut < 0 ? undefined : name.slice(0, cut + rule.delimiter.length)
    if (group !== undefined && group === commonPrefixes.at(-1)) continue
    if (entries.length + commonPrefixes.length >= rule.limit) {
      return { entries, commonPrefixes, isTruncated: true, next: last }
    }
    if (group === undefined) entries.push(entry)
    else commonPrefixes.push(group)
    last = group === undefined ? { name, id } : { name: group }
  }
  return { entries, commonPrefixes, isTruncated: false, next: undefined }
}
