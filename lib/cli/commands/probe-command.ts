import { OF_JOBS, readWords } from '../arguments/own-options.js'
import { inputPlace } from '../arguments/place.js'
import { usageError } from '../arguments/usage-error.js'
import type { Context } from './context.js'
import { executeJob } from './execute-job.js'

/** `avio-streams probe URL`: the report of the library's `probe`, as JSON on standard output. */
export async function probeCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: places } = readWords(words, OF_JOBS)
  const [place, ...more] = places
  if (place === undefined || more.length > 0)
    throw usageError('probe', 'Name one input: avio-streams probe s3://bucket/key.')
  const job = {
    version: 1 as const,
    inputs: [{ url: inputPlace(place, context.cwd) }],
    outputs: [{ type: 'probe' as const }],
  }
  const quiet = { ...values, quiet: values.json !== true }
  const result = await executeJob(job, { values: quiet, isTyped: true }, context)
  const [report] = result?.outputs ?? []
  if (report?.type === 'probe') context.stdout.write(`${JSON.stringify(report.info, null, 2)}\n`)
  return 0
}
