import t from 'tap'
import { encodeAudio, encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { joinChunks } from '../../../lib/job/split/join-chunks.js'
import { removeWork } from '../../../lib/job/split/remove-work.js'
import type { PieceResult } from '../../../lib/job/split/piece-result.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'
import { readPlan, readResults, storePlan } from '../../../lib/job/split/stored-plan.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

const jsonOf = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

t.test('stores a plan once, and its results are found by it', async t => {
  const { s3, client, plan, left } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  const reference = await storePlan(made, { client })
  t.match(reference, { bucket: 'work', key: new RegExp(`^pieces/${made.hash}/plan-[0-9a-f]{16}\\.json$`) })
  t.same(jsonOf(reference), reference, 'JSON')
  t.same(await storePlan(made, { client }), reference, 'again')
  const read = await readPlan(reference, { client })
  t.same(read, made)
  t.same(await readResults(read, { client }), [])
  const audio = await encodeAudio(read, { client })
  const last = await encodeChunk(read, 1, { client })
  t.same(await readResults(read, { client }), [last, audio], 'those that exist, in the order of the plan')
  await encodeChunk(read, 0, { client })
  const results = await readResults(read, { client })
  t.match(await joinChunks(read, results, { client }), { bucket: 'web', key: 'out.mp4' })
  t.equal(s3.keys('web').length, 1)
  await removeWork(read, { client })
  t.same(left(), [], 'the plan, too')
  await t.rejects(readPlan(reference, { client }), {
    code: 'AVIO_ERR_NO_SUCH_KEY',
    retryable: false,
    message: `s3://work/${reference.key}: its work was removed`,
  })
})

t.test('keeps plans with equal pieces and other targets or limits apart', async t => {
  const { client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const one = await plan()
  const other = await plan({ output: { bucket: 'web', key: 'other.mp4' } })
  t.equal(one.hash, other.hash)
  const [first, second] = [await storePlan(one, { client }), await storePlan(other, { client })]
  t.not(first.key, second.key)
  const limited = await storePlan(await plan({ limits: { maxDuration: 9.5 } }), { client })
  t.notOk([first.key, second.key].includes(limited.key))
  t.same((await readPlan(limited, { client })).limits, { maxDuration: 9.5 })
  t.match(await readPlan(second, { client }), { output: { key: 'other.mp4' } })
})

t.test('refuses what is no plan, no reference, and no result of the plan', async t => {
  const { s3, client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  const changed = { ...made, chunks: made.chunks.slice(1) } as SplitPlan
  await t.rejects(storePlan(changed, { client }), { code: 'AVIO_ERR_PLAN_INVALID' })
  const unsplit = { version: 1, unsplit: { code: 'short', message: 'short' } } as const
  await t.rejects(storePlan(unsplit, { client }), { code: 'AVIO_ERR_PLAN_UNSPLIT' })
  for (const reference of [undefined, null, 's3://work/x', {}, { bucket: 'work' }, { bucket: '', key: 'x' }])
    await t.rejects(
      readPlan(reference as never, { client }),
      { code: 'AVIO_ERR_OPTION' },
      JSON.stringify(reference),
    )
  for (const [text, code] of [
    [JSON.stringify(changed), 'AVIO_ERR_PLAN_INVALID'],
    ['null', 'AVIO_ERR_PLAN_INVALID'],
    ['7', 'AVIO_ERR_PLAN_INVALID'],
    ['[]', 'AVIO_ERR_PLAN_INVALID'],
    ['{}', 'AVIO_ERR_PLAN_INVALID'],
    ['<xml/>', 'AVIO_ERR_BAD_RESPONSE'],
  ] as const) {
    await s3.put('work', 'plan.json', text)
    await t.rejects(readPlan({ bucket: 'work', key: 'plan.json' }, { client }), { code }, text)
  }
  const foreign: Partial<PieceResult> = { version: 1, plan: 'another', piece: 'chunk-00000' }
  await s3.put('work', `pieces/${made.hash}/chunk-00000.json`, JSON.stringify(foreign))
  await t.rejects(readResults(made, { client }), { code: 'AVIO_ERR_PLAN_INVALID' })
})
