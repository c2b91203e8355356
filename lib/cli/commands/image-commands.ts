import type { JobStoryboard, JobThumbnails } from '../../job/schema/job.js'
import { typedJob } from '../arguments/callers-words.js'
import {
  OF_JOBS,
  OF_TARGETS,
  type OptionValues,
  numberValue,
  readWords,
  unlessExists,
} from '../arguments/own-options.js'
import { inputPlace, prefixPlace } from '../arguments/place.js'
import { usageError } from '../arguments/usage-error.js'
import type { Context } from './context.js'
import { executeJob } from './execute-job.js'

const PICTURES = {
  ...OF_JOBS,
  count: { type: 'string' },
  every: { type: 'string' },
  times: { type: 'string' },
  width: { type: 'string' },
  height: { type: 'string' },
  format: { type: 'string' },
  exact: { type: 'boolean' },
  'cache-control': { type: 'string' },
  ...OF_TARGETS,
} as const

const SHEETS = { ...PICTURES, columns: { type: 'string' }, rows: { type: 'string' } } as const

/** `avio-streams thumbnails INPUT PREFIX --count 8`: pictures, one object each. */
export async function thumbnailsCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: places } = readWords(words, PICTURES)
  const [url, prefix] = placesOf(places, 'thumbnails', context.cwd)
  const output: JobThumbnails = { type: 'thumbnails', prefix, ...picturesOf(values), ...unlessExists(values) }
  return await makeImages(url, output, values, context)
}

/** `avio-streams storyboard INPUT PREFIX --every 10`: sheets of pictures, and their map for players. */
export async function storyboardCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: places } = readWords(words, SHEETS)
  const [url, prefix] = placesOf(places, 'storyboard', context.cwd)
  const columns = numberValue(values.columns, '--columns', { min: 1, max: 100 })
  const rows = numberValue(values.rows, '--rows', { min: 1, max: 100 })
  const output: JobStoryboard = {
    ...{ type: 'storyboard', prefix, ...picturesOf(values), ...unlessExists(values) },
    ...(columns !== undefined && { columns }),
    ...(rows !== undefined && { rows }),
  }
  return await makeImages(url, output, values, context)
}

async function makeImages(
  url: string,
  output: JobThumbnails | JobStoryboard,
  values: OptionValues<typeof PICTURES>,
  context: Context,
): Promise<number> {
  const job = typedJob({ version: 1, inputs: [{ url }], outputs: [output] })
  await executeJob(job, { values, isTyped: true }, context)
  return 0
}

function placesOf(words: readonly string[], name: string, cwd: string): [url: string, prefix: string] {
  const [input, prefix, ...more] = words
  if (input === undefined || prefix === undefined || more.length > 0) {
    throw usageError(
      name,
      `Name an input and a prefix: avio-streams ${name} s3://bucket/key s3://bucket/prefix/ --every 10.`,
    )
  }
  return [inputPlace(input, cwd), prefixPlace(prefix, cwd)]
}

type Pictures = Pick<
  JobThumbnails,
  'count' | 'every' | 'times' | 'width' | 'height' | 'format' | 'exact' | 'cacheControl'
>

function picturesOf(values: OptionValues<typeof PICTURES>): Pictures {
  const given = [values.count, values.every, values.times].filter(value => value !== undefined)
  if (given.length !== 1)
    throw usageError('--every', 'Say which pictures, by one of --count 8, --every 10 and --times 1,2.5.')
  const { format } = values
  if (format !== undefined && format !== 'jpeg' && format !== 'png' && format !== 'webp')
    throw usageError('--format', `--format must be jpeg, png or webp; it is "${format}".`)
  const seconds = { min: 0, max: 1e9, isInteger: false }
  const pictures = {
    count: numberValue(values.count, '--count', { min: 1, max: 10_000 }),
    every: numberValue(values.every, '--every', { min: 0.001, max: 1e6, isInteger: false }),
    times: values.times?.split(',').map(time => numberValue(time, '--times', seconds)!),
    width: numberValue(values.width, '--width', { min: 2, max: 4096 }),
    height: numberValue(values.height, '--height', { min: 2, max: 4096 }),
    exact: values.exact,
    format,
    cacheControl: values['cache-control'],
  }
  return Object.fromEntries(Object.entries(pictures).filter(([, value]) => value !== undefined))
}
