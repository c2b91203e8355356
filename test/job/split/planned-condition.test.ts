import t from 'tap'
import { planJob } from '../../../lib/job/plan-job.js'
import { runJob } from '../../../lib/job/run-job.js'
import type { Job, JobPackage } from '../../../lib/job/schema/job.js'
import { SPLIT_JOB } from '../../support/split-job.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

const source = await splitSource({ seconds: 4, more: AS_MP4 })
const under = (condition: object): Job => ({
  ...SPLIT_JOB,
  outputs: [{ ...SPLIT_JOB.outputs[0]!, ...condition }] as Job['outputs'],
})

t.test('refuses a target that the job does not allow to be replaced, before anything is encoded', async t => {
  const { s3, client, left } = await openSplit(t, source)
  const { etag } = await s3.put('web', 'out.mp4', 'older')
  for (const [condition, message] of [
    [{ ifNoneMatch: '*' }, /^s3:\/\/web\/out\.mp4 exists, with the ETag "\w+", .* \(ifNoneMatch: \*\)/],
    [{ ifMatch: '"other"' }, /has the ETag "\w+", and only "other" may be replaced \(ifMatch\)/],
  ] as const)
    for (const run of [planJob, runJob] as ((...of: Parameters<typeof runJob>) => Promise<unknown>)[])
      await t.rejects(run(under(condition), { client }), {
        ...{ code: 'AVIO_ERR_PRECONDITION_FAILED', message, retryable: false, bucket: 'web', key: 'out.mp4' },
      })
  t.same(left(), [])
  for (const condition of [{}, { ifMatch: etag }, { ifMatch: etag.replaceAll('"', '') }])
    t.match(await planJob(under(condition), { client }), { output: { replaces: etag } })
  s3.delete('web', 'out.mp4')
  t.match(await planJob(under({ ifNoneMatch: '*' }), { client }), { output: { replaces: undefined } })
  await t.rejects(planJob(under({ ifMatch: etag }), { client }), {
    ...{ code: 'AVIO_ERR_PRECONDITION_FAILED', message: /^s3:\/\/web\/out\.mp4 does not exist/ },
  })
})

t.test('takes an object of the same plan for the result, as a run that comes again must', async t => {
  const { s3, client } = await openSplit(t, source)
  const job = under({ ifNoneMatch: '*' })
  const first = await runJob(job, { client })
  s3.clearCalls()
  t.same(await runJob(job, { client }), first)
  t.notOk(
    s3.calls.some(({ operation, bucket }) => bucket === 'web' && operation === 'PutObject'),
    'stored once',
  )
  const other = under({ ifNoneMatch: '*', video: { codec: 'h264', preset: 'ultrafast', crf: 36 } })
  await t.rejects(runJob(other, { client }), { code: 'AVIO_ERR_PRECONDITION_FAILED' })
})

t.test('keeps to the condition though the target appears while the pieces are encoded', async t => {
  const { s3, client } = await openSplit(t, source)
  const held = s3.fault({ operation: 'GetObject', bucket: 'work', key: /\.mp4$/, hold: true })
  const run = runJob(under({ ifNoneMatch: '*' }), { client })
  await held.reached
  await s3.put('web', 'out.mp4', 'newer')
  held.release()
  await t.rejects(run, { code: 'AVIO_ERR_PLAN_TARGET_CHANGED' })
  t.equal((await s3.get('web', 'out.mp4'))?.toString(), 'newer')
})

const PACKAGE: JobPackage = {
  ...{ type: 'package', prefix: 's3://web/p/', targetDuration: 2, mpd: 'a.mpd', ifNoneMatch: '*' },
  renditions: [{ name: 'low', video: { codec: 'h264', preset: 'ultrafast', crf: 35 }, audio: 'none' }],
}

t.test('keeps to the condition of a package, for its playlist and its manifest', async t => {
  const { s3, client, left } = await openSplit(t, source)
  const job: Job = { ...SPLIT_JOB, outputs: [PACKAGE] }
  const run = () => runJob(job, { client })
  const exists = (key: string) => ({
    code: 'AVIO_ERR_PRECONDITION_FAILED',
    key,
    message: /\(ifNoneMatch: \*\)/,
  })
  for (const key of ['p/main.m3u8', 'p/a.mpd']) {
    await s3.put('web', key, 'older')
    s3.clearCalls()
    await t.rejects(run(), exists(key))
    t.notOk(
      s3.calls.some(({ bucket }) => bucket === 'masters'),
      'nothing was read',
    )
    t.same(left(), [])
    s3.delete('web', key)
    // Between the first look and that of the plan.
    s3.fault({
      operation: 'HeadObject',
      bucket: 'web',
      key,
      nth: 2,
      before: () => s3.put('web', key, 'newer'),
    })
    await t.rejects(run(), exists(key))
    t.same(s3.keys('web'), [key])
    s3.delete('web', key)
    s3.clearFaults()
  }
  const first = await run()
  s3.clearCalls()
  t.same(await run(), first, 'its own package is the result')
  t.notOk(s3.calls.some(({ operation, bucket }) => bucket === 'web' && operation === 'PutObject'))
  s3.delete('web', 'p/a.mpd')
  t.same(await run(), first, 'and one that lacks its manifest is completed')
  await s3.put('web', 'p/a.mpd', 'foreign')
  await t.rejects(run(), exists('p/a.mpd'))
  t.equal(String(await s3.get('web', 'p/a.mpd')), 'foreign')
})
