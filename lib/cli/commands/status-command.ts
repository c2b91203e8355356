import type { JobInfo } from '../../engines/bullmq/job-info.js'
import { jobStatus } from '../../engines/bullmq/job-status.js'
import { retry } from '../../engines/bullmq/retry.js'
import { type FarmStatus, status } from '../../engines/bullmq/status.js'
import { SHARED, readWords } from '../arguments/own-options.js'
import { OF_QUEUES, queueOf } from '../arguments/queue-options.js'
import { usageError } from '../arguments/usage-error.js'
import { EXIT } from '../report/exit-code.js'
import { clock } from '../report/progress-text.js'
import { Reporter } from '../report/reporter.js'
import { withPeerHint } from './with-peer-hint.js'

const OPTIONS = { ...SHARED, ...OF_QUEUES, retry: { type: 'boolean' } } as const

/**
 * `avio-streams status [ID] --connection redis://host`: a queue and its workers, or one job; `--retry` tries what has
 * failed again.
 */
export const statusCommand = withPeerHint('status', async (words, { stdout, stderr }) => {
  const { values, words: ids } = readWords(words, OPTIONS)
  const [id, ...more] = ids
  if (more.length > 0) throw usageError('status', 'Name at most one job: avio-streams status ID.')
  const queue = queueOf(values)
  const print = (value: object, text: string) =>
    stdout.write(values.json === true ? `${JSON.stringify(value)}\n` : text)
  if (values.retry === true) {
    const { retried } = await retry({ ...queue, ...(id !== undefined && { ids: [id] }) })
    print({ retried }, retried.map(one => `again  ${one}\n`).join(''))
    if (retried.length === 0) {
      const reporter = new Reporter(stderr, { isJson: values.json === true, isQuiet: values.quiet === true })
      reporter.note(id === undefined ? 'No job has failed.' : 'The job has not failed: nothing to retry.')
    }
  } else if (id === undefined) {
    const found = await status(queue)
    print(found, farmText(found))
  } else {
    const found = await jobStatus(id, queue)
    print(found, jobText(found))
  }
  return EXIT.done
})

function farmText({ queue, counts, workers, running, failed, unfit }: FarmStatus): string {
  const numbers = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  const lines = [
    `${queue}: ${numbers.join(', ')}\n`,
    ...workers.map(
      ({ host, pid, concurrency, ffmpeg }) =>
        `worker   ${host} ${pid}, ${concurrency} at a time, ffmpeg ${ffmpeg}\n`,
    ),
    ...running.map(jobText),
    ...failed.map(jobText),
    ...unfit.map(({ id, needsFfmpeg = '' }) => `unfit    ${id}: no worker has its ffmpeg ${needsFfmpeg}\n`),
  ]
  return lines.join('')
}

function jobText({ id, state, outputs, percent, pieces, secondsLeft, error, result }: JobInfo): string {
  const facts = [
    ...[`${state.padEnd(9)}${id}`, ...outputs],
    ...(percent === undefined ? [] : [`${Math.floor(percent)} %`]),
    ...(pieces === undefined ? [] : [`${pieces.done} of ${pieces.all} pieces`]),
    ...(secondsLeft === undefined ? [] : [`${clock(secondsLeft)} left`]),
  ]
  const why = error === undefined ? '' : `         ${error.code ?? ''} ${error.message} ${error.remedy}\n`
  const left = result?.workLeft === undefined ? '' : `         ${result.workLeft.message}\n`
  return `${facts.join('  ')}\n${why}${left}`
}
