import t from 'tap'
import { isStoredPlan, knownPlan, storedPlan } from '../../../lib/cli/commands/known-plan.js'
import { storePlan } from '../../../lib/job/split/stored-plan.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

t.test('tells plans from jobs and stored plans from files', async t => {
  const { client, plan } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
  const made = await plan()
  t.equal(knownPlan(made), made)
  const unsplit = { version: 1, unsplit: { code: 'short', message: 'x' } } as const
  t.equal(knownPlan(unsplit), unsplit)
  for (const value of [undefined, null, 7, 'plan', [], {}, { version: 1, inputs: [], outputs: [] }])
    t.equal(knownPlan(value), undefined)
  t.throws(() => knownPlan({ ...made, chunks: [] }), { code: 'AVIO_ERR_PLAN_INVALID' })

  const { bucket, key } = await storePlan(made, { client })
  t.same(await storedPlan(`s3://${bucket}/${key}`, { client }), made)
  await t.rejects(storedPlan(`s3://${bucket}/${key}x`, { client }), { code: 'AVIO_ERR_NO_SUCH_KEY' })
  for (const url of ['s3://work', 's3:///x'])
    await t.rejects(storedPlan(url, { client }), {
      code: 'AVIO_ERR_OPTION',
      message: /is not the URL of a plan/,
    })
  t.ok(isStoredPlan('s3://work/a.json'))
  for (const word of ['plan.json', '-', './s3:/x']) t.notOk(isStoredPlan(word))
})
