import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { cancel } from '../../../lib/engines/bullmq/cancel.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { REDIS, filmJob, openFarm } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  const { name, missing: skip } = kind

  t.test(`over ${name}, cancels a job that waits, and forgets it`, { skip }, async t => {
    const { options, info, s3 } = await openFarm(t, kind)
    const { id } = await addJob(filmJob('a', { isSplit: true }), options)
    t.same(await cancel(id, options), { isCancelled: true, removed: 0 })
    await t.rejects(info(id), { code: 'AVIO_ERR_QUEUE_UNKNOWN_JOB' })
    await t.rejects(cancel(id, options), { code: 'AVIO_ERR_QUEUE_UNKNOWN_JOB' })
    t.same(s3.keys('web'), [])
    t.equal((await addJob(filmJob('a', { isSplit: true }), options)).isNew, true, 'it can be added again')
  })

  t.test(`over ${name}, cancels a split job amid its pieces, and leaves nothing`, { skip }, async t => {
    const { options, info, s3, left, hold, start, look } = await openFarm(t, kind)
    const held = hold({ isPlanned: true })
    const { id } = await addJob(filmJob('a', { isSplit: true }), options)
    await start({ concurrency: 2 })
    await held.reached
    const { isCancelled, removed } = await cancel(id, options)
    t.equal(isCancelled, true)
    t.ok(removed >= 1, 'the plan')
    t.same(left(), [])
    t.same(s3.keys('web'), [])
    await t.rejects(info(id), { code: 'AVIO_ERR_QUEUE_UNKNOWN_JOB' })
    const { queue } = await look()
    const counts = await queue.getJobCounts()
    t.same(
      Object.entries(counts).filter(([, count]) => count > 0),
      [],
      'no step is left',
    )
  })

  t.test(`over ${name}, cancels a whole job that runs`, { skip }, async t => {
    const { options, s3, left, hold, start, until } = await openFarm(t, kind)
    const held = hold()
    const { id } = await addJob(filmJob('a'), options)
    await start()
    await held.reached
    await until(id, 'running')
    t.same(await cancel(id, options), { isCancelled: true, removed: 0 })
    t.same([...left(), ...s3.keys('web')], [])
  })

  t.test(`over ${name}, leaves a job that is done as it is`, { skip }, async t => {
    const { options, s3, start, until } = await openFarm(t, kind)
    const { id } = await addJob(filmJob('a'), options)
    await start()
    await until(id, 'done')
    t.same(await cancel(id, options), { isCancelled: false, removed: 0 })
    t.same(s3.keys('web'), ['a.mp4'])
    await until(id, 'done')
  })
}

t.test('says if a step does not end in time, and can be called again', { skip: REDIS.missing }, async t => {
  const { options, info, look } = await openFarm(t)
  const { id } = await addJob(filmJob('a'), options)
  const { bull, queue, backend } = await look()
  // A worker that does not look at marks.
  const worker = new bull.Worker(queue.name, null, queue.opts, backend)
  t.teardown(() => worker.close())
  const taken = await worker.getNextJob('token')
  await t.rejects(cancel(id, { ...options, timeout: 1 }), {
    ...{ code: 'AVIO_ERR_QUEUE_STILL_RUNNING', retryable: true, job: id },
    message: /A step of the cancelled job/,
  })
  t.match(await info(id), { state: 'cancelled' })
  await taken.moveToFailed(new bull.UnrecoverableError('ended'), 'token')
  t.match(await cancel(id, options), { isCancelled: true })
})
