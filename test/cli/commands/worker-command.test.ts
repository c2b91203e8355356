import t from 'tap'
import { startCli } from '../../support/cli.js'
import { REDIS, eventually, filmJob, openFarm } from '../../support/farm.js'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'

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

t.test('tells what is wrong before it takes a job', async t => {
  for (const [words, code, message] of [
    [['worker'], 2, /--connection redis:\/\/host/],
    [['worker', '--connection', 'mysql://x'], 2, /connection/],
    [['worker', '--connection', 'redis://127.0.0.1:1'], 5, /AVIO_ERR_QUEUE_UNREACHABLE/],
    [['worker', 'redis://x'], 2, /is not an option/],
    [['worker', '--connection', 'redis://x', '--concurrency', '0'], 2, /--concurrency must be/],
    [['worker', '--connection', 'redis://x', '--drain', '5'], 2, /--drain must be a span of time/],
  ] as const) {
    const { child, exit } = startCli(words)
    child.stdin.end()
    t.match(await exit, { code, stderr: message }, words.join(' '))
  }
})
