import t from 'tap'
import { isCancelled, markCancelled } from '../../../lib/engines/bullmq/cancel-mark.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { openFarm } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  t.test(`over ${kind.name}, a mark outlives changes of the job’s data`, { skip: kind.missing }, async t => {
    const open = await (await openFarm(t, kind)).look()
    const job = await open.queue.add('job', {}, { jobId: 'a' })
    t.equal(await isCancelled(open, 'a'), false)
    await job.log('something else')
    t.equal(await isCancelled(open, 'a'), false)
    await markCancelled(open, 'a')
    await job.updateData({ other: 1 })
    t.equal(await isCancelled(open, 'a'), true)
    t.equal(await isCancelled(open, 'none'), false)
    await t.resolves(markCancelled(open, 'none'))
  })
}
