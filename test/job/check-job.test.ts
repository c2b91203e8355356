import { PassThrough } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { checkJob } from '../../lib/job/check-job.js'
import { BAD_JOBS, jobOf } from '../support/jobs.js'

// run-job.test.ts and plan-job.test.ts have the jobs that are refused.
const client = new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
t.teardown(() => client.destroy())

t.test('returns the job, its locations by their paths, and the settings', async t => {
  const job = jobOf(
    [
      { type: 'object', url: 's3://web/a%20b.mp4', format: 'mp4' },
      { type: 'thumbnails', prefix: 's3://web/t/', count: 1 },
      { type: 'probe' },
    ],
    { split: { work: 's3://work/w/' } },
  )
  const checked = await checkJob(job, { client, concurrency: 3 })
  t.same(checked.job, job)
  t.match(checked.settings, { client, concurrency: 3, isStranger: false })
  t.same(
    [...checked.places.keys()],
    ['inputs[0].url', 'outputs[0].url', 'outputs[1].prefix'],
    'outputs without a location have none',
  )
  t.match(checked.places.get('outputs[0].url'), { kind: 's3', bucket: 'web', key: 'a%20b.mp4' })
  const piped = jobOf([{ type: 'object', url: '-', format: 'mp4' }])
  t.match((await checkJob(piped, { client, stdout: new PassThrough() })).places.get('outputs[0].url'), {
    kind: 'stdio',
  })
})

t.test('checks the schema, the locations and the work prefix', async t => {
  for (const [value, path] of BAD_JOBS)
    await t.rejects(checkJob(value as never, { client }), { code: 'AVIO_ERR_JOB_INVALID', path })
  const split = jobOf([{ type: 'object', url: 's3://web/a.mp4', format: 'mp4' }], {
    split: { work: 's3://work/w/' },
  })
  await t.rejects(checkJob(split, { client, allow: { prefixes: ['s3://in/', 's3://web/'] } }), {
    code: 'AVIO_ERR_JOB_REFUSED',
    path: 'split.work',
  })
})
