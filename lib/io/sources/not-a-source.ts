import { Readable } from 'node:stream'
import type { OptionError } from '../../errors.js'
import { optionError } from '../../options.js'

/**
 * The error for what is no source: of what people give in its place it says what to make of it.
 *
 * @param option - where it was given
 * @param rule - what belongs there
 * @param given - what was given
 */
export function notASource(option: string, rule: string, given: unknown): OptionError {
  // The query of an address may hold a signature, and belongs in no log.
  const shown = /^https?:/i.test(nameOf(given) ?? '') ? nameOf(given)!.replace(/[?#].*$/s, '') : given
  return optionError(option, `${rule}${remedyFor(given)}`, shown)
}

/** Whether it is the name of a source, or its bytes, and not a source. */
export function isNotASource(given: unknown): boolean {
  return nameOf(given) !== undefined || given instanceof Uint8Array || given instanceof ArrayBuffer
}

function nameOf(given: unknown): string | undefined {
  return typeof given === 'string' || given instanceof URL ? String(given) : undefined
}

function remedyFor(given: unknown): string {
  const name = nameOf(given)
  if (name !== undefined) return ` (${wayTo(name, given instanceof URL)})`
  if (isNotASource(given)) return ' (of bytes in memory: new BytesSource(bytes))'
  if (given instanceof Readable) return '; a stream is piped into FfmpegTransform, or FfmpegProcess'
  return ''
}

function wayTo(name: string, isUrl: boolean): string {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(name)?.[1]?.toLowerCase()
  if (scheme === 'http' || scheme === 'https') return 'of an address: new HttpSource({ url })'
  if (scheme === 's3') {
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/is.exec(name) ?? []
    const location = bucket === undefined ? 'bucket, key' : `bucket: ${quoted(bucket)}, key: ${quoted(key!)}`
    return `of an object: new S3Source({ client, ${location} })`
  }
  if (isUrl) return `of a file: new FileSource(new URL(${quoted(name)}))`
  return `of a file: new FileSource(${quoted(name)}); of an object in S3: new S3Source({ client, bucket, key })`
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
