import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { encodeChunk } from '../../../lib/job/split/encode-piece.js'
import { type RemoveStaleWorkOptions, removeStaleWork } from '../../../lib/job/split/remove-stale-work.js'
import { storePlan } from '../../../lib/job/split/stored-plan.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

const source = await splitSource({ seconds: 4, more: AS_MP4 })
/** In milliseconds. The SDK goes by a clock that differs more, and the server then refuses its requests. */
const [LIMIT, SHIFT] = [200_000, 280_000]

/** A store with the work of two plans, and things that are none of them. */
async function open(t: Test) {
  const opened = await openSplit(t, source)
  const { s3, client, plan } = opened
  const stored = await plan()
  const { key } = await storePlan(stored, { client })
  await encodeChunk(stored, 1, { client })
  const other = `pieces/${'f'.repeat(64)}/`
  await s3.put('work', `${other}chunk-00000.json`, '{}')
  await client.send(new CreateMultipartUploadCommand({ Bucket: 'work', Key: `${other}chunk-00001/x.mp4` }))
  const others = ['elsewhere/x', 'pieces/readme.txt']
  for (const name of others) await s3.put('work', name, 'x')
  const clean = (more: Partial<RemoveStaleWorkOptions> = {}) =>
    removeStaleWork({ client, bucket: 'work', prefix: 'pieces/', olderThan: 0, ...more })
  /** Lets the store's clock go on. */
  const later = (ms: number) => {
    const date = new Date(Date.now() + ms).toUTCString()
    const answerHeaders = { date }
    s3.fault({ operation: ['ListObjectsV2', 'ListMultipartUploads'], answerHeaders, times: Infinity })
  }
  return { ...opened, stored, own: `pieces/${stored.hash}/`, planKey: key, other, others, clean, later }
}

t.test('lists the work of abandoned plans by default, and removes it on request', async t => {
  const { s3, own, other, others, clean, left } = await open(t)
  const before = left()
  s3.clearCalls()
  t.match(await clean(), [
    { bucket: 'work', prefix: own, newest: Date, objects: 3, uploads: 0, removed: false },
    { bucket: 'work', prefix: other, newest: Date, objects: 1, bytes: 2, uploads: 1, removed: false },
  ])
  t.same(
    s3.calls.filter(({ operation }) => !operation?.startsWith('List')),
    [],
    'a dry run only lists',
  )
  t.same(left(), before)
  t.match(await clean({ dryRun: false }), [{ removed: true }, { removed: true }])
  t.same(left(), others)
  t.same(await clean({ dryRun: false }), [])
})

t.test('keeps work in which something is younger, by the store’s clock', async t => {
  const { s3, own, other, clean, later, left, client, stored } = await open(t)
  const before = left()
  t.same(await clean({ olderThan: LIMIT, dryRun: false }), [])
  later(LIMIT / 4)
  t.same(await clean({ olderThan: LIMIT, dryRun: false }), [])
  t.same(left(), before)
  s3.clearFaults()
  later(SHIFT)
  t.match(await clean({ olderThan: LIMIT }), [{ prefix: own }, { prefix: other }])
  s3.clearFaults()
  // Old when the list is made, and used when it is looked at again.
  const once = { operation: ['ListObjectsV2'] as const, times: 1 }
  s3.fault({ ...once, answerHeaders: { date: new Date(Date.now() + SHIFT).toUTCString() } })
  t.match(await clean({ olderThan: LIMIT, dryRun: false }), [{ prefix: own, removed: false }])
  t.same(left(), before)
  t.ok(await encodeChunk(stored, 1, { client }), 'the piece is still there')
})

t.test('goes on after work that it can’t remove, and repeats an interrupted removal', async t => {
  const { s3, planKey, others, clean, left } = await open(t)
  s3.fault({ operation: 'DeleteObject', key: planKey, status: 403, code: 'AccessDenied' })
  t.match(await clean({ dryRun: false }), [
    { removed: false, error: { code: 'AVIO_ERR_ACCESS_DENIED' } },
    { removed: true, error: undefined },
  ])
  t.same(left(), [others[0], planKey, others[1]])
  t.match(await clean({ dryRun: false }), [{ objects: 1, removed: true }])
  t.same(left(), others)
})

t.test('takes a plan of other work for no plan of this', async t => {
  const { s3, planKey, own, other, others, clean, left } = await open(t)
  const foreign = (await s3.get('work', planKey))!
  await s3.put('work', `${other}plan-0123456789abcdef.json`, foreign)
  await s3.put('work', planKey, 'no plan')
  t.match(await clean({ dryRun: false }), [
    { prefix: own, removed: true },
    { prefix: other, removed: true },
  ])
  t.same(left(), others)
})

t.test('ends on abort, reports a list that it can’t read, and checks options', async t => {
  const { s3, clean } = await open(t)
  await t.rejects(clean({ signal: AbortSignal.abort() }), { name: 'AbortError' })
  s3.fault({ operation: 'ListMultipartUploads', status: 403, code: 'AccessDenied' })
  await t.rejects(clean(), { code: 'AVIO_ERR_ACCESS_DENIED' })
  for (const options of [
    ...[undefined, {}, { bucket: 'work' }, { bucket: 'work', prefix: 'pieces/' }],
    { bucket: 'work', prefix: 'pieces', olderThan: 0 },
    { bucket: 'work', prefix: 'pieces/', olderThan: -1 },
    { bucket: 'work', prefix: 'pieces/', olderThan: 0, dryrun: false },
  ])
    await t.rejects(removeStaleWork(options as never), { code: 'AVIO_ERR_OPTION' }, JSON.stringify(options))
})
