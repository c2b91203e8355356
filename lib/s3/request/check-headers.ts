import { OptionError } from '../../errors.js'
import { optionError } from '../../options.js'

/**
 * What S3 headers can carry.
 *
 * Metadata, media type, disposition and tags travel as HTTP headers, and are part of the signature. S3's SDK sends them
 * unchanged, so that Node refuses text other than printable ASCII, or the signature does not match (S3's own rule:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html). A line break would start another header.
 * All of it is known before the first byte.
 */

/** S3's limit on metadata, in bytes of names and values. */
export const MAX_METADATA = 2048

/** S3's limits on tags (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html), in UTF-16 units. */
const MAX_TAGS = 10
const MAX_TAG_KEY = 128
const MAX_TAG_VALUE = 256

const UNPRINTABLE = /[^\x20-\x7e\t]/u

/**
 * Checks the value of a header.
 *
 * @param remedy - what to do with text that is not ASCII
 * @throws {@link OptionError} if it can't be sent unchanged
 */
export function checkHeaderValue(option: string, value: string, remedy: string): void {
  const found = UNPRINTABLE.exec(value)?.[0]
  if (found === undefined) return
  const code = `U+${found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  const isControl = found < ' ' || found === '\x7f'
  const what = isControl ? `the control character ${code}` : `"${found}" (${code})`
  const instead = isControl ? 'Remove it' : remedy
  throw new OptionError(
    option,
    `Option "${option}" is sent as a header, which must be printable ASCII, but contains ${what}. ${instead}.`,
    value,
  )
}

/** Checks user metadata: names, values, and their size. */
export function checkMetadata(metadata: Record<string, string> | undefined): void {
  let bytes = 0
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw optionError('metadata', 'an object whose names are letters, digits, "-" or "_"', name)
    }
    checkHeaderValue(
      `metadata.${name}`,
      value,
      'Encode it with encodeURIComponent(), or as in RFC 2047 ("=?UTF-8?B?…?="), which S3’s console shows as text',
    )
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  if (bytes > MAX_METADATA) {
    const rule = `must have at most ${MAX_METADATA} bytes of names and values, S3’s own limit`
    throw new OptionError('metadata', `Option "metadata" ${rule}, got ${bytes}`, metadata)
  }
}

/** Members of `request` that are not header text, or that the SDK encodes itself. */
const ENCODED = new Set(['SSECustomerKey'])

/** Checks the members of `request` that are sent as headers. */
export function checkRequestHeaders(request: object): void {
  for (const [member, value] of Object.entries(request)) {
    if (typeof value !== 'string' || ENCODED.has(member)) continue
    checkHeaderValue(`request.${member}`, value, remedyOf(member))
    if (member === 'Tagging') checkTags(value)
  }
}

function remedyOf(member: string): string {
  if (member === 'ContentDisposition')
    return "Give the name as filename*=UTF-8''… with encodeURIComponent() (RFC 6266)"
  if (member === 'Tagging') return 'Build it with new URLSearchParams(tags).toString()'
  return 'Percent-encode it with encodeURIComponent()'
}

function checkTags(tagging: string): void {
  const tags = [...new URLSearchParams(tagging)]
  const refuse = (rule: string) => optionError('request.Tagging', rule, tagging)
  if (tags.length > MAX_TAGS) throw refuse(`at most ${MAX_TAGS} tags, as a query: "a=1&b=2"`)
  if (new Set(tags.map(([key]) => key)).size < tags.length) throw refuse('tags with distinct keys')
  for (const [key, value] of tags) {
    if (key === '' || key.length > MAX_TAG_KEY)
      throw refuse(`tags whose keys have 1 to ${MAX_TAG_KEY} characters`)
    if (value.length > MAX_TAG_VALUE)
      throw refuse(`tags whose values have at most ${MAX_TAG_VALUE} characters`)
  }
}
