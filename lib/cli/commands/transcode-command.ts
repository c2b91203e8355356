import { OF_JOBS, OF_OBJECTS, namedValues, readLeading } from '../arguments/own-options.js'
import { OF_SPLITS, concurrencyOf, withSplit } from '../arguments/split-options.js'
import { commandJob } from '../syntax/command-job.js'
import { usageError } from '../arguments/usage-error.js'
import type { Context } from './context.js'
import { executeJob } from './execute-job.js'
import { COMMAND_HELP, HELP } from './help.js'

/** `avio-streams [--options] -i INPUT … OUTPUT`: ffmpeg's own syntax. */
export async function transcodeCommand(words: readonly string[], context: Context): Promise<number> {
  const { values, words: rest } = readLeading(words, { ...OF_JOBS, ...OF_SPLITS, ...OF_OBJECTS })
  if (values.help === true) {
    context.stdout.write(HELP)
    return 0
  }
  const [first = ''] = rest
  if (Object.hasOwn(COMMAND_HELP, first))
    throw usageError(first, `"${first}" is a command, and goes first: avio-streams ${first} … --option.`)
  const settings = {
    contentType: values['content-type'],
    contentDisposition: values['content-disposition'],
    cacheControl: values['cache-control'],
    storageClass: values['storage-class'],
    metadata: namedValues(values.metadata, '--metadata'),
    tags: namedValues(values.tag, '--tag'),
  }
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  const { job, logLevel } = commandJob(rest, context.cwd, given)
  const concurrency = concurrencyOf(values)
  await executeJob(withSplit(job, values), { values, isTyped: true, logLevel, concurrency }, context)
  return 0
}
