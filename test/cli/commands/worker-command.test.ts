import { PassThrough } from 'node:stream'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { main } from '../../../lib/cli/main.js'
import { jobStatus } from '../../../lib/engines/bullmq/job-status.js'
import { MiB } from '../../../lib/options.js'
import { runHere, startCli, storeEnvironment } from '../../support/cli.js'
import { REDIS, eventually, filmJob, openFarm } from '../../support/farm.js'
import { BIG_JOB, heldUpload } from '../../support/held-upload.js'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { status } from '../../../lib/engines/bullmq/status.js'
import type { Job, JobObject } from '../../../lib/job/schema/job.js'

t.test('runs jobs of a queue until a signal, and drains', { skip: REDIS.missing }, async t => {
  const { s3, server, options, until, left, hold } = await openFarm(t)
  const words = ['worker', '--connection', server.url, '--concurrency', '2', '--json']
  const { child, exit } = startCli(words, { s3 })
  const split = await addJob(filmJob('split', { isSplit: true }), options)
  await until(split.id, 'done')
  t.same(s3.keys('web'), ['split.mp4'])
  t.same(left(), [])
  // One that runs when the signal comes is finished.
  const held = hold()
  const whole = await addJob(filmJob('whole'), options)
  await held.reached
  child.kill('SIGTERM')
  const waits = await addJob(filmJob('waits'), options)
  s3.clearFaults()
  held.release()
  const { code, stderr } = await exit
  t.equal(code, 0, stderr)
  await until(whole.id, 'done')
  t.equal((await until(waits.id, 'waiting')).state, 'waiting')
  const events = stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { event: string; name?: string })
  for (const event of ['start', 'done'])
    t.ok(
      events.some(one => one.event === event && one.name === 'job'),
      event,
    )
  t.match(events.at(-1), { event: 'note', message: 'Ended.' })
  t.notMatch(stderr, server.password)
  await eventually(() => s3.openCalls.length === 0)
})

t.test('tells which pieces a job has left, and so does the status', { skip: REDIS.missing }, async t => {
  const { s3, server, options, until } = await openFarm(t)
  s3.fault({ operation: 'DeleteObject', status: 403, code: 'AccessDenied', times: Infinity })
  const { child, exit } = startCli(['worker', '--connection', server.url], { s3 })
  const { id } = await addJob(filmJob('split', { isSplit: true }), options)
  t.match((await until(id, 'done')).result?.workLeft, { code: 'AVIO_ERR_ACCESS_DENIED' })
  const told = /^(.* )?The pieces below s3:\/\/work\/w\/\S+ could not all be removed: .* clean --work /m
  const { code, stdout } = await runHere(['status', id, '--connection', server.url], { s3 })
  t.equal(code, 0)
  t.match(stdout.toString(), told)
  child.kill('SIGTERM')
  const { stderr } = await exit
  t.match(stderr, told)
})

t.test('runs with the rights and the tools of its options', { skip: REDIS.missing }, async t => {
  const { s3, server, options, queue, until } = await openFarm(t)
  const line = '--concurrency 3 --strangers --allow-bucket masters --allow-bucket web --allow-bucket work'
  const words = ['worker', '--connection', server.url, ...line.split(' '), '--ffprobe', '/none/ffprobe']
  const { child, exit } = startCli(words, { s3 })
  const bounds = {
    ...{ maxInputBytes: 1e8, maxDuration: 60, maxPixels: 1e6, maxOutputBytes: 1e8, maxObjects: 10 },
    ...{ timeout: 600_000, idleTimeout: 600_000, threads: 1, nice: 1, cpuSeconds: 600 },
  }
  const elsewhere = { ...filmJob('x').outputs[0]!, url: 's3://other/x.mp4' } as JobObject
  const refused: [Job, object][] = [
    [filmJob('unbounded'), { code: 'AVIO_ERR_JOB_REFUSED', message: /limits/ }],
    [filmJob('x', { limits: bounds, outputs: [elsewhere] }), { message: /"other", outside allow/ }],
  ]
  for (const [job, error] of refused) {
    const { id } = await addJob(job, { ...options, attempts: 1 })
    t.match(await until(id, 'failed'), { error })
  }
  t.match(await status(queue), { workers: [{ concurrency: 3 }] })
  const { id } = await addJob(filmJob('probed', { limits: bounds, isSplit: true }), options)
  // For a worker that has one.
  await until(id, 'delayed')
  child.kill('SIGTERM')
  t.match(await exit, { code: 0, stderr: /"\/none\/ffprobe", which cannot be run/ })
  const other = startCli(['worker', '--connection', server.url, '--ffmpeg', '/none/ffmpeg'], { s3 })
  t.match(await other.exit, { code: 4, stderr: /\/none\/ffmpeg/ })
})

t.test('keeps its steps to --memory-budget', { skip: REDIS.missing }, async t => {
  const { s3, fill } = await heldUpload(t)
  const { url: connection } = await REDIS.start(t)
  const client = new S3Client(s3.clientConfig())
  t.teardown(() => client.destroy())
  Object.assign(process.env, storeEnvironment(s3))
  const { most, budget, result } = await fill(9 * MiB, async () => {
    const over = new AbortController()
    const streams = {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough().resume(),
    }
    const words = ['worker', '--connection', connection, '--memory-budget', '24MiB']
    const ended = main(words, { ...streams, cwd: '/', signal: over.signal })
    const { id } = await addJob(BIG_JOB, { connection, client, attempts: 1 })
    await eventually(async () => ['done', 'failed'].includes((await jobStatus(id, { connection })).state))
    over.abort('SIGTERM')
    return await ended
  })
  t.equal(result, 0)
  t.same(s3.keys('web'), ['big.mkv'])
  t.equal(budget, 24 * MiB)
  t.ok(most >= 9 * MiB && most <= 24 * MiB, `${most} bytes`)
})

t.test('tells what is wrong before it takes a job', async t => {
  for (const [words, code, message] of [
    [['worker'], 2, /--connection redis:\/\/host/],
    [['worker', '--connection', 'mysql://x'], 2, /connection/],
    [['worker', '--connection', 'redis://127.0.0.1:1'], 5, /AVIO_ERR_QUEUE_UNREACHABLE/],
    [['worker', 'redis://x'], 2, /is not an option/],
    [['worker', '--connection', 'redis://x', '--concurrency', '0'], 2, /--concurrency must be/],
    [['worker', '--connection', 'redis://x', '--drain', '5'], 2, /--drain must be a span of time/],
    [['worker', '--connection', 'redis://x', '--memory-budget', '512'], 2, /--memory-budget must be a size/],
  ] as const) {
    const { child, exit } = startCli(words)
    child.stdin.end()
    t.match(await exit, { code, stderr: message }, words.join(' '))
  }
})
