import t from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { runHere } from '../../support/cli.js'
import { REDIS, eventually, filmJob, openFarm } from '../../support/farm.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { wordsOf } from '../../support/shell-words.js'

const input = Buffer.from(JSON.stringify(filmJob('a')))

for (const kind of QUEUE_SERVERS)
  t.test(
    `over ${kind.name}, lists what has failed with its remedy, and tries it again`,
    { skip: kind.missing },
    async t => {
      const { s3, server, start, until } = await openFarm(t, kind)
      const run = async (line: string, ...more: string[]) => {
        const words = [...wordsOf(line), ...more, '--connection', server.url]
        const { code, stdout, stderr } = await runHere(words, { s3, input })
        t.equal(code, 0, stderr)
        notes = stderr
        return stdout.toString()
      }
      let notes = ''
      const id = (await run('add - --attempts 1')).trim()
      t.match(await run('status'), /^avio-streams: 1 waiting, 0 running/)
      const operation = ['PutObject', 'CreateMultipartUpload'] as const
      s3.fault({ operation, bucket: 'web', status: 403, code: 'AccessDenied', times: Infinity })
      await start({ concurrency: 2 })
      await until(id, 'failed')
      const text = await run('status')
      t.match(text, /^worker +\S+ \d+, 2 at a time, ffmpeg \S/m)
      t.match(text, new RegExp(`^failed +${id} +s3://web/a\\.mp4.*\\n +AVIO_ERR_ACCESS_DENIED .+`, 'm'))
      t.match(JSON.parse(await run('status --json')), { workers: [{ concurrency: 2 }], failed: [{ id }] })
      s3.clearFaults()
      t.equal(await run('status --retry', id), `again  ${id}\n`)
      await until(id, 'done')
      t.match(await run('status', id), /^done /)
      t.equal(await run('status --retry'), '', 'nothing has failed')
      t.match(notes, /^No job has failed\./)
      t.equal(await run('status --retry', id), '')
      t.match(notes, /^The job has not failed/)
    },
  )

t.test('tells how many pieces of a job are done', { skip: REDIS.missing }, async t => {
  const { s3, server, hold, start, until, options } = await openFarm(t)
  const { id } = await addJob(filmJob('a', { isSplit: true }), options)
  const held = hold({ isPlanned: true })
  await start()
  await held.reached
  await until(id, 'split')
  const words = ['status', id, '--connection', server.url]
  const { stdout } = await runHere(words, { s3 })
  t.match(stdout.toString(), new RegExp(`^split +${id} +s3://web/a\\.mp4.* 0 of \\d pieces`))
  s3.clearFaults()
  held.release()
  await until(id, 'done')
})

t.test('refuses what is incomplete', async t => {
  for (const [line, message] of [
    ['status a b', /Name at most one job/],
    ['status', /--connection redis:\/\/host/],
  ] as const)
    t.match(await runHere(wordsOf(line), { input: Buffer.from('{}') }), { code: 2, stderr: message }, line)
})

t.test(
  'shows jobs of other versions and programs, and tries them again',
  { skip: REDIS.missing },
  async t => {
    const { s3, server, start, look } = await openFarm(t)
    const run = (line: string) => runHere([...wordsOf(line), '--connection', server.url], { s3 })
    const { queue } = await look()
    const newer = { version: 2, job: { inputs: [{ url: 's3://masters/film.mov' }] } }
    await queue.add('job', newer, { jobId: 'newer', removeOnFail: false })
    const { id } = await queue.add('encode', 'text', { attempts: 5 })
    await start({ concurrency: 2 })
    await eventually(async () => (await queue.getFailedCount()) === 2)
    const remedy = /AVIO_ERR_QUEUE_DATA_INVALID .*update workers before .* Add the job again/
    for (const one of ['newer', id!]) {
      for (const line of ['status', `status ${one}`]) {
        const { code, stdout, stderr } = await run(line)
        t.equal(code, 0, stderr)
        t.match(stdout.toString(), new RegExp(`^failed +${one}\\b.*\\n +${remedy.source}`, 'm'), line)
      }
    }
    const retried = await run('status --retry')
    t.match(retried, { code: 0, stderr: '' })
    t.same(retried.stdout.toString().trim().split('\n').sort(), [`again  ${id!}`, 'again  newer'].sort())
    await eventually(async () => (await queue.getFailedCount()) === 2)
    t.match(await run('cancel newer'), { code: 0, stderr: '' })
    t.match(await run('status newer'), { code: 3, stderr: /AVIO_ERR_QUEUE_UNKNOWN_JOB/ })
  },
)
