import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { FfmpegError } from '../../lib/errors.js'
import { locateFfmpeg } from '../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { locateFfprobe } from '../../lib/ffmpeg/binary/locate-ffprobe.js'
import type { Unsplit } from '../../lib/job/encoding/unsplit.js'
import type { JobProgress, RunJobOptions } from '../../lib/job/run-job-options.js'
import { runJob } from '../../lib/job/run-job.js'
import type { JobPackageResult } from '../../lib/job/schema/job-result.js'
import type { Job } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { framesOf } from '../support/media.js'
import { SPLIT_JOB } from '../support/split-job.js'
import { AS_MP4, splitSource } from '../support/split.js'

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web', 'work'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const bytes = await splitSource({ more: AS_MP4 })
  await s3.put('masters', 'in', bytes)
  const job = SPLIT_JOB
  const left = () => [...s3.keys('work'), ...s3.uploads('work'), ...s3.uploads('web')]
  const run = (change: Partial<Job> = {}, options: RunJobOptions = {}) =>
    runJob({ ...job, ...change }, { client, concurrency: 2, ...options })
  return { s3, client, bytes, job, left, run }
}

t.test('encodes a job in pieces, and returns the stored object', async t => {
  const { s3, bytes, left, run } = await open(t)
  const progress: JobProgress[] = []
  const result = await run({}, { onProgress: one => void progress.push(one) })
  const whole = (await s3.get('web', 'out.mp4'))!
  t.match(result, {
    version: 1,
    inputs: [{ url: 's3://masters/in', bytes: bytes.length, etag: /^"/ }],
    outputs: [{ type: 'object', url: 's3://web/out.mp4', bytes: whole.length, etag: /^"/ }],
  })
  t.same(JSON.parse(JSON.stringify(result)), result, 'the result is JSON')
  t.equal((await framesOf(whole)).length, (await framesOf(bytes)).length)
  t.ok(
    s3.calls.filter(({ bucket, key }) => bucket === 'work' && key?.endsWith('.mp4')).length >= 3,
    'in pieces',
  )
  t.same(left(), [])
  t.match(progress.at(-1), { phase: 'join', percent: 100 })
  t.same(new Set(progress.map(({ phase }) => phase)), new Set(['encode', 'join']))
  t.equal(progress.findLast(({ phase }) => phase === 'encode')?.eta, 0, 'all pieces are encoded')
})

t.test('tells which pieces could not be removed after the object was stored', async t => {
  const { s3, run } = await open(t)
  s3.fault({ operation: 'ListMultipartUploads', status: 403, code: 'AccessDenied', times: Infinity })
  const result = await run()
  t.match(result, {
    outputs: [{ url: 's3://web/out.mp4', etag: s3.head('web', 'out.mp4')!.etag }],
    workLeft: { url: /^s3:\/\/work\/pieces\//, code: 'AVIO_ERR_ACCESS_DENIED', message: /clean --work/ },
  })
  t.same(JSON.parse(JSON.stringify(result)), result, 'the result is JSON')
  t.same(s3.keys('work'), [], 'whoever may not list uploads may remove pieces')
})

t.test('passes on what each ffmpeg logs, of the pieces and of the join', async t => {
  const { run } = await open(t)
  const lines: string[] = []
  await run({}, { onLog: ({ message }) => void lines.push(message) })
  for (const mapping of [/-> h264 \(libx264\)\)$/, /-> aac \(native\)\)$/, /-> #0:0 \(copy\)$/])
    t.ok(
      lines.some(line => mapping.test(line)),
      String(mapping),
    )
  t.notOk(
    lines.some(line => line.startsWith('Thread message queue blocking')),
    'that the join reads faster than it stores is no news',
  )
})

t.test('resumes a failed run', async t => {
  const { s3, run } = await open(t)
  const fault = s3.fault({
    bucket: 'web',
    key: 'out.mp4',
    operation: 'PutObject',
    status: 403,
    code: 'AccessDenied',
    times: Infinity,
  })
  await t.rejects(run(), { code: 'AVIO_ERR_ACCESS_DENIED' })
  t.ok(s3.keys('work').length > 0, 'the pieces stay')
  t.same(s3.keys('web'), [])
  s3.clearFaults()
  t.ok(fault.hits > 0)
  s3.clearCalls()
  await run()
  t.notOk(
    s3.calls.some(
      ({ bucket, operation, key }) => bucket === 'work' && operation === 'PutObject' && key?.endsWith('.mp4'),
    ),
  )
  t.same(s3.keys('web'), ['out.mp4'])
  t.same(s3.keys('work'), [])
})

t.test('keeps the pieces if a limit aborts the job, and removes them if its user does', async t => {
  const { s3, run } = await open(t)
  for (const [reason, isKept] of [
    [new FfmpegError('AVIO_ERR_LIMIT_TIMEOUT', 'too slow'), true],
    [undefined, false],
  ] as const) {
    const controller = new AbortController()
    const read = s3.fault({ bucket: 'work', key: /\.mp4$/, operation: 'GetObject', hold: true })
    const aborted = run({}, { signal: controller.signal })
    void read.reached.then(() => {
      controller.abort(reason)
      s3.clearFaults()
    })
    await t.rejects(aborted)
    t.equal(s3.keys('work').length > 0, isKept, s3.keys('work').join(' '))
  }
})

t.test('runs a job whole if it can not be split, and gives the reason', async t => {
  const { s3, job, run } = await open(t)
  const reasons: Unsplit[] = []
  const [output] = job.outputs
  const outputs = [output!, { type: 'probe' as const }]
  await run({ outputs }, { onUnsplit: reason => void reasons.push(reason) })
  t.match(reasons, [{ code: 'argument', message: /^outputs\[1\]: / }])
  t.same(s3.keys('web'), ['out.mp4'])
  const long = { ...job.split!, chunkSeconds: 600 }
  await run({ split: long }, { onUnsplit: reason => void reasons.push(reason) })
  t.match(reasons, [{}, { code: 'short' }])

  await t.rejects(run({ outputs, split: { ...job.split!, mode: 'required' } }), {
    code: 'AVIO_ERR_PLAN_UNSPLIT',
    message: /outputs\[1\]: /,
  })
  await t.rejects(run({ split: { ...long, mode: 'required' } }), { code: 'AVIO_ERR_PLAN_UNSPLIT' })
})

t.test('applies the limits and the signal of the job', async t => {
  const { s3, job, left, run } = await open(t)
  await t.rejects(run({ limits: { maxInputBytes: 10 } }), { code: 'AVIO_ERR_LIMIT_INPUT_BYTES' })
  await t.rejects(run({ limits: { timeout: 1 } }), { code: 'AVIO_ERR_LIMIT_TIMEOUT' })
  await t.rejects(run({ limits: { maxDuration: 1 } }), { code: 'AVIO_ERR_LIMIT_DURATION' })
  await t.rejects(run({ limits: { maxPixels: 1000 } }), { code: 'AVIO_ERR_LIMIT_PIXELS' })
  await t.rejects(run({ limits: { maxOutputBytes: 9000 } }), { code: 'AVIO_ERR_LIMIT_OUTPUT_BYTES' })
  await t.rejects(run({ limits: { threads: 2 }, split: { ...job.split!, threads: 3 } }), {
    ...{ code: 'AVIO_ERR_JOB_INVALID', path: 'split.threads' },
  })
  const controller = new AbortController()
  const aborted = run({}, { signal: controller.signal, onProgress: () => controller.abort() })
  await t.rejects(aborted, { name: 'AbortError' })
  t.same([...left(), ...s3.keys('web')], [])
  await t.rejects(run({ split: { work: '/work/' } }), { code: 'AVIO_ERR_JOB_REFUSED', path: 'split.work' })
})

t.test('encodes the job of a stranger in pieces, within its limits', async t => {
  const { s3, left, run } = await open(t)
  const limits = {
    ...{ maxInputBytes: 1e8, maxDuration: 60, maxPixels: 1e6, maxOutputBytes: 1e8, maxObjects: 10 },
    ...{ timeout: 600_000, idleTimeout: 600_000, threads: 1, nice: 1, cpuSeconds: 600 },
  }
  const reasons: Unsplit[] = []
  await run({ limits }, { trust: 'strangers', onUnsplit: reason => void reasons.push(reason) })
  t.same(reasons, [])
  t.ok(s3.calls.some(({ key }) => key?.endsWith('chunk-00002.json')))
  t.same([s3.keys('web'), left()], [['out.mp4'], []])
})

t.test('every tool has the environment of the job, and is the one that the job names', async t => {
  const { s3, run } = await open(t)
  const folder = await mkdtemp(join(tmpdir(), 'avio-split-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const { path } = await locateFfmpeg()
  const ffprobe = await locateFfprobe(undefined, undefined)
  const wrapped = async (name: string, program: string) => {
    const file = join(folder, name)
    await writeFile(file, `#!/bin/sh\n[ "$PROOF" = yes ] || exit 9\nexec '${program}' "$@"\n`, {
      mode: 0o755,
    })
    return file
  }
  const ffmpegPath = await wrapped('ffmpeg-of-job', path)
  const ffprobePath = await wrapped('ffprobe-of-job', ffprobe!.path)
  await t.rejects(run({}, { ffmpegPath, ffprobePath, env: { PROOF: 'no' } }))
  t.same(s3.keys('work'), [])
  await run({}, { ffmpegPath, ffprobePath, env: { PROOF: 'yes' } })
  t.same(s3.keys('web'), ['out.mp4'])
})

for (const images of [undefined, { count: 3, width: 48 }])
  t.test(
    `encodes a package in pieces, ${images ? 'with' : 'without'} images, and returns it as any other`,
    async t => {
      const { s3, left, run } = await open(t)
      const renditions = [
        { name: 'video', video: { codec: 'h264', preset: 'ultrafast' }, audio: 'none' },
        { name: 'sound', video: 'none', audio: { codec: 'aac' } },
      ] as const
      const outputs: Job['outputs'] = [
        {
          type: 'package',
          prefix: 's3://web/talk/',
          targetDuration: 2,
          layout: 'byterange',
          renditions: [...renditions],
          ...(images && { images }),
        },
      ]
      const progress: JobProgress[] = []
      const reasons: Unsplit[] = []
      const onUnsplit = (reason: Unsplit) => void reasons.push(reason)
      const split = await run({ outputs }, { onUnsplit, onProgress: one => void progress.push(one) })
      t.same(reasons, [], 'nothing is run whole')
      const done = images ? 5 : 4
      t.match(progress.at(-1), { phase: 'join', percent: 100, done })
      const whole = await run({ outputs, split: undefined })
      const [one, other] = [split.outputs[0] as JobPackageResult, whole.outputs[0] as JobPackageResult]
      t.same(Object.keys(one).sort(), Object.keys(other).sort())
      t.match(one, { type: 'package', prefix: 's3://web/talk/', segments: other.segments, leftBehind: [] })
      t.ok(Math.abs(one.duration - other.duration) < 0.1)
      for (const name of one.playlists) t.ok(s3.keys('web').includes(`talk/${name}`), name)
      t.same(JSON.parse(JSON.stringify(split)), split, 'the result is JSON')
      t.same(left(), [])
    },
  )
