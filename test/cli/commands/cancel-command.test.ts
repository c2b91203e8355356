import t from 'tap'
import { runHere } from '../../support/cli.js'
import { REDIS, filmJob, openFarm } from '../../support/farm.js'
import { wordsOf } from '../../support/shell-words.js'

const input = Buffer.from(JSON.stringify(filmJob('a')))

t.test('ends a job that runs, and leaves nothing of it', { skip: REDIS.missing }, async t => {
  const { s3, server, left, hold, start } = await openFarm(t)
  const run = (line: string) => runHere([...wordsOf(line), '--connection', server.url], { s3, input })
  const id = (await run('add -')).stdout.toString().trim()
  const held = hold()
  await start()
  await held.reached
  const cancelled = await run(`cancel ${id}`)
  t.equal(cancelled.code, 0, cancelled.stderr)
  t.match(JSON.parse(cancelled.stdout.toString()), { isCancelled: true })
  t.match(await run(`cancel ${id}`), { code: 3, stderr: /AVIO_ERR_QUEUE_UNKNOWN_JOB/ })
  s3.clearFaults()
  held.release()
  t.same([...left(), ...s3.keys('web')], [])
})

t.test('refuses what is incomplete', async t => {
  for (const [line, message] of [
    ['cancel', /Name one job/],
    ['cancel x', /--connection redis:\/\/host/],
  ] as const)
    t.match(await runHere(wordsOf(line), { input: Buffer.from('{}') }), { code: 2, stderr: message }, line)
})
