import t from 'tap'
import type { BullJob } from '../../../lib/engines/bullmq/open-queue.js'
import { jobOptions, pieceOptions, soon } from '../../../lib/engines/bullmq/queued-options.js'

function queued(priority: number): BullJob {
  const opts = jobOptions('id', { priority, attempts: 7, backoff: 9 }, 'redis')
  return { id: 'id', opts, queueQualifiedName: 'bull:q' } as unknown as BullJob
}

t.test(
  'what was begun goes before new jobs of the same priority, and after none of a higher one',
  async t => {
    const order = [0, 1, 1_000_000].flatMap(priority => [
      soon(queued(priority)),
      queued(priority).opts.priority!,
    ])
    t.same(
      order,
      [...order].sort((a, b) => a - b),
    )
    t.equal(new Set(order).size, order.length)
    t.ok(order.at(-1)! < 2 ** 21, 'BullMQ’s own limit')
  },
)

t.test('jobs are kept for a while, pieces not at all', async t => {
  t.match(queued(0).opts, {
    jobId: 'id',
    attempts: 7,
    backoff: { type: 'exponential', delay: 9 },
    removeOnComplete: { age: 604_800, count: 10_000 },
    removeOnFail: { age: 2_592_000, count: 10_000 },
    stackTraceLimit: 0,
  })
  const { removeOnComplete, removeOnFail } = jobOptions(
    'id',
    { priority: 0, attempts: 1, backoff: 1 },
    'postgres',
  )
  t.same([removeOnComplete, removeOnFail], [{ age: 604_800 }, { age: 2_592_000 }], 'by age only')
  t.match(pieceOptions(queued(3), 'id.piece'), {
    ...{ jobId: 'id.piece', priority: 7, attempts: 7, parent: { id: 'id', queue: 'bull:q' } },
    ...{ failParentOnFailure: true, removeOnComplete: true, removeOnFail: true, stackTraceLimit: 0 },
  })
})
