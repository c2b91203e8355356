import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import type { TargetsBefore } from '../../../lib/engines/steps/own-targets.js'
import { runJobStep, type JobStepContext, type JobStepEnd } from '../../../lib/engines/steps/run-job-step.js'
import { runPiece } from '../../../lib/engines/steps/run-piece.js'
import type { JobStep } from '../../../lib/engines/steps/step.js'
import type { Job, JobObject, JobOutput } from '../../../lib/job/schema/job.js'
import { QueueError } from '../../../lib/errors.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import type { LocalS3 } from '../../../lib/testing/index.js'
import type { JobResult } from '../../../lib/job/schema/job-result.js'
import { framesOf } from '../../support/media.js'
import { filmJob, openFilms } from '../../support/farm.js'
import { packageOf } from '../../support/split-package.js'

const contextOf = (client: S3Client): JobStepContext => ({
  ...{ client, allow: undefined, trust: undefined, ffmpegPath: undefined, ffprobePath: undefined },
  ...{ env: undefined, signal: new AbortController().signal },
  workers: () => Promise.resolve(2),
  keepTargets: () => Promise.resolve(),
})

async function open(t: Test) {
  const films = await openFilms(t)
  const context = contextOf(films.client)
  const run = (job: Job, more: Partial<JobStep> = {}, change: Partial<JobStepContext> = {}) =>
    runJobStep({ version: 1, job, ...more }, 'id', { ...context, ...change })
  /** Encodes all pieces that a step handed out. */
  const encode = async (end: JobStepEnd) => {
    if ('result' in end) throw new Error('It is done.')
    for (const piece of end.pieces) {
      await runPiece({ version: 1, of: 'id', plan: end.planned.reference, piece }, context)
    }
    return end.planned
  }
  return { ...films, run, encode, context }
}

t.test('a later attempt of a whole job replaces only what its first one found', async t => {
  const { s3, run } = await open(t)
  const { etag } = await s3.put('web', 'a.mp4', 'older')
  const kept: unknown[] = []
  const keepTargets = (targets: readonly (string | null)[]) => Promise.resolve(void kept.push(targets))
  await run(filmJob('a'), {}, { keepTargets })
  t.same(kept, [[etag]])

  const newer = await s3.put('web', 'a.mp4', 'newer')
  for (const targets of [[etag], [null]]) {
    const late = run(filmJob('a'), { targets }, { keepTargets })
    await t.rejects(late, { code: 'AVIO_ERR_PRECONDITION_FAILED', key: 'a.mp4', retryable: false })
    t.equal(String(await s3.get('web', 'a.mp4')), 'newer')
  }
  await run(filmJob('a'), { targets: [newer.etag] }, { keepTargets })
  t.not(s3.head('web', 'a.mp4')?.etag, newer.etag)
  t.equal(kept.length, 1, 'they are kept once')
})

t.test('runs a job whole, once: a second delivery finds the result', async t => {
  const { s3, run } = await open(t)
  const first = await run(filmJob('a'))
  t.match(first, { result: { outputs: [{ url: 's3://web/a.mp4', etag: /^"/ }] } })
  const puts = () => s3.calls.filter(({ operation }) => /^Put|Complete/.test(operation ?? '')).length
  const before = puts()
  const again = await run(filmJob('a'))
  t.match(again, { result: { outputs: (first as { result: JobResult }).result.outputs } })
  t.equal(puts(), before)
})

t.test('plans a split job, hands out its pieces, and joins them', async t => {
  const { s3, left, run, encode } = await open(t)
  const job = filmJob('a', { isSplit: true })
  const end = await run(job)
  t.match(end, {
    pieces: ['audio', 0, 1, 2, 3],
    planned: {
      pieces: 5,
      framesBefore: 0,
      frames: Number,
      seconds: Number,
      ffmpeg: /^\d/,
      build: /^[0-9a-f]{8}$/,
    },
  })
  t.notOk(s3.keys('web').length)
  const planned = await encode(end)
  t.match(await run(job, { planned }), { result: { outputs: [{ url: 's3://web/a.mp4', etag: /^"/ }] } })
  t.equal((await framesOf((await s3.get('web', 'a.mp4'))!)).length, planned.frames)
  t.same(left(), [], 'and leaves nothing')
  t.match(
    await run(job, { planned }),
    { result: { outputs: [{ url: 's3://web/a.mp4' }] } },
    'safe to run twice',
  )
  t.match(
    await run(job),
    { result: { outputs: [{ url: 's3://web/a.mp4' }] } },
    'also if the queue forgot the plan',
  )
})

t.test('hands out the images of a package as one piece, which weighs no frames', async t => {
  const { s3, remove, left, run, encode } = await open(t)
  const job = filmJob('a', { isSplit: true, outputs: [packageOf('film/', { images: { count: 3 } })] })
  const end = await run(job)
  t.match(end, { pieces: ['audio', 'images', 0, 1, 2], planned: { pieces: 5, framesBefore: 0 } })
  const planned = await encode(end)
  const lost = s3.keys('work').find(key => key.endsWith('/images.json'))!
  await remove('work', lost)
  const again = await run(job, { planned })
  t.match(again, { pieces: ['images'], planned: { framesBefore: planned.frames } })
  await encode(again)
  t.match(await run(job, { planned }), {
    result: { outputs: [{ type: 'package', playlists: { length: 6 } }] },
  })
  t.same(left(), [])
  t.equal(
    s3.keys('web').filter(key => key.endsWith('.jpg')).length,
    1,
    'the sheets of the other attempt are gone',
  )
})

t.test('a join whose pieces can’t be removed is done: its result tells what is left', async t => {
  const { s3, left, run, encode } = await open(t)
  const job = filmJob('a', { isSplit: true })
  const planned = await encode(await run(job))
  s3.fault({ operation: 'DeleteObject', status: 403, code: 'AccessDenied', times: Infinity })
  t.match(await run(job, { planned }), {
    result: {
      outputs: [{ url: 's3://web/a.mp4', etag: /^"/ }],
      workLeft: { url: /^s3:\/\/work\/w\/[0-9a-f]{64}\/$/, code: 'AVIO_ERR_ACCESS_DENIED' },
    },
  })
  t.not(left().length, 0)
  s3.clearFaults()
  t.match(await run(job, { planned }), { result: { workLeft: undefined } })
  t.same(left(), [])
})

t.test('hands out only what is missing', async t => {
  const { s3, remove, run, encode } = await open(t)
  const job = filmJob('a', { isSplit: true })
  const planned = await encode(await run(job))
  const [, lost] = s3.keys('work').filter(key => /chunk-\d+\.json$/.test(key))
  await remove('work', lost!)
  t.match(await run(job, { planned }), { pieces: [1], planned: { framesBefore: planned.frames - 48 } })
  t.match(await run(job), { pieces: [1] }, 'also without the plan of before')
})

t.test('plans again if the work of an earlier plan was removed', async t => {
  const { s3, remove, run } = await open(t)
  const job = filmJob('a', { isSplit: true })
  const end = await run(job)
  if ('result' in end) throw new Error('It is done.')
  for (const key of s3.keys('work')) await remove('work', key)
  t.match(await run(job, { planned: end.planned }), { pieces: ['audio', 0, 1, 2, 3] })
})

t.test('runs a job whole that can’t be split', async t => {
  const { s3, run } = await open(t)
  const split = { work: 's3://work/w/', mode: 'prefer', chunkSeconds: 600 } as const
  t.match(await run(filmJob('a', { split })), { result: { outputs: [{ url: 's3://web/a.mp4' }] } })
  t.same(s3.keys('work'), [])
})

t.test('a worker that was presumed dead replaces nothing of a newer job', async t => {
  const { s3, run, context } = await open(t)
  await s3.put('web', 'a.mp4', Buffer.from('older'))
  let isNewer = false
  const onProgress: JobStepContext['onProgress'] = () => {
    if (!isNewer) void s3.put('web', 'a.mp4', Buffer.from('newer'))
    isNewer = true
  }
  await t.rejects(run(filmJob('a'), {}, { ...context, onProgress }), {
    code: 'AVIO_ERR_PRECONDITION_FAILED',
    message: /a newer job has written it/,
  })
  t.equal(String(await s3.get('web', 'a.mp4')), 'newer')
})

/** What a job makes, the object that decides, one that is stored after it, and one that is stored before it. */
const SETS: readonly (readonly [output: JobOutput, decision: string, after: RegExp, before: RegExp])[] = [
  [
    {
      ...{ type: 'package', prefix: 's3://web/p/', targetDuration: 2, mpd: 'manifest.mpd' },
      renditions: [
        { name: 'low', video: { codec: 'h264', height: 144, preset: 'ultrafast', crf: 40 }, audio: 'none' },
      ],
    },
    ...['p/main.m3u8', /manifest\.mpd$/, /segment-00002\.m4s$/],
  ],
  [
    { type: 'storyboard', prefix: 's3://web/p/', count: 4, columns: 2, rows: 1, width: 32 },
    ...['p/storyboard.vtt', /sheet-00002\.jpg$/, /storyboard\.vtt$/],
  ],
] as never

for (const [output, , afterwards, beforehand] of SETS) {
  const job = filmJob('a', { outputs: [output] })

  t.test(`a ${output.type} of a worker that was presumed dead replaces nothing of a newer job`, async t => {
    for (const key of [beforehand, afterwards]) {
      const { s3, client, run } = await open(t)
      const wider = 'width' in output ? { ...output, width: 48 } : output
      const newer = filmJob('a', { outputs: [wider], limits: { threads: 1 } })
      const roots = async () =>
        await Promise.all(
          s3
            .keys('web')
            .filter(one => s3.head('web', one)!.metadata['avio-job'] !== undefined)
            .map(async one => [one, s3.head('web', one)!.metadata['avio-job'], await s3.get('web', one)]),
        )
      let after: unknown[] = []
      const before = async () => {
        await runJobStep({ version: 1, job: newer }, 'newer', contextOf(client))
        after = await roots()
      }
      s3.fault({ operation: 'PutObject', bucket: 'web', key, before })
      let targets: TargetsBefore | undefined
      const keepTargets = (kept: TargetsBefore) => Promise.resolve(void (targets = kept))
      const failed = { code: 'AVIO_ERR_PRECONDITION_FAILED', message: /a newer job has written it/ }
      await t.rejects(run(job, {}, { keepTargets }), { ...failed, retryable: false }, String(key))
      t.same(await roots(), after)
      t.same([...new Set((after as string[][]).map(([, id]) => id))], ['newer'])
      t.same(targets, [null])
      await t.rejects(run(job, { targets: targets! }), failed, 'nor does a later attempt')
      t.same(await roots(), after)
    }
  })
}

for (const [given, decision, afterwards] of SETS)
  for (const ifNoneMatch of [undefined, '*'] as const) {
    const output = { ...given, ifNoneMatch } as JobOutput
    const job = filmJob('a', { outputs: [output] })
    const kind = `${output.type}${ifNoneMatch ? ' with ifNoneMatch' : ''}`

    t.test(`a ${kind} that is delivered twice is stored once, and the other one leaves nothing`, async t => {
      const { s3, run, left } = await open(t)
      let first: JobStepEnd | undefined
      const before = async () => void (first = await run(job))
      s3.fault({ operation: 'PutObject', bucket: 'web', key: decision, before })
      const second = run(job)
      const outputsOf = (end: JobStepEnd | undefined) => (end as { result: JobResult }).result.outputs
      if (output.type === 'package') t.same(outputsOf(await second), outputsOf(first))
      else await t.rejects(second, { code: 'AVIO_ERR_PRECONDITION_FAILED', retryable: true })
      const runs = s3.keys('web').flatMap(key => /^p\/(\d{8}T[^/]+)\//.exec(key)?.[1] ?? [])
      t.equal(new Set(runs).size, output.type === 'package' ? 1 : 0)
      t.same(left(), [])
      s3.clearCalls()
      t.match(
        await run(job, { targets: [null] }),
        { result: { outputs: [{ type: output.type }] } },
        'resumed',
      )
      const puts = s3.calls.filter(({ operation }) => operation === 'PutObject').length
      t.equal(puts === 0, output.type === 'package', 'a package that is complete is a result')
    })

    t.test(`a ${kind} goes on after its worker died between the first object and the next`, async t => {
      const { s3, run } = await open(t)
      s3.fault({ operation: 'PutObject', key: afterwards, status: 403, code: 'AccessDenied' })
      await t.rejects(run(job), { code: /AVIO_ERR_(COMMIT_PARTIAL|ACCESS_DENIED)/ })
      await run(job, { targets: [null] })
      for (const key of s3.keys('web').filter(one => one === decision || afterwards.test(one)))
        t.equal(s3.head('web', key)!.metadata['avio-job'], 'id', key)
      const marks = s3.keys('web').map(key => s3.head('web', key)!.metadata['avio-run'])
      t.equal(new Set(marks.filter(mark => mark !== undefined)).size, 1)
    })
  }

t.test('an object with a condition that is delivered twice is stored once, and both have it', async t => {
  const { s3, run } = await open(t)
  const film = filmJob('a')
  const job = { ...film, outputs: [{ ...(film.outputs[0] as JobObject), ifNoneMatch: '*' as const }] }
  let first: JobStepEnd | undefined
  const before = async () => void (first = await run(job))
  s3.fault({ operation: 'PutObject', bucket: 'web', key: 'a.mp4', before })
  const outputsOf = (end: JobStepEnd | undefined) => (end as { result: JobResult }).result.outputs
  t.same(outputsOf(await run(job)), outputsOf(first))
  t.same(outputsOf(await run(job, { targets: [null] })), outputsOf(first), 'and so has a later attempt')
  s3.delete('web', 'a.mp4')
  await s3.put('web', 'a.mp4', 'older')
  for (const targets of [undefined, [null]])
    await t.rejects(run(job, { ...(targets && { targets }) }), {
      ...{ code: 'AVIO_ERR_PRECONDITION_FAILED', retryable: false, message: /\(ifNoneMatch: \*\)/ },
    })
  t.equal(String(await s3.get('web', 'a.mp4')), 'older')
})

t.test('sends no request for a job that is not allowed', async t => {
  const { s3, run } = await open(t)
  for (const isSplit of [false, true]) {
    const before = s3.calls.length
    await t.rejects(run(filmJob('a', { isSplit }), {}, { allow: { buckets: ['other'] } }), {
      code: 'AVIO_ERR_JOB_REFUSED',
    })
    await t.rejects(run(filmJob('a', { isSplit }), {}, { trust: 'strangers' }), {
      code: 'AVIO_ERR_JOB_REFUSED',
    })
    t.equal(s3.calls.length, before)
  }
})

t.test('holds each step to the time limit of the job', async t => {
  const { run } = await open(t)
  for (const isSplit of [false, true]) {
    await t.rejects(run(filmJob('a', { isSplit, limits: { timeout: 1 } })), {
      code: 'AVIO_ERR_LIMIT_TIMEOUT',
    })
  }
})

const NAMED: JobOutput = {
  ...{ type: 'package', prefix: 's3://web/p/', run: 'r', targetDuration: 2, mpd: 'manifest.mpd' },
  renditions: [{ name: 'hd', video: { codec: 'h264', preset: 'ultrafast', crf: 40 }, audio: 'none' }],
}

/** Bytes and writers of all objects of a package. */
const all = (s3: LocalS3) =>
  s3
    .keys('web')
    .map(key => [key, s3.head('web', key)?.etag, s3.head('web', key)?.metadata['avio-run']] as const)

for (const isStopped of [true, false]) {
  const what = isStopped ? 'hears that its lock is lost' : 'hears nothing'
  t.test(`an attempt at a package with a named run that stood still and ${what} changes nothing`, async t => {
    const { s3, run } = await open(t)
    const job = filmJob('a', { outputs: [NAMED] })
    const lost = new AbortController()
    // The second segment is not there when the next attempt begins.
    const held = s3.fault({ bucket: 'web', operation: 'PutObject', key: /segment-00002/, hold: true })
    const first = run(job, {}, { signal: lost.signal })
    first.catch(() => undefined)
    await held.reached
    t.match(s3.head('web', 'p/r/.claim')?.metadata, { 'avio-job': 'id' })
    t.match(await run(job, { targets: [null] }), { result: { outputs: [{ run: 'r', leftBehind: [] }] } })
    const stored = all(s3)
    t.notOk(s3.keys('web').includes('p/r/.claim'))
    if (isStopped) lost.abort(new QueueError('AVIO_ERR_QUEUE_LOCK_LOST', 'lost'))
    held.release()
    await t.rejects(first)
    t.same(all(s3), stored)
    t.match(await run(job), { result: { outputs: [{ run: 'r' }] } }, 'and the next one finds the result')
  })
}

t.test('an attempt at a package with a named run goes on where a dead one has left objects', async t => {
  const { s3, run } = await open(t)
  const job = filmJob('a', { outputs: [NAMED] })
  for (const key of ['p/r/hd/init.mp4', 'p/r/hd/segment-00001.m4s']) await s3.put('web', key, 'left')
  const claim = new S3MultipartWritable({
    ...{ client: new S3Client(s3.clientConfig()), bucket: 'web', key: 'p/r/.claim' },
    metadata: { 'avio-job': 'id', 'avio-run': 'dead' },
  })
  claim.end('left')
  await claim.result
  await t.rejects(runJobStep({ version: 1, job }, 'another', contextOf(new S3Client(s3.clientConfig()))), {
    ...{ code: 'AVIO_ERR_OPTION', option: 'run' },
  })
  t.match(await run(job), { result: { outputs: [{ run: 'r', leftBehind: [] }] } })
  t.notOk(s3.keys('web').includes('p/r/.claim'))
  t.ok((await s3.get('web', 'p/r/hd/segment-00001.m4s'))!.length > 100)
})
