import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseJob } from '../../job/schema/parse-job.js'
import { OF_JOBS, readWords } from '../arguments/own-options.js'
import { usageError } from '../arguments/usage-error.js'
import type { Context } from './context.js'
import { executeJob } from './execute-job.js'

const OPTIONS = {
  ...OF_JOBS,
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
  const job = parseJob(jsonOf(await contentOf(file, context), file))
  const trust = values.strangers === true ? 'strangers' : 'owner'
  // The job itself says what may be replaced: ifNoneMatch, ifMatch.
  await executeJob(job, { values, overwrite: true, isTyped: false, trust }, context)
  return 0
}

async function contentOf(file: string, { stdin, cwd }: Context): Promise<string> {
  if (file === '-') return await text(stdin)
  try {
    return await readFile(resolve(cwd, file), 'utf8')
  } catch (error) {
    throw usageError(file, `The job "${file}" can't be read: ${(error as Error).message}.`)
  }
}

function jsonOf(content: string, file: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    // The message of JSON.parse quotes the text, which may hold a signature.
    throw usageError(file, `The job "${file}" is not JSON.`)
  }
}
