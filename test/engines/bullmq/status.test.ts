import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { status } from '../../../lib/engines/bullmq/status.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { eventually, filmJob, openFarm } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  const { name, missing: skip } = kind

  t.test(`over ${name}, tells numbers, workers, running jobs and dead letters`, { skip }, async t => {
    const { s3, server, options, queue, start, until } = await openFarm(t, kind)
    t.same(await status(queue), {
      queue: 'avio-streams',
      counts: { waiting: 0, running: 0, split: 0, delayed: 0, done: 0, failed: 0 },
      ...{ workers: [], running: [], failed: [], unfit: [] },
    })
    s3.fault({
      bucket: 'web',
      key: 'bad.mp4',
      operation: 'PutObject',
      status: 403,
      code: 'AccessDenied',
      times: 99,
    })
    const slow = s3.fault({
      bucket: 'work',
      key: /chunk-00003\/.*mp4$/,
      operation: 'PutObject',
      hold: true,
    })
    const bad = await addJob(filmJob('bad'), options)
    const split = await addJob(filmJob('split', { isSplit: true }), options)
    t.match((await status(queue)).counts, { waiting: 2 })
    await start({ concurrency: 2 })
    await until(bad.id, 'failed')
    await slow.reached
    await eventually(async () => (await status(queue)).running[0]?.pieces?.done === 4)
    const told = await status(queue)
    t.match(told, {
      counts: { running: 1, split: 1, failed: 1, waiting: 0 },
      workers: [{ concurrency: 2, pid: process.pid }],
      running: [
        { id: split.id, state: 'split', percent: Number, secondsLeft: Number, pieces: { done: 4, all: 5 } },
      ],
      failed: [{ id: bad.id, error: { code: 'AVIO_ERR_ACCESS_DENIED', remedy: String } }],
      unfit: [],
    })
    t.ok(told.running[0]!.percent! > 80, 'frames, not pieces')
    t.notMatch(JSON.stringify(told), server.password)
    t.match((await status({ ...queue, limit: 1 })).failed.length, 1)
    await t.rejects(status({ ...queue, limit: 0 }), { code: 'AVIO_ERR_OPTION', option: 'limit' })
    // A worker that shuts down waits for the answer to a request it has sent.
    slow.release()
  })

  t.test(`over ${name}, says which jobs no worker fits`, { skip }, async t => {
    const { options, queue, look, start, until, s3 } = await openFarm(t, kind)
    const audio = s3.fault({
      bucket: 'work',
      operation: 'PutObject',
      key: /audio\/.*mp4$/,
      hold: true,
      times: Infinity,
    })
    const { id } = await addJob(filmJob('a', { isSplit: true }), options)
    const one = await start()
    await until(id, 'split')
    t.same((await status(queue)).unfit, [])
    const open = await look()
    const job = (await open.queue.getJob(id))!
    const data = job.data as { planned: object }
    await job.updateData({ ...data, planned: { ...data.planned, build: '00000000', ffmpeg: '4.4' } })
    t.match((await status(queue)).unfit, [{ id, needsFfmpeg: '4.4' }])
    const closing = one.close({ force: true })
    audio.release()
    await closing
  })
}
