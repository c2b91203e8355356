import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { planJob } from '../../lib/job/plan-job.js'
import { resultOfSplit } from '../../lib/job/run-split-job.js'
import { runJob } from '../../lib/job/run-job.js'
import type { Job } from '../../lib/job/schema/job.js'
import { runSplit } from '../../lib/job/split/run-split.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { AS_MP4, splitSource } from '../support/split.js'

const JOB: Job = {
  version: 1,
  inputs: [{ url: 's3://masters/film.mov' }],
  outputs: [
    {
      ...{ type: 'object', url: 's3://web/film.mp4', format: 'mp4', layout: 'file' },
      ...{ video: { codec: 'h264', preset: 'ultrafast', crf: 35 }, audio: { codec: 'aac' } },
    },
  ],
  split: { work: 's3://work/w/', mode: 'prefer', chunkSeconds: 2, gop: 24 },
}

t.test('plans a job, whose steps give the result of runJob', async t => {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web', 'work'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'film.mov', await splitSource({ more: AS_MP4 }))
  const plan = await planJob(JOB, { client })
  if (plan.unsplit !== undefined) throw new Error(plan.unsplit.message)
  t.same(s3.keys('work'), [], 'planning writes nothing')
  const result = resultOfSplit(JOB, plan, await runSplit(plan, { client }))
  t.same(await runJob(JOB, { client }), result)

  const whole = await planJob({ ...JOB, outputs: [...JOB.outputs, { type: 'probe' }] }, { client })
  t.match(whole.unsplit, { code: 'argument', message: /outputs\[1\]/ })
  const { split, ...without } = JOB
  t.ok(split)
  s3.clearCalls()
  for (const [job, options, code] of [
    [without, {}, 'AVIO_ERR_OPTION'],
    [{ ...JOB, inputs: [] }, {}, 'AVIO_ERR_JOB_INVALID'],
    [JOB, { allow: { buckets: ['web'] } }, 'AVIO_ERR_JOB_REFUSED'],
    [JOB, { trust: 'strangers' }, 'AVIO_ERR_JOB_REFUSED'],
    [JOB, { concurrency: 0 }, 'AVIO_ERR_OPTION'],
  ] as const)
    await t.rejects(planJob(job as Job, { client, ...options }), { code }, JSON.stringify(options))
  t.same(s3.calls, [], 'before the first request')
  const small = { ...JOB, limits: { maxInputBytes: 1 } }
  await t.rejects(planJob(small, { client }), { code: /^AVIO_ERR_LIMIT_/ })
})
