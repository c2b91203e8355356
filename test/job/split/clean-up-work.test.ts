import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { cleanUpWork } from '../../../lib/job/split/clean-up-work.js'
import { removeStaleWork } from '../../../lib/job/split/remove-stale-work.js'
import { workPrefix } from '../../../lib/job/split/split-plan.js'
import { storePlan } from '../../../lib/job/split/stored-plan.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'
import { openPackage } from '../../support/split-package.js'

/** Only what does not answer at all is given up. */
const CALM = { calm: 600_000, aborted: 50 }
const FAULTS = {
  denied: { status: 403, code: 'AccessDenied' },
  'failing for ever': { status: 500, code: 'InternalError' },
  'hanging until an abort': { stall: true },
} as const
const CODES: Record<keyof typeof FAULTS, string | undefined> = {
  denied: 'AVIO_ERR_ACCESS_DENIED',
  'failing for ever': 'AVIO_ERR_UPLOAD_FAILED',
  'hanging until an abort': undefined,
}
const OPERATIONS = ['DeleteObject', 'ListObjectsV2', 'ListMultipartUploads', 'AbortMultipartUpload'] as const

const source = await splitSource({ seconds: 4, more: AS_MP4 })

t.test('tells what is left, never fails, and leaves it to be found', async t => {
  const { s3, client, plan, left } = await openSplit(t, source)
  const made = await plan()
  const prefix = workPrefix(made)
  for (const operation of OPERATIONS) {
    for (const [name, fault] of Object.entries(FAULTS) as [keyof typeof FAULTS, object][]) {
      const what = `${operation} ${name}`
      await storePlan(made, { client })
      for (const key of ['chunk-00000.json', 'chunk-00000/a.mp4']) await s3.put('work', prefix + key, '{}')
      const Key = `${prefix}audio/dead.mp4`
      await client.send(new CreateMultipartUploadCommand({ Bucket: 'work', Key }))
      const over = new AbortController()
      const rule = s3.fault({ operation, ...(fault as { status: number }), times: Infinity })
      if ('stall' in fault) void rule.reached.then(() => over.abort())
      const found = await cleanUpWork(made, { client, signal: over.signal }, CALM)
      t.match(found, { url: `s3://work/${prefix}` }, what)
      const remedy = '"avio-streams clean --work s3://work/pieces/ --older-than 24h --delete"'
      t.ok(found?.message.includes(remedy), `${what}: ${found?.message}`)
      const code =
        operation.startsWith('List') && name === 'failing for ever' ? 'AVIO_ERR_READ_FAILED' : CODES[name]
      t.equal(found?.code, code, what)
      if (name !== 'hanging until an abort' && operation.includes('Multipart')) {
        const kept = left().map(one => (typeof one === 'string' ? one : one.key))
        t.match(kept, [/plan-\w+\.json$/, /dead\.mp4$/], `${what}: the pieces are removed all the same`)
      }
      s3.clearFaults()
      const stale = { client, bucket: 'work', prefix: 'pieces/', olderThan: 0 }
      t.match(await removeStaleWork({ ...stale, dryRun: false }), [{ prefix, removed: true }], what)
      t.same(left(), [], what)
    }
  }
})

t.test('an abort does not end it, and a store without answers does', async t => {
  const { s3, client, plan, left } = await openSplit(t, source)
  const made = await plan()
  await storePlan(made, { client })
  t.equal(await cleanUpWork(made, { client, signal: AbortSignal.abort() }), undefined)
  t.same(left(), [])
  await storePlan(made, { client })
  s3.fault({ operation: 'DeleteObject', stall: true, times: Infinity })
  const found = await cleanUpWork(made, { client }, { calm: 100, aborted: 600_000 })
  t.match(found, { message: /The store has not answered for 100 ms\. Once the cause is gone/ })
  t.equal(left().length, 1)
})

t.test('tells the media of a package that are left', async t => {
  const { s3, client, plan } = await openPackage(t, source)
  const made = await plan()
  const { prefix, run } = made.output
  const key = `${prefix}${run}/big/chunk-00000-20261129T172233Z-9f86d081-00001.m4s`
  for (const operation of ['DeleteObject', 'ListObjectsV2', 'ListMultipartUploads', 'HeadObject'] as const) {
    await storePlan(made, { client })
    await s3.put('web', key, 'x')
    s3.fault({ operation, bucket: 'web', status: 403, code: 'AccessDenied', times: Infinity })
    t.match(await cleanUpWork(made, { client }), { code: 'AVIO_ERR_ACCESS_DENIED' }, operation)
    t.equal(s3.keys('work').length, 1, `${operation}: the plan stays, by which they are found`)
    s3.clearFaults()
    t.equal(await cleanUpWork(made, { client }), undefined, operation)
    t.same([...s3.keys('web'), ...s3.keys('work')], [], operation)
  }
})
