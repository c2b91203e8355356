import t, { type Test } from 'tap'
import { addJob } from '../../../lib/engines/bullmq/add-job.js'
import { runHere, startCli, storeEnvironment, storeWithClip } from '../../support/cli.js'
import { eventually, filmJob, openFarm } from '../../support/farm.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { freePort } from '../../support/servers/free-port.js'
import { wordsOf } from '../../support/shell-words.js'

/** Every command that reaches a queue, as strangers meet it: an engine that is not there, refuses them, or goes away. */

const job = Buffer.from(JSON.stringify({ ...filmJob('a'), inputs: [{ url: 's3://masters/a.mp4' }] }))
const template = { ...filmJob('a'), outputs: [{ ...filmJob('a').outputs[0]!, url: 's3://web/{name}.mp4' }] }
const ID = 'a'.repeat(64)
const COMMANDS = ['status', `status ${ID}`, `status --retry`, `cancel ${ID}`, 'add -', 'worker']

const WRONG: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  Redis: { 'password=wrong': /WRONGPASS.*Check the user and the password/ },
  PostgreSQL: {
    'password=wrong': /password authentication failed.*Check the user and the password/,
    'pathname=/nothing': /database "nothing" does not exist.*Create the database/,
  },
}

async function open(t: Test) {
  const { s3 } = await storeWithClip(t)
  const folder = t.testdir({ 'template.json': JSON.stringify(template) })
  const run = (line: string, connection: string) =>
    runHere([...wordsOf(line), '--connection', connection], { s3, input: job, cwd: folder })
  return { s3, run }
}

for (const { name, missing, start } of QUEUE_SERVERS) {
  const scheme = name === 'Redis' ? 'redis' : 'postgres'
  const commands = [...COMMANDS, 'batch s3://masters/ template.json']

  t.test(`says where no ${name} is, and what to do`, { skip: missing }, async t => {
    const { run } = await open(t)
    const port = await freePort()
    for (const line of commands) {
      const { code, stderr, stdout } = await run(line, `${scheme}://me:secret@127.0.0.1:${port}/d`)
      t.equal(code, 5, line)
      t.match(
        stderr,
        new RegExp(`${scheme}://127.0.0.1:${port}.*ECONNREFUSED.*Check the address.*_UNREACHABLE`),
        line,
      )
      t.notMatch(stderr, /secret/)
      t.same(String(stdout), '')
    }
    const { code, stderr } = await run('status', `${scheme}://me:secret@nowhere.invalid`)
    t.equal(code, 5)
    t.match(stderr, /nowhere\.invalid.*ENOTFOUND|EAI_AGAIN.*Check the address/)
  })

  t.test(`says what ${name} refuses, without the password`, { skip: missing }, async t => {
    const { run } = await open(t)
    const server = await start(t)
    for (const [change, says] of Object.entries(WRONG[name]!)) {
      const url = new URL(server.url)
      const [field, value] = change.split('=')
      Object.assign(url, { [field!]: value })
      for (const line of commands) {
        const { code, stderr } = await run(line, url.href)
        t.equal(code, 5, `${line}, ${change}`)
        t.match(stderr, says, line)
        t.match(stderr, url.host)
        t.notOk(stderr.includes(server.password) || stderr.includes(':wrong'), stderr)
      }
    }
  })

  t.test(`on an empty ${name}, tells what there is`, { skip: missing }, async t => {
    const { run } = await open(t)
    const { url } = await start(t)
    const found = await run('status', url)
    t.match(found, { code: 0, stderr: '' })
    t.equal(
      String(found.stdout),
      'avio-streams: 0 waiting, 0 running, 0 split, 0 delayed, 0 done, 0 failed\n',
    )
    for (const line of [`status ${ID}`, `cancel ${ID}`, `status ${ID} --retry`]) {
      const unknown = await run(line, url)
      t.equal(unknown.code, 3, line)
      t.match(unknown.stderr, /"avio-streams" has no job a{64}.*AVIO_ERR_QUEUE_UNKNOWN_JOB/, line)
    }
  })

  t.test(`a batch is told that ${name} went away`, { skip: missing }, async t => {
    const { s3, run } = await open(t)
    const server = await start(t)
    const held = s3.fault({ operation: 'ListObjectsV2', hold: true })
    const over = run('batch s3://masters/ template.json', server.url)
    await held.reached
    await server.stop()
    held.release()
    const { code, stderr } = await over
    t.equal(code, 5, stderr)
    t.match(stderr, new RegExp(`${new URL(server.url).host}.*(Check|Try again).*AVIO_ERR_QUEUE_UNREACHABLE`))
  })

  t.test(`a worker goes on when ${name} is back`, { skip: missing }, async t => {
    const { s3, server, options, until } = await openFarm(t, { name, missing, start })
    const { child, exit } = startCli(['worker'], {
      s3,
      env: { AVIO_CONNECTION: server.url, ...storeEnvironment(s3) },
    })
    let told = ''
    child.stderr.on('data', (text: Buffer) => (told += String(text)))
    await eventually(() => told.includes('Takes jobs'))
    await server.restart(() => eventually(() => told.includes('AVIO_ERR_QUEUE_UNREACHABLE')))

    const { id } = await addJob(filmJob('a'), options)
    await until(id, 'done')
    child.kill('SIGTERM')
    const { code, stderr } = await exit
    t.equal(code, 0, stderr)
    const lines = stderr.split('\n').filter(line => line.includes('AVIO_ERR_QUEUE_UNREACHABLE'))
    t.ok(lines.every(line => /Check|Try again/.test(line) && line.includes(new URL(server.url).host)))
    t.equal(new Set(lines).size, lines.length, 'each once')
    t.notOk(stderr.includes(server.password))
  })
}
