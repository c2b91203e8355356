import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { PLAN_METADATA, planMark, resultUnderKey } from '../../../lib/job/split/target-state.js'
import type { PlannedObject, SplitPlan } from '../../../lib/job/split/split-plan.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { LocalS3 } from '../../../lib/testing/index.js'

t.test('knows its own result, a free key, and an object of others', async t => {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const store = new WorkStore({ client })
  const state = (replaces?: string) =>
    resultUnderKey(
      { hash: 'h', output: { type: 'object', bucket: 'web', key: 'k', replaces } } as SplitPlan,
      store,
    )
  const changed = { code: 'AVIO_ERR_PLAN_TARGET_CHANGED', plan: 'h', retryable: false }
  t.equal(await state(), undefined)
  await t.rejects(state('"older"'), { ...changed, message: /is gone; when the plan was made it was "older"/ })
  const put = async (plan: string) => {
    const sink = new S3MultipartWritable({
      client,
      bucket: 'web',
      key: 'k',
      metadata: { [PLAN_METADATA]: plan },
    })
    sink.end(plan)
    return await sink.result
  }
  const { etag } = await put('another')
  t.equal(await state(etag), undefined)
  await t.rejects(state(), { ...changed, message: /when the plan was made there was none/ })
  const own = await put('h')
  t.same(await state(), { bucket: 'web', key: 'k', etag: own.etag, versionId: undefined, bytes: 1 })
  t.match(await state('"older"'), { etag: own.etag })
})

t.test('marks a result by all that determines it', async t => {
  const mark = (more: Partial<PlannedObject> = {}) =>
    planMark({ hash: 'h', output: { type: 'object', bucket: 'web', key: 'k', ...more } })
  t.equal(mark({ key: 'other', replaces: '"e"' }), 'h')
  const marks = [
    ...[{}, { contentType: 'a' }, { contentType: 'b' }, { cacheControl: 'a' }, { metadata: {} }],
    ...[{ metadata: { a: 'b' } }, { metadata: { a: 'c' } }, { contentType: 'a', metadata: { a: 'b' } }],
  ].map(mark)
  t.equal(new Set(marks).size, marks.length)
  for (const one of marks.slice(1)) t.match(one, /^[0-9a-f]{64}$/)
  t.equal(planMark({ hash: 'h', output: { type: 'package' } } as SplitPlan), 'h')
})
