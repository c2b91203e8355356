import { addJob } from '../../engines/bullmq/add-job.js'
import { parseJob } from '../../job/schema/parse-job.js'
import { SHARED, numberValue, readWords } from '../arguments/own-options.js'
import { OF_QUEUES, queueOf } from '../arguments/queue-options.js'
import { OF_PLANS, withSplit } from '../arguments/split-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT } from '../report/exit-code.js'
import { Reporter } from '../report/reporter.js'
import { readJson } from './read-json.js'
import { storeClient } from './store-client.js'
import { withPeerHint } from './with-peer-hint.js'

const OPTIONS = {
  ...{ ...SHARED, ...OF_QUEUES, ...OF_PLANS },
  priority: { type: 'string' },
  attempts: { type: 'string' },
} as const

/** `avio-streams add job.json --connection redis://host`: adds a job to a queue, and prints its ID. */
export const addCommand = withPeerHint('add', async (words, context) => {
  const { values, words: files } = readWords(words, OPTIONS)
  const [file, ...more] = files
  if (file === undefined || more.length > 0)
    throw usageError('add', 'Name one job: avio-streams add job.json, or "-" for standard input.')
  const queue = queueOf(values)
  const limits = {
    priority: numberValue(values.priority, '--priority', { min: 0, max: 1_000_000 }),
    attempts: numberValue(values.attempts, '--attempts', { min: 1, max: 100 }),
  }
  const job = withSplit(parseJob(await readJson(file, 'job', context)), values)
  const { stderr, stdout } = context
  const reporter = new Reporter(stderr, { isJson: values.json === true, isQuiet: values.quiet === true })
  const client = storeClient(values)
  try {
    const added = await addJob(job, { ...queue, ...limits, client })
    const text = added.isNew
      ? 'Added.'
      : added.isRetried
        ? 'It had failed, and runs again.'
        : 'The queue has it already.'
    reporter.result(added, text)
    stdout.write(`${added.id}\n`)
    return EXIT.done
  } finally {
    client.destroy()
  }
})
