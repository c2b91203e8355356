import { once } from 'node:events'
import { AvioError } from '../../errors.js'
import type { FarmStep, FarmWorker } from '../../engines/bullmq/farm-worker.js'
import { worker } from '../../engines/bullmq/worker.js'
import { durationOption } from '../arguments/duration.js'
import { limitMemory } from '../arguments/memory-budget.js'
import { OF_MEMORY, OF_PLACES, SHARED, numberValue, readWords } from '../arguments/own-options.js'
import { OF_QUEUES, queueOf } from '../arguments/queue-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT } from '../report/exit-code.js'
import { Reporter } from '../report/reporter.js'
import type { Context } from './context.js'
import { allowed } from './job-allow.js'
import { storeClient } from './store-client.js'
import { withPeerHint } from './with-peer-hint.js'

const OPTIONS = {
  ...{ ...SHARED, ...OF_MEMORY, ...OF_PLACES, ...OF_QUEUES },
  concurrency: { type: 'string' },
  drain: { type: 'string' },
  strangers: { type: 'boolean' },
} as const

/**
 * `avio-streams worker --connection redis://host`: runs jobs of a queue until a signal. Then it takes no more, lets
 * running steps end for the time of `--drain`, and gives the others back to the queue.
 */
export const workerCommand = withPeerHint('worker', async (words, context: Context) => {
  const { values, words: stray } = readWords(words, OPTIONS)
  if (stray.length > 0)
    throw usageError(
      stray[0]!,
      `"${stray[0]!}" is not an option: avio-streams worker --connection redis://host.`,
    )
  const { signal, cwd, stderr } = context
  const queue = queueOf(values)
  const concurrency = numberValue(values.concurrency, '--concurrency', { min: 1, max: 1000 }) ?? 1
  const drain = values.drain === undefined ? {} : { drainTimeout: durationOption(values.drain, '--drain') }
  limitMemory(values)
  const reporter = new Reporter(stderr, { isJson: values.json === true, isQuiet: values.quiet === true })
  const client = storeClient(values)
  try {
    const running = worker({
      ...{ ...queue, ...drain, client, concurrency, allow: allowed(values, cwd) },
      trust: values.strangers === true ? 'strangers' : 'owner',
      ...(values.ffmpeg !== undefined && { ffmpegPath: values.ffmpeg }),
      ...(values.ffprobe !== undefined && { ffprobePath: values.ffprobe }),
    })
    report(running, reporter)
    try {
      await running.ready()
      reporter.note(`Takes jobs, ${concurrency} at a time.`)
      if (!signal.aborted) await once(signal, 'abort')
      if (running.running > 0) reporter.note(`Takes no more jobs, and waits for ${running.running}.`)
    } finally {
      await running.close()
    }
    reporter.note('Ended.')
    return EXIT.done
  } finally {
    client.destroy()
  }
})

/** Reports what the worker does, a line for each step. */
function report(running: FarmWorker, reporter: Reporter): void {
  const nameOf = ({ job, name, piece = name }: FarmStep) => `${job.slice(0, 12)}  ${piece}`
  running.on('start', step => reporter.event('start', step, `start  ${nameOf(step)}`))
  running.on('done', (step, seconds, workLeft) => {
    const fields = { ...step, seconds, ...(workLeft && { workLeft }) }
    reporter.event('done', fields, `done   ${nameOf(step)}  ${seconds.toFixed(1)} s`)
    if (workLeft !== undefined) reporter.note(workLeft.message)
  })
  running.on('back', (step, error) =>
    reporter.event('back', { ...step, error }, `back   ${nameOf(step)}  ${error.message}`),
  )
  running.on('fail', (step, error, isFinal) => {
    const what = isFinal ? 'failed' : 'again '
    reporter.event('fail', { ...step, error, isFinal }, `${what} ${nameOf(step)}  ${error.message}`)
  })
  let last = ''
  running.on('start', () => (last = ''))
  running.on('error', error => {
    // A lost connection is tried again and again.
    if (error.message === last) return
    last = error.message
    const code = error instanceof AvioError ? ` (${error.code})` : ''
    reporter.note(`${error.message}${code} The worker goes on.`)
  })
}
