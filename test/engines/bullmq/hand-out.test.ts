import t from 'tap'
import { handOut } from '../../../lib/engines/bullmq/hand-out.js'
import { jobOptions } from '../../../lib/engines/bullmq/queued-options.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { openFarm } from '../../support/farm.js'

const plan = { bucket: 'work', key: `w/${'ab'.repeat(32)}/plan-1.json` }

for (const kind of QUEUE_SERVERS) {
  t.test(`over ${kind.name}, hands out pieces once, before all new jobs`, { skip: kind.missing }, async t => {
    const open = await (await openFarm(t, kind)).look()
    const { queue, bull, backend } = open
    const queued = { priority: 0, attempts: 3, backoff: 10 }
    await queue.add('job', {}, jobOptions('split', queued, open.engine.engine))
    await queue.add('job', {}, jobOptions('waits', queued, open.engine.engine))
    const worker = new bull.Worker(queue.name, null, queue.opts, backend)
    t.teardown(() => worker.close())
    const job = await worker.getNextJob('token')
    const pieces = ['audio' as const, 'images' as const, ...Array.from({ length: 300 }, (_, n) => n)]
    await handOut(open, job, plan, pieces)
    await handOut(open, job, plan, pieces)
    t.equal((await job.getDependenciesCount({ unprocessed: true })).unprocessed, 302)
    t.equal(await job.moveToWaitingChildren('token'), true)
    const first = await worker.getNextJob('token-1')
    t.match(first, { name: 'audio', data: { version: 1, of: 'split', plan, piece: 'audio' } })
    t.equal(first.id, 'split.abababababab.audio')
    t.match(await worker.getNextJob('token-2'), { name: 'images', data: { piece: 'images' } })
    t.match(await worker.getNextJob('token-3'), { name: 'chunk', data: { piece: 0 } })
    t.equal(await queue.getJobState('waits'), 'prioritized')
  })

  t.test(`over ${kind.name}, the join goes before new jobs`, { skip: kind.missing }, async t => {
    const open = await (await openFarm(t, kind)).look()
    const { queue, bull, backend } = open
    const queued = { priority: 0, attempts: 3, backoff: 10 }
    for (const id of ['split', 'waits', 'waits-too'])
      await queue.add('job', {}, jobOptions(id, queued, open.engine.engine))
    const worker = new bull.Worker(queue.name, null, queue.opts, backend)
    t.teardown(() => worker.close())
    const job = await worker.getNextJob('token')
    await handOut(open, job, plan, [0])
    await job.moveToWaitingChildren('token')
    const piece = await worker.getNextJob('token-1')
    await piece.moveToCompleted({ frames: 1, ms: 1 }, 'token-1', false)
    t.equal((await worker.getNextJob('token-2')).id, 'split')
    t.equal(await queue.getJob(piece.id!), undefined, 'a finished piece leaves nothing')
  })
}
