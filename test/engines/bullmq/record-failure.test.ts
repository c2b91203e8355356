import t from 'tap'
import type { BullJob } from '../../../lib/engines/bullmq/open-queue.js'
import {
  afterFailure,
  isJob,
  jobIdOf,
  pieceOf,
  recordFailure,
} from '../../../lib/engines/bullmq/record-failure.js'
import { storedError } from '../../../lib/engines/steps/stored-error.js'
import { REDIS, openFarm } from '../../support/farm.js'

const skip = REDIS.missing
const piece = { version: 1, of: 'job', plan: {}, piece: 3 }

t.test('knows the job and the piece of a step', async t => {
  const step = { id: 'x', name: 'chunk', data: piece } as unknown as BullJob
  t.equal(jobIdOf(step), 'job')
  t.equal(pieceOf(step), 'chunk-00003')
  t.equal(
    pieceOf({ id: 'x', name: 'audio', data: { ...piece, piece: 'audio' } } as unknown as BullJob),
    'audio',
  )
  const job = { id: 'x', name: 'job', data: {} } as unknown as BullJob
  t.equal(jobIdOf(job), 'x')
  t.equal(pieceOf(job), undefined)
  t.equal(jobIdOf({ id: 'x', name: 'chunk', data: null } as unknown as BullJob), 'x', 'whatever others add')
})

t.test('tells jobs from their pieces, and counts entries of others as jobs', t => {
  const entry = (name: string, data: unknown) => ({ id: 'x', name, data }) as unknown as BullJob
  t.equal(isJob(entry('chunk', piece)), false)
  for (const [name, data] of [
    ['job', { version: 1 }],
    ['job', null],
    ['encode', { of: 3 }],
    ['encode', 'text'],
  ] as const)
    t.equal(isJob(entry(name, data)), true)
  t.end()
})

t.test('keeps the error of a piece with its job', { skip }, async t => {
  const open = await (await openFarm(t)).look()
  await open.queue.add('job', { version: 1 }, { jobId: 'job' })
  const step = await open.queue.add('chunk', piece)
  await recordFailure(open, step, storedError(new Error('no'), 'chunk-00003'))
  t.match((await open.queue.getJob('job'))?.data, {
    version: 1,
    error: { message: 'no', piece: 'chunk-00003' },
  })
  const odd = await open.queue.add('encode', 'text')
  await recordFailure(open, odd, storedError(new Error('no')))
  t.match((await open.queue.getJob(odd.id!))?.data, { error: { message: 'no' } }, 'of another program, too')
  const orphan = await open.queue.add('chunk', { ...piece, of: 'none' })
  await t.resolves(recordFailure(open, orphan, storedError(new Error('no'))))
})

t.test('a step whose workers died says so; siblings that wait are removed', { skip }, async t => {
  const open = await (await openFarm(t)).look()
  const { queue } = open
  const job = await queue.add('job', { version: 1 }, { jobId: 'job' })
  const parent = { id: 'job', queue: job.queueQualifiedName }
  const step = await queue.add('chunk', piece, { jobId: 'job.3', parent })
  await queue.add('chunk', { ...piece, piece: 4 }, { jobId: 'job.4', parent })
  await afterFailure(open, step, 'job stalled more than allowable limit')
  t.match((await queue.getJob('job'))?.data, {
    error: {
      code: 'AVIO_ERR_QUEUE_STALLED',
      piece: 'chunk-00003',
      message: /^The workers that took chunk-00003 died/,
    },
  })
  t.ok(await queue.getJob('job.4'), 'a piece alone removes nothing')
  await afterFailure(open, job, 'child job.3 failed')
  t.equal(await queue.getJob('job.4'), undefined)
})
