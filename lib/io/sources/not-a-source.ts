import { isReadable } from '../stream-kinds.js'
import { types } from 'node:util'
import type { OptionError } from '../../errors.js'
import { isUrl, optionError } from '../../options.js'

/**
 * The error for a value that is not a source; for common mistakes it shows the right constructor.
 *
 * @param option - the option's name
 * @param rule - what it must be
 * @param given - the value given
 */
export function notASource(option: string, rule: string, given: unknown): OptionError {
  // The query of a URL may hold a signature, which must not reach a log.
  const shown = /^https?:/i.test(nameOf(given) ?? '') ? nameOf(given)!.replace(/[?#].*$/s, '') : given
  return optionError(option, `${rule}${remedyFor(given)}`, shown)
}

/** Whether it is a source's name or bytes rather than a source. */
export function isNotASource(given: unknown): boolean {
  return nameOf(given) !== undefined || types.isUint8Array(given) || types.isAnyArrayBuffer(given)
}

function nameOf(given: unknown): string | undefined {
  return typeof given === 'string' || isUrl(given) ? String(given) : undefined
}

function remedyFor(given: unknown): string {
  const name = nameOf(given)
  if (name !== undefined) return ` (${wayTo(name, isUrl(given))})`
  if (isNotASource(given)) return ' (for bytes in memory: new BytesSource({ bytes }))'
  if (isReadable(given)) return '; a stream is piped into FfmpegTransform, or FfmpegProcess'
  return ''
}

function wayTo(name: string, isUrl: boolean): string {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(name)?.[1]?.toLowerCase()
  if (scheme === 'http' || scheme === 'https') return 'for a URL: new HttpSource({ url })'
  if (scheme === 's3') {
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/is.exec(name) ?? []
    const location = bucket === undefined ? 'bucket, key' : `bucket: ${quoted(bucket)}, key: ${quoted(key!)}`
    return `for an object: new S3Source({ client, ${location} })`
  }
  if (isUrl) return `for a file: new FileSource({ path: new URL(${quoted(name)}) })`
  const file = `for a file: new FileSource({ path: ${quoted(name)} })`
  return `${file}; for an object in S3: new S3Source({ client, bucket, key })`
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
