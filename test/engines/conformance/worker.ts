// A worker of one case: takes steps from a queue, or jobs from its parent, until it gets SIGTERM.
import { setTimeout as delay } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import type { AvioError } from '../../../lib/errors.js'
import { worker } from '../../../lib/bullmq.js'
import { runJob } from '../../../lib/job/run-job.js'
import type { Job } from '../../../lib/job/schema/job.js'
import { MARK, type Order, type Told } from './worker-process.js'

const order = JSON.parse(process.argv[2]!) as Order
const { name, settings } = order
// By its agent, a request tells who sent it.
const client = new S3Client({ ...order.s3, customUserAgent: [['worker', name]] })
const tell = (told: Told) => {
  if (process.connected) process.send!(told)
}
const { concurrency, ffmpegPath, drainTimeout } = settings
// ffmpeg inherits few variables.
const env = { [MARK]: process.env[MARK]! }

process.on('message', message => {
  if ((message as { memory?: true }).memory) tell({ type: 'memory', bytes: held() })
})
if (order.queue === undefined) takeFromParent()
else await takeFromQueue(order.queue)
tell({ type: 'ready' })
// A worker without anybody to report to ends.
process.once('disconnect', () => process.exit(1))

async function takeFromQueue(queue: NonNullable<Order['queue']>): Promise<void> {
  const { lockDuration } = order
  const running = worker({
    ...{ ...queue, client, concurrency, ffmpegPath, env, lockDuration, drainTimeout },
    ...{ stalledInterval: lockDuration / 2, elsewhereDelay: 200 },
  })
  running.on('start', step => tell({ type: 'start', ...step }))
  running.on('done', step => tell({ type: 'done', ...step }))
  running.on('fail', (step, error, isFinal) => tell({ type: 'fail', ...step, error, isFinal }))
  running.on('back', (step, error) => tell({ type: 'back', ...step, error }))
  running.on('error', error => tell({ type: 'error', error: { message: error.message } }))
  process.once('SIGTERM', () => void running.close().then(exit))
  await running.ready()
}

function takeFromParent(): void {
  // One for each job: a cancel ends this one only.
  let over = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  process.on('message', message => {
    const { run, cancel } = message as { run?: { id: string; job: Job }; cancel?: true }
    if (cancel) over.abort()
    if (!run) return
    over = new AbortController()
    last = runHere(run.id, run.job, over.signal)
  })
  process.once('SIGTERM', () => {
    void Promise.race([last, delay(drainTimeout ?? 20_000, undefined, { ref: false })])
      .then(() => over.abort())
      .then(() => last)
      .then(exit)
  })
}

async function runHere(id: string, job: Job, signal: AbortSignal): Promise<void> {
  tell({ type: 'start', job: id, name: 'job' })
  try {
    await runJob(job, { client, signal, concurrency: concurrency ?? 1, ffmpegPath, env })
    tell({ type: 'done', job: id, name: 'job' })
  } catch (error) {
    const { code, message, retryable } = error as AvioError
    tell({ type: 'fail', job: id, name: 'job', error: { code, message, retryable } })
  }
}

/** Without garbage. */
function held(): number {
  globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Lets the process end by itself: whatever is still open would keep it. */
function exit(): void {
  client.destroy()
  process.removeAllListeners('disconnect')
  process.disconnect()
}
