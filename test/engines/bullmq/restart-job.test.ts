import t, { type Test } from 'tap'
import type { BullJob, OpenQueue } from '../../../lib/engines/bullmq/open-queue.js'
import { jobOptions } from '../../../lib/engines/bullmq/queued-options.js'
import { restartJob } from '../../../lib/engines/bullmq/restart-job.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { openFarm } from '../../support/farm.js'

const planned = { reference: { bucket: 'work', key: 'k' } }

/** Adds a job that has failed for good. */
async function failed(t: Test, open: OpenQueue, id: string, data: object): Promise<BullJob> {
  await open.queue.add('job', data, jobOptions(id, { priority: 4, attempts: 3, backoff: 7 }, 'redis'))
  const worker = new open.bull.Worker(open.queue.name, null, open.queue.opts, open.backend)
  t.teardown(() => worker.close())
  const job = await worker.getNextJob('token')
  await job.log('Cancelled.')
  await job.moveToFailed(new open.bull.UnrecoverableError('no'), 'token')
  return job
}

for (const kind of QUEUE_SERVERS) {
  t.test(
    `over ${kind.name}, starts a failed job as if it were new, with its plan`,
    { skip: kind.missing },
    async t => {
      const open = await (await openFarm(t, kind)).look()
      const error = { code: 'AVIO_ERR_READ_FAILED' }
      await failed(t, open, 'a', { version: 1, planned, rounds: 3, targets: [null], error })
      t.equal(await restartJob(open, 'a'), true)
      const job = (await open.queue.getJob('a'))!
      t.equal(await job.getState(), 'prioritized')
      t.same(job.data, { version: 1, planned })
      t.match(job, {
        attemptsMade: 0,
        stalledCounter: 0,
        opts: { priority: 10, attempts: 3, removeOnFail: Object },
      })
      t.same((await open.queue.getJobLogs('a')).logs, [], 'and is cancelled no more')
      t.equal(await restartJob(open, 'a'), false, 'it has not failed')
      t.equal(await restartJob(open, 'none'), false)
    },
  )

  t.test(`over ${kind.name}, forgets a plan that made it fail`, { skip: kind.missing }, async t => {
    const open = await (await openFarm(t, kind)).look()
    for (const [code, isKept] of [
      ...[['AVIO_ERR_PLAN_TARGET_CHANGED', false] as const, ['AVIO_ERR_PLAN_MIXED', false] as const],
      ...[['AVIO_ERR_PLAN_OTHER_FFMPEG', true] as const, ['AVIO_ERR_ACCESS_DENIED', true] as const],
    ]) {
      await failed(t, open, code, { version: 1, planned, error: { code } })
      await restartJob(open, code)
      const job = (await open.queue.getJob(code))!
      t.same(job.data, isKept ? { version: 1, planned } : { version: 1 }, code)
      await job.remove()
    }
  })
}
