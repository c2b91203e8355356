import { PassThrough, Readable } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { runJob } from '../../lib/job/run-job.js'
import type { Job, JobOutput } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { BAD_JOBS, jobOf } from '../support/jobs.js'

const s3 = await LocalS3.start({ buckets: ['masters', 'web'] })
const client = new S3Client(s3.clientConfig())
t.teardown(async () => {
  client.destroy()
  await s3.close()
})

const OBJECT: JobOutput = { type: 'object', url: 's3://web/a.mp4', format: 'mp4' }
const STDIN = { inputs: [{ url: '-' }] }

t.test('refuses an invalid job before the first request', async t => {
  for (const [value, path] of BAD_JOBS) {
    await t.rejects(runJob(value as Job, { client }), { code: 'AVIO_ERR_JOB_INVALID', path })
  }
  t.same(s3.calls, [])
})

t.test('refuses contradictions before the first request', async t => {
  const stdin = Readable.from([])
  const stdout = new PassThrough()
  for (const [job, path, rule] of [
    [
      jobOf([{ type: 'probe', input: 1 }]),
      'outputs[0].input',
      /names an input that does not exist: the job has 1,/,
    ],
    [jobOf([OBJECT, OBJECT]), 'outputs[1].url', /is the same as outputs\[0\]\.url/],
    [
      jobOf([OBJECT, { type: 'probe', url: 's3://web/a.mp4' }]),
      'outputs[1].url',
      /is the same as outputs\[0\]\.url/,
    ],
    [
      jobOf([1, 2].map(count => ({ type: 'thumbnails', prefix: 's3://web/', count }) as const)),
      'outputs[1].prefix',
      /is the same as outputs\[0\]\.prefix/,
    ],
    [
      jobOf([OBJECT], { inputs: [{ url: '-' }, { url: '-' }] }),
      'inputs[1].url',
      /standard input a second time/,
    ],
    [jobOf([OBJECT, { ...OBJECT, url: '-' }]), 'outputs[1].url', /must be the only output/],
    [jobOf([{ type: 'probe', url: '-' }]), 'outputs[0].url', /must be the only output/],
    [
      jobOf([{ type: 'thumbnails', prefix: 's3://web/', count: 1 }], STDIN),
      'outputs[0]',
      /needs random access, which standard input does not have/,
    ],
    [
      jobOf([OBJECT], { inputs: [{ url: 'https://x/y', versionId: 'v' }] }),
      'inputs[0].versionId',
      /for objects in S3 only/,
    ],
    [
      jobOf([OBJECT], { inputs: [{ url: '-', etag: 'v' }] }),
      'inputs[0].etag',
      /no meaning for standard input/,
    ],
  ] as const) {
    const allow = { hosts: ['x'] }
    await t.rejects(runJob(job, { client, stdin, stdout, allow }), {
      code: 'AVIO_ERR_JOB_INVALID',
      path,
      message: rule,
    })
  }
  t.same(s3.calls, [])
})

t.test('opens objects in S3 only, unless more is allowed', async t => {
  for (const [job, path] of [
    [jobOf([OBJECT], { inputs: [{ url: '/etc/passwd' }] }), 'inputs[0].url'],
    [jobOf([OBJECT], { inputs: [{ url: 's3://a/b' }, { url: 'file:///etc/passwd' }] }), 'inputs[1].url'],
    [jobOf([OBJECT], { inputs: [{ url: 'https://example.com/a?secret=1' }] }), 'inputs[0].url'],
    [jobOf([OBJECT], { inputs: [{ url: 'http://169.254.169.254/latest' }] }), 'inputs[0].url'],
    [jobOf([OBJECT], STDIN), 'inputs[0].url'],
    [jobOf([{ ...OBJECT, url: '-' }]), 'outputs[0].url'],
    [jobOf([{ ...OBJECT, url: 'a.mp4' }]), 'outputs[0].url'],
    [jobOf([{ type: 'thumbnails', prefix: 'pictures/', count: 1 }]), 'outputs[0].prefix'],
    [jobOf([{ type: 'probe', url: '/tmp-report.json' }]), 'outputs[0].url'],
    [jobOf([OBJECT], { split: { work: 'work/' } }), 'split.work'],
  ] as const) {
    await t.rejects(runJob(job, { client }), { code: 'AVIO_ERR_JOB_REFUSED', path })
    const { message } = (await runJob(job, { client }).catch((error: unknown) => error)) as Error
    t.notMatch(message, /secret/)
  }
  for (const [allow, job, path] of [
    [{ buckets: ['web'] }, jobOf([OBJECT]), 'inputs[0].url'],
    [{ buckets: ['in'] }, jobOf([OBJECT]), 'outputs[0].url'],
    [{ prefixes: ['s3://in/', 's3://web/b/'] }, jobOf([OBJECT]), 'outputs[0].url'],
  ] as const) {
    await t.rejects(runJob(job, { client, allow }), { code: 'AVIO_ERR_JOB_REFUSED', path })
  }
  t.same(s3.calls, [])
})

t.test('applies the restrictions for strangers', async t => {
  const job = jobOf([{ ...OBJECT, args: ['-vf', 'movie=/etc/passwd'] }])
  await t.rejects(runJob(job, { client, trust: 'strangers' }), {
    code: 'AVIO_ERR_JOB_REFUSED',
    path: 'limits.maxInputBytes',
  })
  t.same(s3.calls, [])
})

t.test('checks its options', async t => {
  await t.rejects(runJob(jobOf([OBJECT]), { client, workers: 2 } as object), { code: 'AVIO_ERR_OPTION' })
  await t.rejects(runJob(jobOf([OBJECT]), { client: 7 } as object), {
    code: 'AVIO_ERR_OPTION',
    option: 'client',
  })
})
