import t from 'tap'
import { checkJobStep, checkPieceStep } from '../../../lib/engines/steps/step.js'
import { filmJob } from '../../support/farm.js'

const plan = { bucket: 'work', key: 'w/plan.json' }

t.test('accepts the JSON of a job, planned or not', async t => {
  const step = { version: 1, job: filmJob('a') }
  t.same(checkJobStep(step), step)
  const planned = {
    reference: plan,
    pieces: 2,
    frames: 1,
    seconds: 1,
    framesBefore: 0,
    ffmpeg: '5.1',
    build: 'x',
  }
  t.same(checkJobStep({ ...step, planned, rounds: 1 }), { ...step, planned, rounds: 1 })
})

t.test('accepts the JSON of a piece', async t => {
  for (const piece of [0, 999, 'audio', 'images'] as const) {
    const step = { version: 1, of: 'id', plan, piece }
    t.same(checkPieceStep(step), step)
  }
})

t.test('refuses data of others and of other versions', async t => {
  const job = filmJob('a')
  for (const data of [undefined, null, 7, {}, { version: 2, job }, { version: 1, job: 'x' }]) {
    t.throws(() => checkJobStep(data), { code: 'AVIO_ERR_QUEUE_DATA_INVALID', retryable: false })
  }
  t.throws(() => checkJobStep({ version: 1, job, planned: { reference: {} } }), {
    code: 'AVIO_ERR_QUEUE_DATA_INVALID',
  })
  t.throws(() => checkJobStep({ version: 1, job: { ...job, inputs: [] } }), { code: 'AVIO_ERR_JOB_INVALID' })
  const step = { version: 1, of: 'id', plan, piece: 0 }
  for (const change of [
    { version: 2 },
    { of: 7 },
    { plan: { bucket: 'b' } },
    { piece: 'video' },
    { piece: 0.5 },
  ]) {
    t.throws(() => checkPieceStep({ ...step, ...change }), { code: 'AVIO_ERR_QUEUE_DATA_INVALID' })
  }
  t.throws(() => checkPieceStep(null), { code: 'AVIO_ERR_QUEUE_DATA_INVALID' })
})
