import t from 'tap'
import { BatchJobs } from '../../../lib/engines/batch/batch-jobs.js'
import { filmJob, openFilms } from '../../support/farm.js'

t.test('takes the listed ETag, and looks at what jobs share once', async t => {
  const { s3, client } = await openFilms(t)
  await s3.put('masters', 'logo.png', Buffer.from('logo'))
  const inputs = [{ url: '{url}' }, { url: 's3://masters/logo.png' }]
  const jobs = new BatchJobs(filmJob('{name}', { inputs }), { client })
  const before = s3.calls.length
  for (const name of ['a', 'b', 'c']) {
    const { id, job } = await jobs.job({ url: `s3://masters/${name}`, etag: '"listed"' })
    t.match(id, /^[0-9a-f]{64}$/)
    t.match(job.inputs, [{ etag: '"listed"' }, { etag: /^"[0-9a-f]{32}"$/ }])
  }
  t.equal(s3.calls.length - before, 1)
  t.match((await jobs.job({ url: 's3://masters/film.mov' })).job.inputs[0], { etag: /^"[0-9a-f]{32}/ })
})

t.test('refuses a second object at the same place, and not the same object again', async t => {
  const { client } = await openFilms(t)
  const jobs = new BatchJobs(filmJob('{name}'), { client })
  const first = await jobs.job({ url: 's3://masters/a.mov', etag: '"1"' })
  t.equal((await jobs.job({ url: 's3://masters/a.mov', etag: '"1"' })).id, first.id)
  await t.rejects(jobs.job({ url: 's3://masters/a.mxf', etag: '"1"' }), {
    ...{ code: 'AVIO_ERR_JOB_INVALID', path: 'outputs[0].url' },
    message: /is s3:\/\/web\/a\.mp4, where another object/,
  })
})
