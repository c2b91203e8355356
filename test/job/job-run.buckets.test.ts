import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { planJob } from '../../lib/job/plan-job.js'
import { runJob } from '../../lib/job/run-job.js'
import type { Job, JobOutput } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { avi } from '../support/media.js'

/** A bucket that a job can't write to is found before the job reads anything, not when it stores. */

const VIDEO = { codec: 'h264', height: 144, preset: 'ultrafast', crf: 40 } as const

/** Each type of output, at a place. */
const OUTPUTS: Readonly<Record<string, (at: string) => JobOutput>> = {
  object: at => ({ type: 'object', url: `${at}a.mp4`, format: 'mp4', video: VIDEO, audio: 'none' }),
  package: at => ({
    ...{ type: 'package', prefix: at, targetDuration: 1 },
    renditions: [{ name: 'low', video: VIDEO, audio: 'none' }],
  }),
  thumbnails: at => ({ type: 'thumbnails', prefix: at, times: [0], width: 32 }),
  storyboard: at => ({ type: 'storyboard', prefix: at, count: 1, columns: 1, rows: 1, width: 32 }),
  report: at => ({ type: 'probe', url: `${at}probe.json` }),
}

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'a.avi', await avi())
  s3.clearCalls()
  const jobOf = (output: JobOutput): Job => ({
    ...{ version: 1, inputs: [{ url: 's3://masters/a.avi' }], outputs: [output] },
  })
  const looks = () => s3.calls.filter(({ operation }) => operation === 'HeadBucket').length
  const reads = () => s3.calls.filter(({ operation }) => operation === 'GetObject').length
  return { s3, client, jobOf, looks, reads }
}

for (const [kind, output] of Object.entries(OUTPUTS)) {
  for (const ifNoneMatch of [undefined, '*'] as const) {
    const condition = ifNoneMatch === undefined ? '' : ', under a condition'
    t.test(`finds a missing bucket before anything is read: ${kind}${condition}`, async t => {
      const { s3, client, jobOf, reads } = await open(t)
      const job = jobOf({ ...output('s3://wbe/p/'), ifNoneMatch })
      await t.rejects(runJob(job, { client }), { code: 'AVIO_ERR_NO_SUCH_BUCKET', bucket: 'wbe' })
      t.equal(reads(), 0)
      s3.createBucket('wbe')
      await runJob(job, { client })
      t.ok(s3.keys('wbe').length > 0)
    })
  }
  t.test(`stores where no one may look: ${kind}`, async t => {
    const { s3, client, jobOf } = await open(t)
    for (const operation of ['HeadObject', 'HeadBucket'] as const)
      s3.fault({ operation, bucket: 'web', status: 403, code: 'AccessDenied', times: Infinity })
    await runJob(jobOf(output('s3://web/p/')), { client })
    t.ok(s3.keys('web').length > 0)
  })
}

t.test('looks once, however many jobs store in a bucket', async t => {
  const { client, jobOf, looks } = await open(t)
  for (let n = 0; n < 5; n++) await runJob(jobOf(OUTPUTS['report']!(`s3://web/${n}/`)), { client })
  const more = Object.values(OUTPUTS).map(output => output('s3://web/p/'))
  await runJob({ ...jobOf(more[0]!), outputs: more }, { client })
  t.equal(looks(), 1)
})

t.test('asks for no bucket that an object has been seen in', async t => {
  const { s3, client, jobOf, looks } = await open(t)
  await s3.put('web', 'p/probe.json', '{}')
  await runJob(jobOf(OUTPUTS['report']!('s3://web/p/')), { client })
  await runJob(jobOf(OUTPUTS['object']!('s3://web/p/')), { client })
  t.equal(looks(), 0)
})

t.test(
  'finds a missing bucket when it plans a job in pieces: the target, the pieces, the source',
  async t => {
    const { s3, client, jobOf, reads } = await open(t)
    s3.createBucket('work')
    const split = { work: 's3://work/p/', mode: 'prefer', chunkSeconds: 1 } as const
    const missing = { code: 'AVIO_ERR_NO_SUCH_BUCKET', bucket: 'nowhere' }
    for (const kind of ['object', 'package']) {
      const there = OUTPUTS[kind]!('s3://web/p/')
      const file = { layout: 'file' } as const
      const whole = (output: JobOutput) => jobOf(output.type === 'object' ? { ...output, ...file } : output)
      const jobs: readonly Job[] = [
        { ...whole(OUTPUTS[kind]!('s3://nowhere/p/')), split },
        { ...whole(there), split: { ...split, work: 's3://nowhere/' } },
        { ...whole(there), split, inputs: [{ url: 's3://nowhere/a.avi' }] },
      ]
      for (const job of jobs) {
        await t.rejects(planJob(job, { client }), missing)
        await t.rejects(runJob(job, { client }), missing)
      }
    }
    t.equal(reads(), 0)
  },
)
