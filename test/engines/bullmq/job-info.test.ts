import t from 'tap'
import { jobInfo } from '../../../lib/engines/bullmq/job-info.js'
import type { BullJob, OpenQueue } from '../../../lib/engines/bullmq/open-queue.js'
import { filmJob } from '../../support/farm.js'

/** A job as BullMQ has it. */
function stored(state: string, more: object = {}, data: object = {}): BullJob {
  return {
    ...{ id: 'id', name: 'job', attemptsMade: 1, progress: 0, getState: () => Promise.resolve(state) },
    data: { version: 1, job: filmJob('a'), ...data },
    ...more,
  } as unknown as BullJob
}
const open = (logs: string[] = [], newer?: BullJob) =>
  ({
    queue: {
      getJobLogs: () => Promise.resolve({ logs, count: logs.length }),
      getJob: () => Promise.resolve(newer),
    },
  }) as unknown as OpenQueue
const around = { runningPieces: [], slots: 1, builds: new Set<string>() }

t.test('tells each state of BullMQ by one of ours', async t => {
  for (const [state, ours] of [
    ...['waiting', 'prioritized', 'wait', 'paused'].map(one => [one, 'waiting'] as const),
    ...([
      ['active', 'running'],
      ['delayed', 'delayed'],
      ['completed', 'done'],
      ['failed', 'failed'],
    ] as const),
  ]) {
    t.equal((await jobInfo(open(), stored(state, { failedReason: 'x' }), around)).state, ours)
  }
  t.equal((await jobInfo(open(['Cancelled.']), stored('active'), around)).state, 'cancelled')
})

t.test('shows places without secrets, and the result of what is done', async t => {
  const job = filmJob('a', { inputs: [{ url: 'https://host/a.mov?v=1' }], outputs: [{ type: 'probe' }] })
  const info = await jobInfo(
    open(),
    stored('completed', { returnvalue: { version: 1 } }, { job, error: {} }),
    around,
  )
  t.match(info, { inputs: ['https://host/a.mov'], outputs: [], result: { version: 1 }, error: undefined })
  const package_ = filmJob('a', { outputs: [{ type: 'thumbnails', prefix: 's3://web/t/', count: 1 }] })
  t.same((await jobInfo(open(), stored('active', {}, { job: package_ }), around)).outputs, ['s3://web/t/'])
})

t.test('a job whose error was lost has one all the same', async t => {
  const child = await jobInfo(
    open(),
    stored('failed', { failedReason: 'child bull:q:id.chunk failed' }),
    around,
  )
  t.match(child.error, { code: 'AVIO_ERR_QUEUE_PIECE_FAILED', remedy: /^Retry/ })
  const other = await jobInfo(open(), stored('failed', { failedReason: 'something' }), around)
  t.match(other.error, { message: 'something', remedy: String })
  const kept = await jobInfo(
    open(),
    stored('failed', { failedReason: 'child x failed' }, { error: { code: 'X' } }),
    around,
  )
  t.match(kept.error, { code: 'X' })
})

t.test('describes a job of another version or program as far as it is known', async t => {
  const data = [null, 'text', {}, { job: null }, { version: 2, job: { inputs: [{}, null], outputs: 'x' } }]
  for (const one of data) {
    const job = Object.assign(stored('failed', { failedReason: 'no' }), { data: one })
    t.match(await jobInfo(open(), job, around), {
      state: 'failed',
      inputs: [],
      outputs: [],
      error: { message: 'no' },
    })
  }
  const newer = {
    version: 2,
    job: { inputs: [{ url: 's3://a/b?c' }, { url: 7 }], outputs: [{ prefix: 's3://a/c/' }] },
  }
  const job = Object.assign(stored('waiting-children'), { data: newer })
  t.match(await jobInfo(open(), job, around), { inputs: ['s3://a/b?c'], outputs: ['s3://a/c/'] })
})

t.test('a job that ends while it is looked at is told as it ended', async t => {
  const newer = stored('completed', { attemptsMade: 2, finishedOn: 1, returnvalue: { version: 1 } })
  const info = await jobInfo(open([], newer), stored('completed'), around)
  t.match(info, { state: 'done', attempts: 2, result: { version: 1 } })
})
