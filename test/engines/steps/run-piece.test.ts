import t, { type Test } from 'tap'
import { allowedPlan, framesOf, lengthOf, runPiece } from '../../../lib/engines/steps/run-piece.js'
import type { StepContext, StepProgress } from '../../../lib/engines/steps/step-context.js'
import { planJob } from '../../../lib/job/plan-job.js'
import { removeWork } from '../../../lib/job/split/remove-work.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'
import { storePlan } from '../../../lib/job/split/stored-plan.js'
import { filmJob, openFilms } from '../../support/farm.js'

async function open(t: Test) {
  const films = await openFilms(t)
  const { client } = films
  const plan = (await planJob(filmJob('a', { isSplit: true }), { client })) as SplitPlan
  const reference = await storePlan(plan, { client })
  const context = (more: Partial<StepContext> = {}): StepContext => ({
    ...{ client, allow: undefined, trust: undefined, ffmpegPath: undefined, ffprobePath: undefined },
    ...{ env: undefined, signal: new AbortController().signal, ...more },
  })
  return { ...films, plan, reference, context }
}

t.test('encodes a piece of a stored plan, and returns no media', async t => {
  const { s3, plan, reference, context } = await open(t)
  const told: StepProgress[] = []
  const step = { version: 1 as const, of: 'id', plan: reference, piece: 1 }
  const done = await runPiece(step, context({ onProgress: one => void told.push(one) }))
  t.match(done, { frames: 48, ms: Number })
  t.match(await runPiece({ ...step, piece: 'audio' }, context()), { frames: 0 })
  t.same(
    s3.keys('work').filter(key => /\/[^/]+-?\d*\.json$/.test(key) && !key.includes('/plan-')),
    [`w/${plan.hash}/audio.json`, `w/${plan.hash}/chunk-00001.json`],
  )
  t.match(told.at(-1), { phase: 'encode', frames: 48 })
})

t.test('holds a piece to the time limit in its plan, also before ffmpeg starts', async t => {
  const { s3, client, plan, context } = await open(t)
  const limited = await storePlan({ ...plan, limits: { timeout: 1 } }, { client })
  const held = s3.fault({ bucket: 'work', operation: 'GetObject', key: /chunk-00001\.json$/, hold: true })
  await t.rejects(runPiece({ version: 1, of: 'id', plan: limited, piece: 1 }, context()), {
    code: 'AVIO_ERR_LIMIT_TIMEOUT',
    message: /A step of the job took longer than 1 ms/,
  })
  held.release()
})

t.test('skips a piece whose work another run of the plan has removed, before and in the middle', async t => {
  const { s3, client, plan, reference, context } = await open(t)
  const step = { version: 1 as const, of: 'id', plan: reference, piece: 1 }
  const key = /chunk-00001\/.*mp4$/
  const held = s3.fault({ bucket: 'work', operation: 'PutObject', key, hold: true })
  s3.fault({
    bucket: 'work',
    operation: 'GetObject',
    key,
    status: 403,
    code: 'AccessDenied',
    times: Infinity,
  })
  const running = runPiece(step, context())
  await held.reached
  await removeWork(plan, { client })
  held.release()
  t.same(await running, { skipped: 'removed' })
  t.same(await runPiece(step, context()), { skipped: 'removed' })
  const aborted = new AbortController()
  aborted.abort()
  await t.rejects(runPiece(step, context({ signal: aborted.signal })), { name: 'AbortError' })
  await storePlan(plan, { client })
  await t.rejects(runPiece(step, context()), { code: 'AVIO_ERR_ACCESS_DENIED' }, 'its own errors stay')
})

t.test('opens nothing that the worker does not allow, whatever the plan says', async t => {
  const { s3, reference, context } = await open(t)
  for (const buckets of [
    ['masters', 'web'],
    ['work', 'web'],
    ['masters', 'work'],
  ]) {
    const before = s3.calls.filter(({ bucket }) => bucket !== 'work').length
    await t.rejects(allowedPlan(reference, context({ allow: { buckets } })), { code: 'AVIO_ERR_JOB_REFUSED' })
    t.equal(s3.calls.filter(({ bucket }) => bucket !== 'work').length, before)
  }
  await t.resolves(allowedPlan(reference, context({ allow: { buckets: ['masters', 'work', 'web'] } })))
})

t.test('knows the frames of pieces and of the video', async t => {
  const { plan } = await open(t)
  const { frames, seconds } = lengthOf(plan)
  t.equal(
    plan.chunks.map((_, n) => framesOf(plan, n)).reduce((sum, one) => sum + one),
    frames,
  )
  for (const piece of ['audio', 'images'] as const) t.equal(framesOf(plan, piece), 0)
  t.equal(framesOf(plan, 999), 0)
  t.equal(seconds, (frames * 1001) / 24_000)
})
