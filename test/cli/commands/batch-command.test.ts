import t from 'tap'
import { runHere } from '../../support/cli.js'
import { REDIS, filmJob, openFarm } from '../../support/farm.js'
import { wordsOf } from '../../support/shell-words.js'

t.test('adds a job for each object, and for each address', { skip: REDIS.missing }, async t => {
  const { s3, server, look } = await openFarm(t)
  const template = { ...filmJob('{name}-small'), inputs: [{ url: '{url}' }] }
  const cwd = t.testdir({
    'template.json': JSON.stringify(template),
    'other.json': JSON.stringify({ ...template, outputs: filmJob('{name}-other').outputs }),
  })
  const run = (line: string, input = '') =>
    runHere([...wordsOf(line), '--connection', server.url], { s3, cwd, input: Buffer.from(input) })
  const batch = await run('batch s3://masters/ template.json --priority 3 --attempts 7')
  t.equal(batch.code, 0, batch.stderr)
  t.match(JSON.parse(batch.stdout.toString()), { added: 1, known: 0, refused: 0 })
  const { queue } = await look()
  const plain = await run('batch s3://masters/ other.json')
  t.equal(plain.code, 0, plain.stderr)
  const options = (await queue.getJobs()).map(({ opts }) => opts)
  const [given, byDefault] = [7, 3].map(attempts => options.find(one => one.attempts === attempts))
  t.ok(given!.priority! > byDefault!.priority!, 'a lower number goes first')
  const listed = await run('batch - template.json', 's3://masters/film.mov\n\ns3://masters/none.mov\n')
  t.match(listed, { code: 3, stderr: /none\.mov: / })
  t.match(JSON.parse(listed.stdout.toString()), { added: 0, known: 1, refused: 1 })
})

t.test('refuses what is incomplete', async t => {
  for (const [line, message] of [
    ['batch s3://b/', /Name a prefix and a template/],
    ['batch s3://b/ -', /Name a prefix and a template/],
    ['batch s3://b/ t.json', /--connection redis:\/\/host/],
  ] as const)
    t.match(await runHere(wordsOf(line), { input: Buffer.from('{}') }), { code: 2, stderr: message }, line)
})
