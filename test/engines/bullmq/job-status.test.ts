import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { jobStatus } from '../../../lib/engines/bullmq/job-status.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { filmJob, openFarm } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  t.test(`over ${kind.name}, follows a job from the queue to its result`, { skip: kind.missing }, async t => {
    const { options, queue, start, until } = await openFarm(t, kind)
    const { id } = await addJob(filmJob('a'), options)
    t.match(await jobStatus(id, queue), {
      ...{ id, state: 'waiting', inputs: ['s3://masters/film.mov'], outputs: ['s3://web/a.mp4'] },
      ...{ error: undefined, result: undefined },
    })
    await start()
    t.match(await until(id, 'done'), { result: { outputs: [{ url: 's3://web/a.mp4', etag: /^"/ }] } })
  })

  t.test(`over ${kind.name}, says which job it does not know`, { skip: kind.missing }, async t => {
    const { queue, look } = await openFarm(t, kind)
    await t.rejects(jobStatus('none', queue), {
      ...{ code: 'AVIO_ERR_QUEUE_UNKNOWN_JOB', job: 'none', queue: 'avio-streams' },
      message: /The queue "avio-streams" has no job none/,
    })
    await t.rejects(jobStatus('', queue), { code: 'AVIO_ERR_OPTION', option: 'id' })
    const open = await look()
    await open.queue.add('chunk', { of: 'x' }, { jobId: 'piece' })
    await t.rejects(jobStatus('piece', queue), { code: 'AVIO_ERR_QUEUE_UNKNOWN_JOB' })
  })
}
