import { parsePrefix } from '../../job/schema/location.js'
import { abortStaleUploads } from '../../s3/abort-stale-uploads.js'
import { durationOption } from '../arguments/duration.js'
import { SHARED, readWords } from '../arguments/own-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT, exitCodeOf } from '../report/exit-code.js'
import { Reporter } from '../report/reporter.js'
import type { Context } from './context.js'
import { storeClient } from './store-client.js'

const OPTIONS = { ...SHARED, 'older-than': { type: 'string' }, delete: { type: 'boolean' } } as const

/**
 * `avio-streams clean s3://bucket/prefix/ --older-than 24h`: lists the uploads that killed processes left, and aborts
 * them with `--delete`.
 */
export async function cleanCommand(
  words: readonly string[],
  { stderr, stdout, signal }: Context,
): Promise<number> {
  const { values, words: places } = readWords(words, OPTIONS)
  const [place, ...more] = places
  const location = place === undefined ? undefined : parsePrefix(place.endsWith('/') ? place : `${place}/`)
  if (location?.kind !== 's3' || more.length > 0)
    throw usageError(
      'clean',
      'Name one bucket, or a prefix in it: avio-streams clean s3://bucket/prefix/ --older-than 24h.',
    )
  const olderThan = values['older-than']
  if (olderThan === undefined)
    throw usageError(
      '--older-than',
      'Say how old an upload must be, by --older-than 24h: a running one looks the same.',
    )
  const reporter = new Reporter(stderr, { isJson: values.json === true, isQuiet: values.quiet === true })
  const client = storeClient(values)
  try {
    const dryRun = values.delete !== true
    const { bucket, key: prefix } = location
    const uploads = await abortStaleUploads({
      ...{ client, bucket, prefix, dryRun, signal },
      olderThan: durationOption(olderThan, '--older-than'),
    })
    for (const { key, uploadId, initiated, aborted, error } of uploads) {
      const url = `s3://${bucket}/${key}`
      const line =
        values.json === true
          ? JSON.stringify({ url, uploadId, initiated, aborted })
          : `${aborted ? 'aborted' : error === undefined ? 'stale' : 'failed'}  ${initiated.toISOString()}  ${url}`
      stdout.write(`${line}\n`)
      if (error !== undefined) reporter.error(error, exitCodeOf(error))
    }
    const failed = uploads.filter(({ error }) => error !== undefined)
    const what = dryRun ? 'stale; --delete aborts them' : 'aborted'
    const count = uploads.length - failed.length
    reporter.note(`${count} upload${count === 1 ? '' : 's'} ${what}.`)
    return failed.length > 0 ? EXIT.store : EXIT.done
  } finally {
    client.destroy()
  }
}
