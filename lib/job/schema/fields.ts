import { z } from 'zod'
import { parseLocation, parsePrefix } from './location.js'

/** Fields shared by several parts of a job. */

const INPUT = {
  error: 'must be s3://bucket/key, an https:// URL, a path or file: URL, or "-" for standard input',
}
const OUTPUT = { error: 'must be s3://bucket/key, a path or file: URL, or "-" for standard output' }
const PREFIX = { error: 'must be s3://bucket/prefix/ or a directory, and end with "/"' }

// The patterns go into the JSON Schema; parseLocation() and parsePrefix() check the rest.
const ANY_SCHEME = '[a-zA-Z][a-zA-Z0-9+.-]+:'
const inputPattern = new RegExp(`^(s3://[^/]+/.|https?://.|file://.|(?!${ANY_SCHEME}).)`, 's')
const outputPattern = new RegExp(`^(s3://[^/]+/.|file://.|(?!${ANY_SCHEME}).)`, 's')
const prefixPattern = new RegExp(`^(s3://[^/]+/(.*/)?|file://.*/|(?!${ANY_SCHEME}).*/)$`, 's')

/** The location of an input. */
export const inputUrl = z
  .string()
  .regex(inputPattern, { ...INPUT, abort: true })
  .refine(text => parseLocation(text) !== undefined, INPUT)
  .describe(
    'The location: `s3://bucket/key` (with the key unencoded), an `https://` URL, a path or `file:` URL, or `-` for ' +
      'standard input. All but `s3://` must be allowed where the job runs.',
  )

/** The location of an output. */
export const outputUrl = z
  .string()
  .regex(outputPattern, { ...OUTPUT, abort: true })
  .refine(text => parseLocation(text) !== undefined, OUTPUT)
  .describe(
    'The location: `s3://bucket/key`, a path or `file:` URL, or `-` for standard output. All but `s3://` must be ' +
      'allowed where the job runs.',
  )

/** The location of several objects: a prefix or a directory. */
export const prefix = z
  .string()
  .regex(prefixPattern, { ...PREFIX, abort: true })
  .refine(text => parsePrefix(text) !== undefined, PREFIX)
  .describe('The location of the objects: `s3://bucket/prefix/`, or a directory with a `/` at its end.')

/** Arguments of ffmpeg. */
export const args = z.array(z.string().max(65_536)).max(1000)

/** The name of a muxer or demuxer. */
export const formatName = z
  .string()
  .regex(/^[A-Za-z0-9][\w+.-]*$/, { error: "must be ffmpeg's name of one format, such as mp4" })

/** A name that needs no escaping in a key or a URI. */
export const plainName = z
  .string()
  .regex(/^[\w-][\w.-]*$/, { error: 'must consist of letters, digits, "-", "_" and "." (not the first)' })

/** A header's value. */
export const headerValue = z.string().min(1).max(2048)

/** Strings by name: metadata, tags. */
export const strings = z.record(z.string().min(1), z.string())

/** A number of seconds. */
export const seconds = z.number().min(0).max(1e9)
