import type { S3Client } from '@aws-sdk/client-s3'
import { planJob } from '../../job/plan-job.js'
import { parseJob } from '../../job/schema/parse-job.js'
import { estimateText } from '../../job/split/split-estimate.js'
import { storePlan } from '../../job/split/stored-plan.js'
import type { SplitPlan, UnsplitPlan } from '../../job/split/split-plan.js'
import { formatS3Uri } from '../../s3/request/s3-location.js'
import { OF_PLACES, type OptionValues, SHARED, readWords } from '../arguments/own-options.js'
import { OF_SPLITS, concurrencyOf, withSplit } from '../arguments/split-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT } from '../report/exit-code.js'
import { Reporter } from '../report/reporter.js'
import type { Context } from './context.js'
import { allowed } from './job-allow.js'
import { isStoredPlan, knownPlan, storedPlan } from './known-plan.js'
import { readJson } from './read-json.js'
import { stepWords } from './step-words.js'
import { storeClient } from './store-client.js'

const OPTIONS = {
  ...SHARED,
  ...OF_PLACES,
  ...OF_SPLITS,
  strangers: { type: 'boolean' },
  store: { type: 'boolean' },
  steps: { type: 'boolean' },
  count: { type: 'boolean' },
} as const

type Values = OptionValues<typeof OPTIONS>

/**
 * `avio-streams plan job.json`: the plan of a job in pieces, as JSON on standard output. `--store` stores it below the
 * work prefix, and prints its URL; `--steps` prints the words for `step`, and `--count` their number.
 */
export async function planCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: places } = readWords(words, OPTIONS)
  const [place, ...more] = places
  if (place === undefined || more.length > 0)
    throw usageError('plan', 'Name one job or plan: avio-streams plan job.json, or "-" for standard input.')
  const forms = (['store', 'steps', 'count'] as const).filter(name => values[name] === true)
  if (forms.length > 1)
    throw usageError(`--${forms[1]!}`, `--${forms[0]!} and --${forms[1]!} exclude each other.`)
  const { stderr, stdout, signal } = context
  const reporter = new Reporter(stderr, { isJson: values.json === true, isQuiet: values.quiet === true })
  const client = storeClient(values)
  try {
    const { plan, isNew } = await planOf(place, values, client, context)
    if (plan.unsplit !== undefined) {
      if (forms.length === 0) stdout.write(`${JSON.stringify(plan, null, 2)}\n`)
      const { code, message } = plan.unsplit
      reporter.note(
        `${code === 'no-gain' ? 'Not worth splitting' : "Can't be split"}: run it whole. ${message}`,
      )
      return EXIT.unsplit
    }
    for (const note of plan.notes) reporter.note(note)
    // The estimate of an existing plan was printed when it was made, perhaps for another number of workers.
    if (isNew) reporter.event('estimate', plan.estimate, estimateText(plan.estimate).join('\n'))
    stdout.write(`${await textOf(plan, forms[0], { client, signal })}\n`)
    return EXIT.done
  } finally {
    client.destroy()
  }
}

async function planOf(
  place: string,
  values: Values,
  client: S3Client,
  context: Context,
): Promise<{ readonly plan: SplitPlan | UnsplitPlan; readonly isNew: boolean }> {
  const { signal, cwd } = context
  if (isStoredPlan(place)) return { plan: await storedPlan(place, { client, signal }), isNew: false }
  const value = await readJson(place, 'job', context)
  const known = knownPlan(value)
  if (known !== undefined) return { plan: known, isNew: false }
  const job = withSplit(parseJob(value), values)
  if (job.split === undefined)
    throw usageError(
      '--work',
      'The job has no "split": add --work s3://bucket/prefix/, where the pieces are stored.',
    )
  const concurrency = concurrencyOf(values)
  const plan = await planJob(job, {
    ...{ client, signal, allow: allowed(values, cwd) },
    trust: values.strangers === true ? 'strangers' : 'owner',
    ...(concurrency !== undefined && { concurrency }),
    ...(values.ffmpeg !== undefined && { ffmpegPath: values.ffmpeg }),
    ...(values.ffprobe !== undefined && { ffprobePath: values.ffprobe }),
  })
  return { plan, isNew: true }
}

async function textOf(
  plan: SplitPlan,
  form: 'store' | 'steps' | 'count' | undefined,
  context: { readonly client: S3Client; readonly signal: AbortSignal },
): Promise<string> {
  switch (form) {
    case 'store':
      return formatS3Uri(await storePlan(plan, context))
    case 'steps':
      return stepWords(plan).join('\n')
    case 'count':
      return String(stepWords(plan).length)
    case undefined:
      return JSON.stringify(plan, null, 2)
  }
}
