import t from 'tap'
import type { Job } from '../../../lib/job/schema/job.js'
import { jobSchema } from '../../../lib/job/schema/job.js'
import { GOOD_JOBS, jobOf } from '../../support/jobs.js'

t.test('requires version 1, inputs and outputs', async t => {
  const job: Job = jobOf([{ type: 'probe' }])
  t.same(jobSchema.parse(job), job)
  t.same(Object.keys(jobSchema.shape).sort(), [
    ...['$schema', 'filterComplex', 'inputs', 'limits', 'outputs', 'split', 'version'],
  ])
  for (const value of [
    { ...job, version: 2 },
    { ...job, version: '1' },
    { ...job, outputs: [] },
    { ...job, inputs: Array(65).fill(job.inputs[0]) },
    { ...job, filterComplex: '' },
    { ...job, metadata: {} },
  ]) {
    t.notOk(jobSchema.safeParse(value).success)
  }
})

t.test('consists of JSON values only', async t => {
  for (const [name, job] of Object.entries(GOOD_JOBS)) {
    const parsed = jobSchema.parse(job)
    t.same(JSON.parse(JSON.stringify(parsed)), parsed, name)
  }
})
