import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import {
  commitTarget,
  decisionOf,
  newerObject,
  openCommitSet,
} from '../../../lib/job/outputs/commit-target.js'
import type { JobOutput } from '../../../lib/job/schema/job.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { refused } from '../../support/refused.js'

/** A store, and a target of two names in it. */
async function served(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  return { s3, client, target: { bucket: 'web', prefix: 'p/', decision: 'a', others: ['b'] } }
}

t.test('knows the object that decides, of each type of output', t => {
  const at = { bucket: 'web', prefix: 'p/' }
  const prefix = 's3://web/p/'
  const renditions = [{ name: 'a' }]
  for (const [output, target] of [
    [
      { type: 'package', prefix, renditions },
      { ...at, decision: 'main.m3u8', others: [] },
    ],
    [
      { type: 'package', prefix, renditions, playlist: 'a.m3u8', mpd: 'b.mpd' },
      { ...at, decision: 'a.m3u8', others: ['b.mpd'] },
    ],
    [
      { type: 'thumbnails', prefix, count: 1 },
      { ...at, decision: 'thumbnail-00001.jpg', others: [] },
    ],
    [
      { type: 'thumbnails', prefix, count: 1, format: 'png' },
      { ...at, decision: 'thumbnail-00001.png', others: [] },
    ],
    [
      { type: 'storyboard', prefix, count: 1 },
      { ...at, decision: 'storyboard.vtt', others: [] },
    ],
    [
      { type: 'probe', url: 's3://web/p/a.json' },
      { bucket: 'web', prefix: 'p/a.json', decision: '', others: [] },
    ],
    [{ type: 'probe' }, undefined],
    [{ type: 'probe', url: '/a.json' }, undefined],
    [{ type: 'thumbnails', prefix: '/p/', count: 1 }, undefined],
    [{ type: 'object', url: 's3://web/a.mp4', format: 'mp4' }, undefined],
  ] as readonly (readonly [JobOutput, ReturnType<typeof commitTarget>])[])
    t.same(commitTarget(output), target, JSON.stringify(output))
  t.same(decisionOf({ ...at, decision: 'a', others: [] }), { bucket: 'web', key: 'p/a' })
  t.end()
})

t.test('replaces what is there now, or what a queue has seen', async t => {
  const { s3, client, target } = await served(t)
  const store = async (settings: Parameters<typeof openCommitSet>[2], meanwhile?: () => Promise<unknown>) => {
    const set = await openCommitSet(target, client, settings)
    await meanwhile?.()
    await set.put('a', Buffer.from('new'), { contentType: 'text/plain' })
    return s3.head('web', 'p/a')!
  }
  const first = await store({ id: 'job', replaces: null })
  t.match(first.metadata, { 'avio-job': 'job', 'avio-run': /^[0-9a-f-]{36}$/ })
  const second = await store({})
  t.not(second.metadata['avio-run'], first.metadata['avio-run'])
  t.equal(second.metadata['avio-job'], undefined)
  t.equal((await store({ replaces: second.etag })).etag, second.etag)
  for (const replaces of [null, '"other"'])
    t.match(await refused(store({ replaces })), {
      ...{ refused: 'lost', reason: { code: 'AVIO_ERR_PRECONDITION_FAILED', key: 'p/a' } },
    })
  for (const key of ['p/a', 'p/b'])
    t.match(await refused(store({}, () => s3.put('web', key, 'other'))), { reason: { key } })

  s3.fault({ operation: 'HeadObject', status: 403, code: 'AccessDenied', times: 2 })
  t.equal((await store({}, () => s3.put('web', 'p/a', 'newer'))).etag, second.etag, 'nobody could look')
  await t.rejects(openCommitSet(target, client, { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

t.test(
  'with ifNoneMatch, replaces nothing but what the same job has stored, also where nobody may look',
  async t => {
    const { s3, client, target } = await served(t)
    const open = (id = 'job') => openCommitSet(target, client, { id, ifNoneMatch: '*' })
    const exists = { code: 'AVIO_ERR_PRECONDITION_FAILED', message: /\(ifNoneMatch: \*\)/ }
    const as = { contentType: 'text/plain' }
    for (const name of ['a', 'b']) {
      await s3.put('web', `p/${name}`, 'older')
      await t.rejects(open(), { ...exists, key: `p/${name}` })
      s3.fault({ operation: 'HeadObject', status: 403, code: 'AccessDenied', times: Infinity })
      const blind = await open()
      const stored = name === 'a' ? [] : ['a']
      for (const one of stored) await blind.put(one, Buffer.from('new'), as)
      t.ok(await refused(blind.put(name, Buffer.from('new'), as)), name)
      s3.clearFaults()
      t.equal(String(await s3.get('web', `p/${name}`)), 'older')
      for (const key of s3.keys('web')) s3.delete('web', key)
    }
    await (await open()).put('a', Buffer.from('own'), as)
    await t.rejects(open('another'), exists)
    await (await open()).put('a', Buffer.from('own again'), as)
    t.equal(String(await s3.get('web', 'p/a')), 'own again')
  },
)

t.test('says what has changed, and what to do', t => {
  const cause = new Error('412')
  t.match(newerObject({ bucket: 'web', key: 'a' }, cause), {
    ...{ code: 'AVIO_ERR_PRECONDITION_FAILED', bucket: 'web', key: 'a', retryable: false, cause },
    message: /^s3:\/\/web\/a has changed since this job began: .* to replace it, run this job again\.$/,
  })
  t.end()
})
