import t from 'tap'
import { planJob } from '../../lib/job/plan-job.js'
import { resultOfSplit } from '../../lib/job/run-split-job.js'
import { runJob } from '../../lib/job/run-job.js'
import type { Job } from '../../lib/job/schema/job.js'
import { runSplit } from '../../lib/job/split/run-split.js'
import { SPLIT_JOB } from '../support/split-job.js'
import { AS_MP4, openSplit, splitSource } from '../support/split.js'

t.test('plans a job, whose steps give the result of runJob', async t => {
  const { s3, client } = await openSplit(t, await splitSource({ more: AS_MP4 }))
  const plan = await planJob(SPLIT_JOB, { client })
  if (plan.unsplit !== undefined) throw new Error(plan.unsplit.message)
  t.same(s3.keys('work'), [], 'planning writes nothing')
  const result = resultOfSplit(SPLIT_JOB, plan, await runSplit(plan, { client }))
  t.same(await runJob(SPLIT_JOB, { client }), result)

  const whole = await planJob(
    { ...SPLIT_JOB, outputs: [...SPLIT_JOB.outputs, { type: 'probe' }] },
    { client },
  )
  t.match(whole.unsplit, { code: 'argument', message: /outputs\[1\]/ })
  const { split, ...without } = SPLIT_JOB
  t.ok(split)
  s3.clearCalls()
  for (const [job, options, code] of [
    [without, {}, 'AVIO_ERR_OPTION'],
    [{ ...SPLIT_JOB, inputs: [] }, {}, 'AVIO_ERR_JOB_INVALID'],
    [SPLIT_JOB, { allow: { buckets: ['web'] } }, 'AVIO_ERR_JOB_REFUSED'],
    [SPLIT_JOB, { trust: 'strangers' }, 'AVIO_ERR_JOB_REFUSED'],
    [SPLIT_JOB, { concurrency: 0 }, 'AVIO_ERR_OPTION'],
  ] as const)
    await t.rejects(planJob(job as Job, { client, ...options }), { code }, JSON.stringify(options))
  t.same(s3.calls, [], 'before the first request')
  const small = { ...SPLIT_JOB, limits: { maxInputBytes: 1 } }
  await t.rejects(planJob(small, { client }), { code: /^AVIO_ERR_LIMIT_/ })
})
