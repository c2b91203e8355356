import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import type { AddJobOptions } from '../../../lib/engines/bullmq/add-options.js'
import type { Job } from '../../../lib/job/schema/job.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { REDIS, filmJob, openFarm, openFilms } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  t.test(
    `over ${kind.name}, adding twice is adding once, until the input changes`,
    { skip: kind.missing },
    async t => {
      const { s3, options, look } = await openFarm(t, kind)
      const first = await addJob(filmJob('a'), { ...options, priority: 3 })
      t.match(first, { id: /^[0-9a-f]{64}$/, isNew: true, isRetried: false })
      t.same(await addJob(filmJob('a'), options), { id: first.id, isNew: false, isRetried: false })
      const { queue } = await look()
      t.match(await queue.getJob(first.id), {
        data: { version: 1, job: { inputs: [{ url: 's3://masters/film.mov', etag: /^"/ }] } },
        opts: { priority: 8, attempts: 3 },
      })
      await s3.put('masters', 'film.mov', Buffer.from('another version'))
      const second = await addJob(filmJob('a'), options)
      t.equal(second.isNew, true)
      t.not(second.id, first.id)
    },
  )
}

t.test('keeps no secret in the engine', { skip: REDIS.missing }, async t => {
  const { server, options, look } = await openFarm(t)
  const url = 'https://media.example.com/a.mov?X-Amz-Signature=abcdef'
  await t.rejects(addJob(filmJob('a', { inputs: [{ url }] }), options), { code: 'AVIO_ERR_JOB_REFUSED' })
  await addJob(filmJob('a'), options)
  const { queue } = await look()
  const jobs = JSON.stringify(await queue.getJobs())
  t.notMatch(jobs, /Signature|abcdef/)
  t.notMatch(jobs, server.password)
})

t.test('checks everything before it connects', async t => {
  const { s3, client } = await openFilms(t)
  const options: AddJobOptions = { connection: 'redis://nobody.invalid', client }
  const twice = filmJob('a').outputs[0]!
  await t.rejects(addJob({ ...filmJob('a'), version: 2 } as unknown as Job, options), {
    code: 'AVIO_ERR_JOB_INVALID',
  })
  await t.rejects(addJob(filmJob('a', { outputs: [twice, twice] }), options), {
    code: 'AVIO_ERR_JOB_INVALID',
  })
  const nothing = { ...twice, args: ['-c:v'] } as Job['outputs'][0]
  await t.rejects(addJob(filmJob('a', { outputs: [nothing] }), options), {
    ...{ code: 'AVIO_ERR_JOB_INVALID', path: 'outputs[0].args' },
  })
  t.equal(s3.calls.length, 0)
  await t.rejects(addJob(filmJob('a', { inputs: [{ url: 's3://masters/none' }] }), options), {
    code: 'AVIO_ERR_NO_SUCH_KEY',
  })
  await t.rejects(addJob(filmJob('a'), { ...options, priority: -1 }), {
    code: 'AVIO_ERR_OPTION',
    option: 'priority',
  })
})
