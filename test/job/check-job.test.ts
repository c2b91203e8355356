import { PassThrough } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { checkJob, checkReferences } from '../../lib/job/check-job.js'
import type { Job, JobOutput } from '../../lib/job/schema/job.js'
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

t.test('refuses versions and conditions where there are none', async t => {
  const object = { type: 'object', url: 's3://web/a.mp4', format: 'mp4' } as const
  const piped = { ...object, url: '-' }
  const [input] = [{ url: 's3://in/a.mov', versionId: 'v', etag: 'e' }]
  const probe = { type: 'probe', ifNoneMatch: '*' } as const
  const check = (inputs: Job['inputs'], outputs: JobOutput[]) => checkReferences(jobOf(outputs, { inputs }))
  for (const [inputs, outputs, path, message] of [
    [[{ url: 'https://x/a', versionId: 'v' }], [object], 'inputs[0].versionId', /is for objects in S3 only/],
    [[input, { url: 'a.mov', versionId: 'v' }], [object], 'inputs[1].versionId', /is for objects in S3 only/],
    [[{ url: '-', etag: 'e' }], [object], 'inputs[0].etag', /has no meaning for standard input/],
    [[input], [object, { ...object, url: '/a.mp4', ifMatch: 'e' }], 'outputs[1].ifMatch', /no ETag/],
    [[input], [{ ...piped, ifMatch: 'e' }], 'outputs[0].ifMatch', /for objects in S3 only/],
    [[input], [{ ...piped, ifNoneMatch: '*' }], 'outputs[0].ifNoneMatch', /for standard output: remove it/],
    [[input], [probe], 'outputs[0].ifNoneMatch', /is for a report with "url": remove it/],
  ] as [Job['inputs'], JobOutput[], string, RegExp][])
    t.throws(() => check(inputs, outputs), { code: 'AVIO_ERR_JOB_INVALID', path, message })
  for (const url of ['s3://web/a.json', '/a.json']) check([input], [{ ...probe, url }])
  check(
    [input],
    [
      { ...object, ifMatch: 'e' },
      { ...object, url: '/a.mp4', ifNoneMatch: '*' },
    ],
  )
  t.end()
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
