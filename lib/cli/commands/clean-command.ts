import type { S3Client } from '@aws-sdk/client-s3'
import { type StaleWork, removeStaleWork } from '../../job/split/remove-stale-work.js'
import { parsePrefix } from '../../job/schema/location.js'
import { type StaleUpload, abortStaleUploads } from '../../s3/abort-stale-uploads.js'
import { durationOption } from '../arguments/duration.js'
import { SHARED, readWords } from '../arguments/own-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT, exitCodeOf } from '../report/exit-code.js'
import { bytes } from '../report/progress-text.js'
import { Reporter } from '../report/reporter.js'
import type { Context } from './context.js'
import { lifecycleRule } from './lifecycle-rule.js'
import { storeClient } from './store-client.js'

const OPTIONS = {
  ...SHARED,
  'older-than': { type: 'string' },
  work: { type: 'string' },
  delete: { type: 'boolean' },
} as const

/** What to clean. */
interface Cleaning {
  readonly client: S3Client
  readonly bucket: string
  readonly prefix: string
  /** In milliseconds. */
  readonly olderThan: number
  readonly dryRun: boolean
  readonly signal: AbortSignal
}

/** What was found, as lines of the list. */
interface Leftover {
  readonly isRemoved: boolean
  readonly error: unknown
  readonly json: object
  /** The date, the URL, and what else is known. */
  readonly text: string
}

/**
 * `avio-streams clean s3://bucket/prefix/ --older-than 24h`: lists the uploads that killed processes left, and aborts
 * them with `--delete`. `--work s3://bucket/prefix/` lists the pieces of abandoned jobs, and removes them.
 */
export async function cleanCommand(
  words: readonly string[],
  { stderr, stdout, signal }: Context,
): Promise<number> {
  const { values, words: places } = readWords(words, OPTIONS)
  const [place, ...more] = places
  if (more.length > 0 || (place === undefined && values.work === undefined))
    throw usageError('clean', ONE_PLACE)
  const uploads = place === undefined ? undefined : placeOf(place, 'clean')
  const work = values.work === undefined ? undefined : placeOf(values.work, '--work')
  const age = values['older-than']
  if (age === undefined)
    throw usageError(
      '--older-than',
      'Give the minimum age, by --older-than 24h: what a running job has stored looks the same.',
    )
  const olderThan = durationOption(age, '--older-than')
  const dryRun = values.delete !== true
  const reporter = new Reporter(stderr, { isJson: values.json === true, isQuiet: values.quiet === true })
  const client = storeClient(values)
  const tell = (leftovers: readonly Leftover[], what: string, done: string): boolean => {
    for (const { isRemoved, error, json, text } of leftovers) {
      const state = isRemoved ? done : error === undefined ? 'stale' : 'failed'
      stdout.write(`${values.json === true ? JSON.stringify(json) : `${state}  ${text}`}\n`)
      if (error !== undefined) reporter.error(error, exitCodeOf(error))
    }
    const count = leftovers.filter(
      ({ error, isRemoved }) => isRemoved || (dryRun && error === undefined),
    ).length
    const after = !dryRun ? done : count === 0 ? 'stale' : 'stale; --delete removes them'
    reporter.note(`${counted(count, what)} ${after}.`)
    return leftovers.some(({ error }) => error !== undefined)
  }
  const cleaning = { client, olderThan, dryRun, signal }
  let hasFailed = false
  try {
    if (uploads !== undefined) {
      hasFailed = tell(await staleUploads({ ...cleaning, ...uploads }), 'upload', 'aborted')
      reporter.note(lifecycleRule('uploads', uploads, olderThan))
    }
    if (work !== undefined) {
      hasFailed = tell(await staleWork({ ...cleaning, ...work }), 'abandoned job', 'removed') || hasFailed
      reporter.note(lifecycleRule('work', work, olderThan))
    }
    return hasFailed ? EXIT.store : EXIT.done
  } finally {
    client.destroy()
  }
}

const ONE_PLACE =
  'Name one bucket, or a prefix in it: avio-streams clean s3://bucket/prefix/ --older-than 24h; or the work prefix ' +
  'of jobs: avio-streams clean --work s3://bucket/prefix/ --older-than 7d.'

function placeOf(word: string, option: string): { bucket: string; prefix: string } {
  const location = parsePrefix(word.endsWith('/') ? word : `${word}/`)
  if (location?.kind !== 's3') throw usageError(option, ONE_PLACE)
  return { bucket: location.bucket, prefix: location.key }
}

async function staleUploads(cleaning: Cleaning): Promise<Leftover[]> {
  return (await abortStaleUploads(cleaning)).map(
    ({ bucket, key, uploadId, initiated, aborted, error }: StaleUpload) => ({
      ...{ isRemoved: aborted, error },
      json: { url: `s3://${bucket}/${key}`, uploadId, initiated, aborted },
      text: `${initiated.toISOString()}  s3://${bucket}/${key}`,
    }),
  )
}

async function staleWork(cleaning: Cleaning): Promise<Leftover[]> {
  return (await removeStaleWork(cleaning)).map(
    ({ bucket, prefix, newest, removed, error, ...numbers }: StaleWork) => {
      const url = `s3://${bucket}/${prefix}`
      const { objects, uploads } = numbers
      const facts = [counted(objects, 'object'), bytes(numbers.bytes), counted(uploads, 'upload')]
      return {
        ...{ isRemoved: removed, error },
        json: { url, newest, ...numbers, removed },
        text: `${newest.toISOString()}  ${url}  ${facts.join(', ')}`,
      }
    },
  )
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
