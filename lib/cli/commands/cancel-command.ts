import { cancel } from '../../engines/bullmq/cancel.js'
import { SHARED, readWords } from '../arguments/own-options.js'
import { OF_QUEUES, queueOf } from '../arguments/queue-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT } from '../report/exit-code.js'
import { storeClient } from './store-client.js'
import { withPeerHint } from './with-peer-hint.js'

const OPTIONS = { ...SHARED, ...OF_QUEUES } as const

/** `avio-streams cancel ID --connection redis://host`: ends a job, wherever it runs, and removes its pieces. */
export const cancelCommand = withPeerHint('cancel', async (words, { stdout }) => {
  const { values, words: ids } = readWords(words, OPTIONS)
  const [id, ...more] = ids
  if (id === undefined || more.length > 0)
    throw usageError('cancel', 'Name one job: avio-streams cancel ID, as "avio-streams add" printed it.')
  const queue = queueOf(values)
  const client = storeClient(values)
  try {
    stdout.write(`${JSON.stringify(await cancel(id, { ...queue, client }))}\n`)
    return EXIT.done
  } finally {
    client.destroy()
  }
})
