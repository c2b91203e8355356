import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import type { StoredError } from '../../../lib/engines/steps/stored-error.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { eventually, filmJob, openFarm } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  const { name, missing: skip } = kind

  t.test(`over ${name}, what a retry can’t resolve is not tried again`, { skip }, async t => {
    const { s3, options, start, until } = await openFarm(t, kind)
    const denied = s3.fault({
      bucket: 'web',
      operation: 'PutObject',
      status: 403,
      code: 'AccessDenied',
      times: 99,
    })
    const { id } = await addJob(filmJob('a'), options)
    await start()
    t.match(await until(id, 'failed'), {
      attempts: 1,
      error: { code: 'AVIO_ERR_ACCESS_DENIED', retryable: false },
    })
    t.equal(denied.hits, 1)
  })

  t.test(`over ${name}, other errors are tried again, as often as the job says`, { skip }, async t => {
    const { options, start, until, look } = await openFarm(t, kind)
    const one = await start()
    const fails: boolean[] = []
    one.on('fail', (_step, _error, isFinal) => void fails.push(isFinal))
    const job = filmJob('a', { limits: { timeout: 1 } })
    const { id } = await addJob(job, { ...options, attempts: 2, backoff: 1 })
    t.match(await until(id, 'failed'), {
      attempts: 2,
      error: { code: 'AVIO_ERR_LIMIT_TIMEOUT', retryable: true },
    })
    t.same(fails, [false, true])
    const stored = await (await look()).queue.getJob(id)
    t.match(stored?.failedReason, /limits\.timeout.*\(AVIO_ERR_LIMIT_TIMEOUT\)$/)
    t.same(stored?.stacktrace, [], 'no stack of a machine')
  })

  t.test(`over ${name}, pieces of a job that is gone or has failed end without work`, { skip }, async t => {
    const { s3, start, look } = await openFarm(t, kind)
    const { queue } = await look()
    await queue.add(
      'chunk',
      { version: 1, of: 'none', plan: { bucket: 'work', key: 'k' }, piece: 0 },
      { jobId: 'x' },
    )
    await start()
    await eventually(async () => (await queue.getJobState('x')) === 'completed')
    t.match((await queue.getJob('x'))?.returnvalue, { skipped: 'unknown' })
    t.equal(s3.calls.filter(({ bucket }) => bucket === 'work').length, 0)
  })

  t.test(`over ${name}, data of others is told, and nothing is run`, { skip }, async t => {
    const { start, look } = await openFarm(t, kind)
    const { queue } = await look()
    await queue.add('job', { version: 9 }, { jobId: 'x', attempts: 3 })
    await start()
    await eventually(async () => (await queue.getJobState('x')) === 'failed')
    t.match(await queue.getJob('x'), { attemptsMade: 1, failedReason: /AVIO_ERR_QUEUE_DATA_INVALID/ })
  })

  t.test(`over ${name}, a piece for another ffmpeg goes back, without an attempt`, { skip }, async t => {
    const { options, s3, start, until, look } = await openFarm(t, kind)
    const { id } = await addJob(filmJob('a', { isSplit: true }), { ...options, attempts: 1 })
    const one = await start()
    const backs: StoredError[] = []
    one.on('back', (_step, error) => void backs.push(error))
    await until(id, 'split')
    await one.close({ force: true })
    // As if another build had made the plan: no worker here has it.
    const { queue } = await look()
    const pieces = await queue.getJobs(['prioritized', 'waiting', 'delayed'])
    t.ok(pieces.length >= 4)
    const [plan] = s3.keys('work').filter(key => key.includes('/plan-'))
    const { planHash } = await import('../../../lib/job/split/split-plan.js')
    const { storePlan } = await import('../../../lib/job/split/stored-plan.js')
    const made = JSON.parse(String(await s3.get('work', plan!))) as Parameters<typeof planHash>[0]
    const other = { ...made, fingerprint: { ...made.fingerprint, build: 'f'.repeat(64) } }
    const reference = await storePlan({ ...other, hash: planHash(other) } as never, options)
    for (const piece of pieces) await piece.updateData({ ...(piece.data as object), plan: reference })
    const two = await start()
    two.on('back', (_step, error) => void backs.push(error))
    await eventually(() => backs.filter(({ code }) => code === 'AVIO_ERR_PLAN_OTHER_FFMPEG').length >= 5)
    t.match(await until(id, 'split'), { error: undefined })
    const [piece] = await queue.getJobs(['delayed', 'prioritized'])
    t.equal(piece?.attemptsMade, 0)
  })
}
