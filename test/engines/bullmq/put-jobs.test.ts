import t from 'tap'
import { putJobs } from '../../../lib/engines/bullmq/put-jobs.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { filmJob, openFarm } from '../../support/farm.js'

const queued = { priority: 0, attempts: 2, backoff: 10 }

for (const kind of QUEUE_SERVERS) {
  t.test(
    `over ${kind.name}, puts each job once, and tries again what failed`,
    { skip: kind.missing },
    async t => {
      const { look } = await openFarm(t, kind)
      const open = await look()
      const [a, b] = ['a', 'b'].map(id => ({ id, job: filmJob(id) }))
      t.same(await putJobs(open, [a!, b!, a!], queued), ['added', 'added', 'known'])
      t.same(await putJobs(open, [a!, b!], queued), ['known', 'known'])
      t.match(await open.queue.getJobCounts(), { prioritized: 2 })
      t.match(await open.queue.getJob('a'), {
        name: 'job',
        data: { version: 1, job: a!.job },
        opts: { attempts: 2, removeOnComplete: { age: 604_800 }, removeOnFail: { age: 2_592_000 } },
      })
      const kept = (await open.queue.getJob('a'))?.opts.removeOnComplete as { count?: number }
      t.equal(kept.count, open.engine.engine === 'redis' ? 10_000 : undefined)
      t.same(await putJobs(open, [], queued), [])

      const worker = new open.bull.Worker(open.queue.name, null, open.queue.opts, open.backend)
      t.teardown(() => worker.close())
      const taken = await worker.getNextJob('token')
      await taken.moveToFailed(new open.bull.UnrecoverableError('no'), 'token')
      t.equal(await open.queue.getJobState(taken.id!), 'failed')
      t.same(
        await putJobs(open, [a!, b!], queued),
        taken.id === 'a' ? ['retried', 'known'] : ['known', 'retried'],
      )
      t.match(await open.queue.getJobCounts(), { prioritized: 2, failed: 0 })
    },
  )
}
