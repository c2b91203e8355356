import { parseJob } from '../../job/schema/parse-job.js'
import { OF_JOBS, readWords } from '../arguments/own-options.js'
import { OF_SPLITS, concurrencyOf, withSplit } from '../arguments/split-options.js'
import { usageError } from '../arguments/usage-error.js'
import type { Context } from './context.js'
import { executeJob } from './execute-job.js'
import { readJson } from './read-json.js'

const OPTIONS = {
  ...OF_JOBS,
  ...OF_SPLITS,
  strangers: { type: 'boolean' },
} as const

/**
 * `avio-streams run job.json`: a job from a file, or from standard input as `-`. Of such a job only locations in S3 are
 * opened, and what `--allow-…` names.
 */
export async function runCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: files } = readWords(words, OPTIONS)
  const [file, ...more] = files
  if (file === undefined || more.length > 0)
    throw usageError('run', 'Name one job: avio-streams run job.json, or "-" for standard input.')
  const job = withSplit(parseJob(await readJson(file, 'job', context)), values)
  const trust = values.strangers === true ? 'strangers' : 'owner'
  await executeJob(job, { values, isTyped: false, trust, concurrency: concurrencyOf(values) }, context)
  return 0
}
