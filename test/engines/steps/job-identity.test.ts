import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { identityOf, pinJob } from '../../../lib/engines/steps/job-identity.js'
import type { Job } from '../../../lib/job/schema/job.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { filmJob } from '../../support/farm.js'

const pinned: Job = filmJob('a', { inputs: [{ url: 's3://masters/film.mov', etag: '"1"' }] })

t.test('the identity is that of the job and of its inputs’ bytes', async t => {
  const id = identityOf(pinned)
  t.match(id, /^[0-9a-f]{64}$/)
  const [input] = pinned.inputs
  const same: [string, Job][] = [
    ['names in another order', Object.fromEntries(Object.entries(pinned).reverse()) as Job],
    ['the schema for editors', { ...pinned, $schema: 'job.schema.json' }],
    ['the version of equal bytes', { ...pinned, inputs: [{ ...input!, versionId: 'v2' }] }],
  ]
  for (const [what, job] of same) t.equal(identityOf(job), id, what)
  const others: [string, Job][] = [
    ['other bytes', { ...pinned, inputs: [{ ...input!, etag: '"2"' }] }],
    ['another input', { ...pinned, inputs: [{ ...input!, url: 's3://masters/b.mov' }] }],
    ['another output', filmJob('b', { inputs: pinned.inputs })],
    ['a limit', { ...pinned, limits: { maxDuration: 0.5 } }],
    ['another limit', { ...pinned, limits: { maxDuration: 0.25 } }],
    ['split', filmJob('a', { inputs: pinned.inputs, isSplit: true })],
    ['an unpinned version', { ...pinned, inputs: [{ url: input!.url, versionId: 'v1' }] }],
    ['another one', { ...pinned, inputs: [{ url: input!.url, versionId: 'v2' }] }],
  ]
  t.equal(new Set([id, ...others.map(([, job]) => identityOf(job))]).size, others.length + 1)
})

t.test('inputs in S3 are pinned to their present versions', async t => {
  const s3 = await LocalS3.start({ buckets: ['masters'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const store = new WorkStore({ client })
  await s3.put('masters', 'a', Buffer.from('one'))
  const inputs = [
    { url: 's3://masters/a' },
    { url: 's3://masters/none', etag: '"x"' },
    { url: 'https://host/b' },
  ]
  const first = await pinJob(filmJob('a', { inputs }), store)
  t.match(first.inputs, [{ url: 's3://masters/a', etag: /^"[0-9a-f]{32}"$/ }, inputs[1], inputs[2]])
  t.equal(s3.calls.length, 1, 'one HEAD for what is not pinned yet')
  t.equal(identityOf(await pinJob(filmJob('a', { inputs }), store)), identityOf(first))
  await s3.put('masters', 'a', Buffer.from('two'))
  t.not(
    identityOf(await pinJob(filmJob('a', { inputs }), store)),
    identityOf(first),
    'a new version, a new job',
  )
  await t.rejects(pinJob(filmJob('a', { inputs: [{ url: 's3://masters/c' }] }), store), {
    code: 'AVIO_ERR_NO_SUCH_KEY',
    message: /^inputs\[0\]\.url: there is no object s3:\/\/masters\/c/,
  })
})
