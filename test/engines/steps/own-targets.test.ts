import t from 'tap'
import { S3Error } from '../../../lib/errors.js'
import { ownTargets, releaseRuns, targetChanged } from '../../../lib/engines/steps/own-targets.js'
import { runJob, runJobOn } from '../../../lib/job/run-job.js'
import type { JobObject, JobOutput, JobPackage } from '../../../lib/job/schema/job.js'
import { WorkStore } from '../../../lib/job/split/work-store.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { filmJob, openFilms } from '../../support/farm.js'
import { packageOf } from '../../support/split-package.js'

t.test('a job stores its object only if nothing under the key has changed', async t => {
  const { s3, client } = await openFilms(t)
  const store = new WorkStore({ client })
  const job = filmJob('a')
  const absent = await ownTargets(job, 'id', store)
  t.match(absent.job.outputs[0], { ifNoneMatch: '*', metadata: { 'avio-job': 'id' } })
  t.equal(absent.result, undefined)

  await s3.put('web', 'a.mp4', Buffer.from('newer'))
  await t.rejects(runJob(absent.job, { client }), { code: 'AVIO_ERR_PRECONDITION_FAILED' })
  t.equal(String(await s3.get('web', 'a.mp4')), 'newer')

  const present = await ownTargets(job, 'id', store)
  t.match(present.job.outputs[0], { ifMatch: /^"/, ifNoneMatch: undefined })
  await runJob(present.job, { client })
  t.ok((await s3.get('web', 'a.mp4'))!.length > 1000, 'what was there is replaced')

  const done = await ownTargets(job, 'id', store)
  t.match(done.result, { outputs: [{ type: 'object', url: 's3://web/a.mp4', etag: /^"/, bytes: Number }] })
  t.equal((await ownTargets(job, 'another', store)).result, undefined, 'another job’s object is not its own')
})

t.test('the user’s own conditions and metadata stay', async t => {
  const { s3, client } = await openFilms(t)
  const store = new WorkStore({ client })
  await s3.put('web', 'a.mp4', Buffer.from('x'))
  const job = filmJob('a')
  const outputs = [{ ...(job.outputs[0] as JobObject), ifNoneMatch: '*' as const, metadata: { by: 'me' } }]
  const own = await ownTargets({ ...job, outputs }, 'id', store)
  t.match(own.job.outputs[0], {
    ifNoneMatch: '*',
    ifMatch: undefined,
    metadata: { by: 'me', 'avio-job': 'id' },
  })
})

t.test('a condition of packages, images and reports stays, and their own objects meet it', async t => {
  const { s3, client } = await openFilms(t)
  const store = new WorkStore({ client })
  for (const [output, key] of CONDITIONS) {
    const job = filmJob('a', { outputs: [output] })
    const absent = await ownTargets(job, 'id', store)
    t.same(absent.job.outputs, [output])
    // Something else has come since the job began: its own condition tells, whatever an earlier attempt has found.
    await s3.put('web', key, 'newer')
    const late = await ownTargets(job, 'id', store, absent.before)
    await t.rejects(runJobOn(late.job, { client }, late.terms), {
      ...{ code: 'AVIO_ERR_PRECONDITION_FAILED', key, message: /\(ifNoneMatch: \*\)/ },
    })
    t.equal(String(await s3.get('web', key)), 'newer')
    s3.delete('web', key)
    // What an earlier attempt has stored is replaced.
    const own = await s3.put('web', key, 'own', { metadata: { 'avio-job': 'id' } })
    const again = await ownTargets(job, 'id', store, absent.before)
    t.match(again, { isBegun: true, terms: { replaces: [own.etag] } })
    await runJobOn(again.job, { client }, again.terms)
    t.match(s3.head('web', key), { metadata: { 'avio-job': 'id' } })
    t.not(s3.head('web', key)!.etag, own.etag, key)
  }
})

const CONDITIONS: readonly (readonly [JobOutput, string])[] = [
  [
    { type: 'thumbnails', prefix: 's3://web/t/', times: [0], width: 32, ifNoneMatch: '*' },
    't/thumbnail-00001.jpg',
  ],
  [{ type: 'storyboard', prefix: 's3://web/s/', count: 1, width: 32, ifNoneMatch: '*' }, 's/storyboard.vtt'],
  [{ type: 'probe', url: 's3://web/a.json', ifNoneMatch: '*' }, 'a.json'],
]

const PACKAGE: JobPackage = {
  ...{
    type: 'package',
    prefix: 's3://web/p/',
    playlist: 'index.m3u8',
    mpd: 'a.mpd',
    renditions: [{ name: 'hd' }],
  },
  images: { count: 1 },
}
const MARK = {
  metadata: { 'avio-job': 'id', 'avio-package': '{"run":"r","segments":2,"bytes":3,"duration":4}' },
}

t.test('takes a package of this job for the result once it has its manifest, too', async t => {
  const { s3, client } = await openFilms(t)
  const store = new WorkStore({ client })
  const job = filmJob('a', { outputs: [PACKAGE] })
  t.match(await ownTargets(job, 'id', store), {
    ...{ terms: { id: 'id', replaces: [null] }, before: [null], result: undefined, isBegun: false },
  })
  const { etag } = await s3.put('web', 'p/index.m3u8', 'x', MARK)
  await s3.put('web', 'p/a.mpd', 'older')
  t.match(await ownTargets(job, 'id', store, [null]), {
    ...{ terms: { replaces: [etag] }, result: undefined, isBegun: true },
  })
  await s3.put('web', 'p/a.mpd', 'x', MARK)
  const { result } = await ownTargets(job, 'id', store, [null])
  t.same(result!.outputs, [
    {
      ...{
        type: 'package',
        prefix: 's3://web/p/',
        run: 'r',
        segments: 2,
        bytes: 3,
        duration: 4,
        leftBehind: [],
      },
      playlists: ['r/hd/index.m3u8', 'r/thumbnails/index.m3u8', 'a.mpd', 'index.m3u8'],
    },
  ])
  await s3.put('web', 'p/index.m3u8', 'newer')
  await t.rejects(ownTargets(job, 'id', store, [null]), {
    ...{ code: 'AVIO_ERR_PRECONDITION_FAILED', bucket: 'web', key: 'p/index.m3u8', retryable: false },
  })
})

t.test('knows what decides for images and reports', async t => {
  const { s3, client } = await openFilms(t)
  const store = new WorkStore({ client })
  for (const [output, key] of [
    [{ type: 'thumbnails', prefix: 's3://web/t/', count: 1, format: 'webp' }, 't/thumbnail-00001.webp'],
    [{ type: 'storyboard', prefix: 's3://web/s/', count: 1 }, 's/storyboard.vtt'],
    [{ type: 'probe', url: 's3://web/a.json' }, 'a.json'],
  ] as const) {
    const job = filmJob('a', { outputs: [output] })
    const { etag } = await s3.put('web', key, 'x', MARK)
    const own = await ownTargets(job, 'id', store, [null])
    t.match(own, { terms: { replaces: [etag] }, isBegun: true, result: undefined }, key)
    t.same(own.job.outputs, [output])
    await s3.put('web', key, 'newer')
    await t.rejects(ownTargets(job, 'id', store, [etag]), { code: 'AVIO_ERR_PRECONDITION_FAILED', key })
  }
})

t.test('leaves outputs outside S3 alone', async t => {
  const { s3, client } = await openFilms(t)
  const outputs = [
    { type: 'probe' as const },
    { type: 'thumbnails' as const, prefix: '/images/', count: 1 },
    { type: 'object' as const, url: '/a.mp4', format: 'mp4' },
  ]
  const own = await ownTargets(filmJob('a', { outputs }), 'id', new WorkStore({ client }))
  t.same(own.job.outputs, outputs)
  t.same(own.before, [null, null, null])
  t.equal(own.result, undefined)
  t.equal(s3.calls.length, 0)
})

t.test('tells of a newer object, and of nothing else', async t => {
  const failed = new S3Error('AVIO_ERR_PRECONDITION_FAILED', 'm', { bucket: 'web', key: 'a' })
  t.match(targetChanged(failed), {
    message: /s3:\/\/web\/a has changed since this job began/,
    retryable: false,
  })
  t.equal(targetChanged(new S3Error('AVIO_ERR_ACCESS_DENIED', 'm')), undefined)
  t.equal(targetChanged(new Error('m')), undefined)
})

t.test('a claim that an attempt of the job has left is removed, and no other', async t => {
  const { s3, client } = await openFilms(t)
  const store = new WorkStore({ client })
  const output = (run?: string) => ({ ...packageOf('p/'), ...(run !== undefined && { run }) })
  const job = filmJob('a', { outputs: [output('r'), output(), filmJob('a').outputs[0]!] })
  const put = async (metadata: Record<string, string>) => {
    const sink = new S3MultipartWritable({ client, bucket: 'web', key: 'p/r/.claim', metadata })
    sink.end('x')
    await sink.result
  }
  await releaseRuns(job, 'id', store)
  await put({ 'avio-job': 'other' })
  await releaseRuns(job, 'id', store)
  t.same(s3.keys('web'), ['p/r/.claim'])
  await put({ 'avio-job': 'id' })
  await releaseRuns(job, 'id', store)
  t.same(s3.keys('web'), [])
})
