import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { retry } from '../../../lib/engines/bullmq/retry.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { filmJob, openFarm } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  const { name, missing: skip } = kind

  t.test(`over ${name}, a split job that failed goes on where it stopped`, { skip }, async t => {
    const { s3, left, options, queue, start, until } = await openFarm(t, kind)
    const denied = { status: 403, code: 'AccessDenied', times: Infinity }
    s3.fault({ bucket: 'work', operation: 'PutObject', key: /chunk-00002\/.*mp4$/, ...denied })
    const { id } = await addJob(filmJob('a', { isSplit: true }), options)
    await start()
    const failed = await until(id, 'failed')
    t.match(failed.error, {
      ...{ code: 'AVIO_ERR_ACCESS_DENIED', piece: 'chunk-00002', retryable: false },
      ...{ message: String, remedy: /retry the job/ },
    })
    const tries = s3.calls.filter(
      ({ key, operation }) => operation === 'PutObject' && /chunk-00002\/.*mp4$/.test(key ?? ''),
    )
    t.equal(tries.length, 1, 'a piece that fails for good ends its job, and is not handed out again')
    s3.clearFaults()
    const encoded = () =>
      s3.calls.filter(({ key, operation }) => operation === 'PutObject' && /chunk-.*mp4$/.test(key ?? ''))
    const before = new Set(s3.keys('work').filter(key => /chunk-\d+\.json$/.test(key)))
    const attempts = encoded().length
    t.same(await retry(queue), { retried: [id] })
    await until(id, 'done')
    t.equal(encoded().length - attempts, 4 - before.size, 'only what was missing')
    t.ok(before.size >= 2)
    t.same(left(), [])
    t.same(s3.keys('web'), ['a.mp4'])
    t.same(await retry(queue), { retried: [] })
  })

  t.test(`over ${name}, takes the jobs that are named, if they have failed`, { skip }, async t => {
    const { s3, options, queue, start, until } = await openFarm(t, kind)
    s3.fault({ bucket: 'web', operation: 'PutObject', status: 403, code: 'AccessDenied', times: Infinity })
    const [a, b] = [await addJob(filmJob('a'), options), await addJob(filmJob('b'), options)]
    await start({ concurrency: 2 })
    await until(a.id, 'failed')
    await until(b.id, 'failed')
    s3.clearFaults()
    t.same(await retry({ ...queue, ids: [b.id] }), { retried: [b.id] })
    await until(b.id, 'done')
    await until(a.id, 'failed')
    t.same(await retry({ ...queue, ids: [b.id] }), { retried: [] })
    t.match(
      await addJob(filmJob('a'), options),
      { id: a.id, isNew: false, isRetried: true },
      'adding does it, too',
    )
    await until(a.id, 'done')
    await t.rejects(retry({ ...queue, ids: ['none'] }), { code: 'AVIO_ERR_QUEUE_UNKNOWN_JOB' })
    await t.rejects(retry({ ...queue, ids: [] }), { code: 'AVIO_ERR_OPTION', option: 'ids' })
  })
}
