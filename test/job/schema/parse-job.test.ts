import t from 'tap'
import { JobError } from '../../../lib/errors.js'
import { parseJob } from '../../../lib/job/schema/parse-job.js'
import { BAD_JOBS, GOOD_JOBS } from '../../support/jobs.js'

t.test('returns a valid job unchanged', async t => {
  for (const [name, job] of Object.entries(GOOD_JOBS)) {
    t.same(parseJob(JSON.parse(JSON.stringify(job))), job, name)
  }
})

t.test('refuses an invalid value, with its path and the rule', async t => {
  for (const [value, path, rule] of BAD_JOBS) {
    let error: unknown
    try {
      parseJob(value)
    } catch (thrown) {
      error = thrown
    }
    t.ok(error instanceof JobError, path)
    t.match(error, { code: 'AVIO_ERR_JOB_INVALID', path, retryable: false })
    t.ok((error as JobError).message.includes(rule), `${rule} ← ${(error as JobError).message}`)
  }
})

t.test('lists the first five faults, and counts the rest', async t => {
  const outputs = Array.from({ length: 9 }, () => ({ type: 'probe', input: -1 }))
  t.throws(() => parseJob({ version: 1, inputs: [{ url: 's3://a/b' }], outputs }), {
    path: 'outputs[0].input',
    message:
      /^The job is invalid: outputs\[0\]\.input must be at least 0; .*outputs\[4\]\.input .*; and 4 more\.$/,
  })
})

t.test('shows no values, because they may be secret', async t => {
  const secret = 'https://x/y?X-Amz-Signature=abcdef'
  for (const value of [
    {
      version: 1,
      inputs: [{ url: 's3://a/b', etag: 7, format: secret }],
      outputs: [{ type: 'probe', url: secret }],
    },
    { version: secret, inputs: secret, outputs: [{ type: secret }] },
  ]) {
    t.throws(() => parseJob(value), { code: 'AVIO_ERR_JOB_INVALID' })
    try {
      parseJob(value)
    } catch (error) {
      t.notMatch(JSON.stringify(error), /Signature|abcdef/)
    }
  }
})
