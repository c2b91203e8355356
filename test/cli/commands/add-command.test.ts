import t from 'tap'
import { runHere } from '../../support/cli.js'
import { REDIS, filmJob, openFarm } from '../../support/farm.js'
import { wordsOf } from '../../support/shell-words.js'

const input = Buffer.from(JSON.stringify(filmJob('a')))

t.test('adds a job once, and prints its ID', { skip: REDIS.missing }, async t => {
  const { s3, server, info, look } = await openFarm(t)
  const run = (line: string) => runHere([...wordsOf(line), '--connection', server.url], { s3, input })
  const added = await run('add - --priority 2 --work s3://work/w --chunk 2 --split prefer')
  t.match(added, { code: 0, stderr: /^Added\.$/m })
  const id = added.stdout.toString().trim()
  t.match(id, /^[0-9a-f]{64}$/)
  t.match(await info(id), { id, state: 'waiting', outputs: ['s3://web/a.mp4'] })
  const { queue } = await look()
  const optionsOf = async (one: string) => (await queue.getJob(one))?.opts
  t.match(await optionsOf(id), { attempts: 3 }, 'the default')
  const again = await run('add - --work s3://work/w --chunk 2 --split prefer')
  t.match(again, { code: 0, stderr: /^The queue has it already\.$/m })
  t.same(again.stdout, added.stdout)
  const other = (await run('add - --attempts 7')).stdout.toString().trim()
  t.not(other, id, 'without a split, another job')
  t.match(await optionsOf(other), { attempts: 7 })
  const [first, second] = [await optionsOf(id), await optionsOf(other)]
  t.ok(first!.priority! > second!.priority!, 'a lower number goes first')
})

t.test('refuses what is incomplete', async t => {
  for (const [line, message] of [
    ['add', /Name one job/],
    ['add a b', /Name one job/],
    ['add -', /--connection redis:\/\/host/],
    ['add - --connection redis://x --chunk 2', /add --work/],
    ['add - --connection redis://x --attempts 0', /--attempts must be/],
  ] as const)
    t.match(await runHere(wordsOf(line), { input }), { code: 2, stderr: message }, line)
})
