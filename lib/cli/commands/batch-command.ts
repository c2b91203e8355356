import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { addBatch } from '../../engines/bullmq/add-batch.js'
import { parseJob } from '../../job/schema/parse-job.js'
import { SHARED, numberValue, readWords } from '../arguments/own-options.js'
import { OF_QUEUES, queueOf } from '../arguments/queue-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT } from '../report/exit-code.js'
import { Reporter } from '../report/reporter.js'
import { readJson } from './read-json.js'
import { storeClient } from './store-client.js'
import { withPeerHint } from './with-peer-hint.js'

const OPTIONS = {
  ...{ ...SHARED, ...OF_QUEUES },
  priority: { type: 'string' },
  attempts: { type: 'string' },
} as const

/**
 * `avio-streams batch s3://bucket/prefix/ template.json --connection redis://host`: adds a job for each object to a
 * queue; with `-`, for each address on standard input.
 */
export const batchCommand = withPeerHint('batch', async (words, context) => {
  const { values, words: places } = readWords(words, OPTIONS)
  const [source, file, ...more] = places
  if (source === undefined || file === undefined || file === '-' || more.length > 0)
    throw usageError(
      'batch',
      'Name a prefix and a template: avio-streams batch s3://bucket/prefix/ template.json. Or use "-" instead of the ' +
        'prefix, with an address on each line of standard input.',
    )
  const options = {
    ...queueOf(values),
    priority: numberValue(values.priority, '--priority', { min: 0, max: 1_000_000 }),
    attempts: numberValue(values.attempts, '--attempts', { min: 1, max: 100 }),
  }
  const template = parseJob(await readJson(file, 'template', context))
  const { stdin, stdout, stderr, signal } = context
  const reporter = new Reporter(stderr, { isJson: values.json === true, isQuiet: values.quiet === true })
  const client = storeClient(values)
  try {
    const { refusals, ...counts } = await addBatch(source === '-' ? linesOf(stdin) : source, template, {
      ...{ ...options, client, signal },
      onProgress: ({ added, known, retried, refused }) =>
        reporter.progress({ phase: 'batch', done: added + known + retried + refused }),
    })
    for (const { url, error } of refusals) reporter.note(`${url}: ${error.message}`)
    stdout.write(`${JSON.stringify(counts)}\n`)
    return counts.refused > 0 ? EXIT.input : EXIT.done
  } finally {
    reporter.end()
    client.destroy()
  }
})

async function* linesOf(stdin: Readable): AsyncGenerator<string, void, undefined> {
  for await (const line of createInterface({ input: stdin })) if (line !== '') yield line
}
