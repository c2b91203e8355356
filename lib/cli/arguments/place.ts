import { extname, resolve } from 'node:path'
import type { OptionError } from '../../errors.js'
import { parseLocation, parsePrefix, shownLocation } from '../../job/schema/location.js'
import { usageError } from './usage-error.js'

/**
 * Places as people write them on a command line, as a job has them: paths become absolute, ffmpeg's names of pipes
 * become `-`. Keys of S3 are never decoded or changed.
 */

const SCHEME = /^([a-z][a-z0-9+.-]+):/i
const NUMBERED = /%0?\d*d/
const IMAGES = new Set([
  '.jpg',
  '.jpeg',
  '.png',
  '.bmp',
  '.tif',
  '.tiff',
  '.webp',
  '.ppm',
  '.gif',
  '.exr',
  '.dpx',
])

/** What to do instead of each of ffmpeg's protocols. */
const INSTEAD: Readonly<Record<string, string>> = {
  concat: 'give each file an -i of its own, and join them by -filter_complex "concat=n=2:v=1:a=1"',
  concatf: 'give each file an -i of its own, and join them by -filter_complex "concat=n=2:v=1:a=1"',
  tee: 'list several outputs, each with its options before it: one decoder feeds all of them',
  async: 'leave it out: inputs are read ahead anyway',
  cache: 'leave it out: inputs are cached anyway',
  subfile: 'name the whole object; -ss and -t select a part of it',
  data: 'store the data in an object or a file',
}

/**
 * The URL of an input.
 *
 * @param word - as on the command line
 * @param cwd - what relative paths start from
 * @throws {@link OptionError} for what can't be read
 */
export function inputPlace(word: string, cwd: string): string {
  if (/^pipe:0?$/.test(word)) return '-'
  const place = placeOf(word, cwd)
  if (place !== undefined && !isSequence(place)) return place
  if (place !== undefined) {
    throw usageError(
      word,
      `"${shownLocation(word)}" names a sequence of images, and an input is one object. Store the images one behind ` +
        'the other, and read them with -f image2pipe.',
    )
  }
  throw unknownPlace(word, 'input', 's3://bucket/key, https://host/path, a path, or "-" for standard input')
}

/**
 * The URL of an output of one object.
 *
 * @param word - as on the command line
 * @param cwd - what relative paths start from
 * @throws {@link OptionError} for what can't be written
 */
export function outputPlace(word: string, cwd: string): string {
  if (/^pipe:1?$/.test(word)) return '-'
  const place = placeOf(word, cwd)
  const kind = place === undefined ? undefined : parseLocation(place)?.kind
  if (place === undefined || kind === 'http')
    throw unknownPlace(word, 'output', 's3://bucket/key, a path, or "-" for standard output')
  if (isSequence(place)) {
    throw usageError(
      word,
      `"${shownLocation(word)}" names a sequence of images, and an output is one object. ` +
        'Use "avio-streams thumbnails INPUT s3://bucket/prefix/ --every 10", or "storyboard" for sheets of them.',
    )
  }
  if (word.endsWith('/'))
    throw usageError(
      word,
      `"${shownLocation(word)}" ends with "/": name the object itself, such as ${word}video.mp4.`,
    )
  return place
}

/**
 * The prefix of an output of several objects. A `/` at its end is added.
 *
 * @param word - as on the command line
 * @param cwd - what relative paths start from
 * @throws {@link OptionError} for anything but an S3 prefix and a directory
 */
export function prefixPlace(word: string, cwd: string): string {
  const scheme = schemeOf(word)
  const place = scheme === undefined ? resolve(cwd, word) : word
  const prefix = place.endsWith('/') ? place : `${place}/`
  if (word !== '-' && (scheme === undefined || scheme === 's3' || scheme === 'file') && parsePrefix(prefix))
    return prefix
  throw unknownPlace(word, 'output', 's3://bucket/prefix/ or a directory')
}

/** The name's ending in lower case, with its dot; empty without one. */
export function endingOf(place: string): string {
  const location = parseLocation(place)
  if (location?.kind === 's3') return extname(location.key).toLowerCase()
  if (location?.kind === 'http') return extname(location.url.pathname).toLowerCase()
  return location?.kind === 'file' ? extname(location.path).toLowerCase() : ''
}

function placeOf(word: string, cwd: string): string | undefined {
  if (word === '-') return '-'
  const scheme = schemeOf(word)
  if (scheme === undefined) return resolve(cwd, word)
  // ffmpeg's own form of a path: `file:a.mp4`.
  if (scheme === 'file' && !/^file:\/\//i.test(word)) return resolve(cwd, word.slice('file:'.length))
  return parseLocation(word) === undefined ? undefined : word
}

function schemeOf(word: string): string | undefined {
  return SCHEME.exec(word)?.[1]?.toLowerCase()
}

/** Keys and paths are used as they are, but no one stores a single image under such a name. */
function isSequence(place: string): boolean {
  const kind = parseLocation(place)?.kind
  return kind !== 'http' && NUMBERED.test(place) && IMAGES.has(endingOf(place))
}

function unknownPlace(word: string, what: 'input' | 'output', rule: string): OptionError {
  const scheme = schemeOf(word)
  const shown = shownLocation(word)
  if (scheme === 's3')
    return usageError(word, `"${shown}" is no ${what}: S3 needs a bucket and a key, such as s3://bucket/key.`)
  const instead = scheme === undefined ? undefined : INSTEAD[scheme]
  if (instead !== undefined)
    return usageError(
      word,
      `"${scheme}:" opens other files itself, which works on a disk only. Instead, ${instead}.`,
    )
  if (what === 'output' && (scheme === 'http' || scheme === 'https')) {
    return usageError(
      word,
      `"${shown}" can't be written: an upload in parts needs s3://bucket/key. For a presigned PUT, write to "-" and ` +
        'pipe that into curl.',
    )
  }
  const file = scheme === undefined || what === 'input' ? '' : ` A path with a colon begins with "./".`
  return usageError(word, `"${shown}" is no ${what}: it must be ${rule}.${file}`)
}
