import type { Job } from '../../job/schema/job.js'
import { parseJob } from '../../job/schema/parse-job.js'
import { parsePrefix } from '../../job/schema/location.js'
import { type OptionTable, type OptionValues, namedValues, numberValue } from './own-options.js'
import type { EncodeSpeed } from '../../job/split/split-estimate.js'
import { usageError } from './usage-error.js'

/** Options that split a job, wherever its pieces are encoded. */
export const OF_PLANS = {
  work: { type: 'string' },
  chunk: { type: 'string' },
  split: { type: 'string' },
  'encode-speed': { type: 'string', multiple: true },
} as const satisfies OptionTable

/** Options that split a job whose pieces are encoded here. */
export const OF_SPLITS = {
  ...OF_PLANS,
  concurrency: { type: 'string' },
} as const satisfies OptionTable

const MODES = ['auto', 'prefer', 'required'] as const
/** The options of the command, by the fields of `split`. */
const FLAGS = { chunkSeconds: '--chunk', mode: '--split', encodeSpeed: '--encode-speed' } as const
const SPEEDS = ['chunk', 'whole'] as const
/** As in the schema of a job. */
const SPEED = { min: 0, max: 100_000, isInteger: false }

/**
 * The job with the `split` that the options ask for: what they don't name stays as the job has it.
 *
 * @throws {@link OptionError} for a wrong value, and for a job that then has no work prefix
 */
export function withSplit(job: Job, values: OptionValues<typeof OF_PLANS>): Job {
  const chunkSeconds = numberValue(values.chunk, '--chunk', { min: 1, max: 600, isInteger: false })
  const mode = MODES.find(mode => mode === values.split)
  if (values.split !== undefined && mode === undefined)
    throw usageError('--split', `--split must be auto, prefer or required; it is "${values.split}".`)
  const encodeSpeed = speedsOf(values['encode-speed'])
  const work = values.work === undefined ? job.split?.work : workPlace(values.work)
  const given = {
    ...(chunkSeconds !== undefined && { chunkSeconds }),
    ...(mode !== undefined && { mode }),
    ...(encodeSpeed && { encodeSpeed: { ...job.split?.encodeSpeed, ...encodeSpeed } }),
  }
  if (work !== undefined) return parseJob({ ...job, split: { ...job.split, ...given, work } })
  const [option] = Object.keys(given) as (keyof typeof given)[]
  if (option === undefined) return job
  const name = FLAGS[option]
  throw usageError(name, `${name} needs a place for the pieces: add --work s3://bucket/prefix/.`)
}

/** The speeds of `--encode-speed chunk=0.8 --encode-speed whole=3.1`. */
function speedsOf(words: readonly string[] | undefined): EncodeSpeed | undefined {
  const given = namedValues(words, '--encode-speed')
  if (given === undefined) return undefined
  const unknown = Object.keys(given).find(name => !SPEEDS.some(speed => speed === name))
  if (unknown !== undefined)
    throw usageError('--encode-speed', `--encode-speed takes chunk=… and whole=…; it is "${unknown}=…".`)
  const speeds = SPEEDS.map(name => [name, speedOf(name, given[name])] as const)
  return Object.fromEntries(speeds.filter(([, speed]) => speed !== undefined))
}

function speedOf(name: string, word: string | undefined): number | undefined {
  const speed = numberValue(word, `--encode-speed ${name}`, SPEED)
  if (speed !== 0) return speed
  throw usageError('--encode-speed', `--encode-speed ${name} must be above 0; it is "${word!}".`)
}

/** How many pieces are encoded at the same time; `undefined` for the default. */
export function concurrencyOf({ concurrency }: { readonly concurrency?: string }): number | undefined {
  return numberValue(concurrency, '--concurrency', { min: 1, max: 1000 })
}

/**
 * The URL of a work prefix. A `/` at its end is added.
 *
 * @throws {@link OptionError} for anything but a prefix in S3
 */
export function workPlace(word: string): string {
  const place = word.endsWith('/') ? word : `${word}/`
  if (parsePrefix(place)?.kind === 's3') return place
  throw usageError('--work', `--work must be s3://bucket/prefix/; it is "${word}".`)
}
