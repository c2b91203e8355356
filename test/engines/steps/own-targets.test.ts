import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { ownTargets, targetChanged } from '../../../lib/engines/steps/own-targets.js'
import { runJob } from '../../../lib/job/run-job.js'
import type { JobObject } from '../../../lib/job/schema/job.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { filmJob, openFilms } from '../../support/farm.js'

t.test('a job stores its object only if nothing under the key has changed', async t => {
  const { s3, client } = await openFilms(t)
  const store = new WorkStore({ client })
  const job = filmJob('a')
  const absent = await ownTargets(job, 'id', store)
  t.match(absent.job.outputs[0], { ifNoneMatch: '*', metadata: { 'avio-job': 'id' } })
  t.equal(absent.result, undefined)

  await s3.put('web', 'a.mp4', Buffer.from('newer'))
  await t.rejects(runJob(absent.job, { client }), { code: 'AVIO_ERR_PRECONDITION_FAILED' })
  t.equal(String(await s3.get('web', 'a.mp4')), 'newer')

  const present = await ownTargets(job, 'id', store)
  t.match(present.job.outputs[0], { ifMatch: /^"/, ifNoneMatch: undefined })
  await runJob(present.job, { client })
  t.ok((await s3.get('web', 'a.mp4'))!.length > 1000, 'what was there is replaced')

  const done = await ownTargets(job, 'id', store)
  t.match(done.result, { outputs: [{ type: 'object', url: 's3://web/a.mp4', etag: /^"/, bytes: Number }] })
  t.equal((await ownTargets(job, 'another', store)).result, undefined, 'another job’s object is not its own')
})

t.test('the user’s own conditions and metadata stay', async t => {
  const { s3, client } = await openFilms(t)
  const store = new WorkStore({ client })
  await s3.put('web', 'a.mp4', Buffer.from('x'))
  const job = filmJob('a')
  const outputs = [{ ...(job.outputs[0] as JobObject), ifNoneMatch: '*' as const, metadata: { by: 'me' } }]
  const own = await ownTargets({ ...job, outputs }, 'id', store)
  t.match(own.job.outputs[0], {
    ifNoneMatch: '*',
    ifMatch: undefined,
    metadata: { by: 'me', 'avio-job': 'id' },
  })
})

t.test('leaves outputs that are no objects in S3 alone', async t => {
  const { client } = await openFilms(t)
  const outputs = [
    { type: 'probe' as const },
    { type: 'thumbnails' as const, prefix: 's3://web/a/', count: 1 },
  ]
  const own = await ownTargets(filmJob('a', { outputs }), 'id', new WorkStore({ client }))
  t.same(own.job.outputs, outputs)
  t.equal(own.result, undefined)
})

t.test('tells of a newer object, and of nothing else', async t => {
  const failed = new S3Error('AVIO_ERR_PRECONDITION_FAILED', 'm', { bucket: 'web', key: 'a' })
  t.match(targetChanged(failed), {
    message: /s3:\/\/web\/a has changed since this job began/,
    retryable: false,
  })
  t.equal(targetChanged(new S3Error('AVIO_ERR_ACCESS_DENIED', 'm')), undefined)
  t.equal(targetChanged(new Error('m')), undefined)
})
