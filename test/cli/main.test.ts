import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { COMMAND_HELP, HELP } from '../../lib/cli/commands/help.js'
import { main } from '../../lib/cli/main.js'
import { runHere, storeWithClip } from '../support/cli.js'

/** Runs the command in this process: its exit code, and what it has written. */
async function run(words: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const context = { stdin: new PassThrough(), stdout, stderr, cwd: '/', signal: new AbortController().signal }
  const code = await main(words, context)
  return { code, stdout: await text(stdout.end()), stderr: await text(stderr.end()) }
}

t.test(
  'shows help on standard output if it is asked for, and on standard error if nothing is said',
  async t => {
    for (const words of [['--help'], ['-h'], ['help'], ['help', 'nothing']])
      t.same(await run(words), { code: 0, stdout: HELP, stderr: '' })
    t.same(await run([]), { code: 2, stdout: '', stderr: HELP })
    for (const [command, text] of Object.entries(COMMAND_HELP)) {
      t.same(await run([command, '--help']), { code: 0, stdout: text, stderr: '' })
      t.same(await run(['help', command]), { code: 0, stdout: text, stderr: '' })
    }
  },
)

t.test('tells its version', async t => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  t.same(await run(['--version']), { code: 0, stdout: `avio-streams ${version}\n`, stderr: '' })
})

t.test('suggests a command for a misspelt one', async t => {
  t.match(await run(['prob', 's3://a/b']), {
    code: 2,
    stderr: /Did you mean "probe"\?\n"avio-streams --help"/,
  })
  for (const [word, meant] of [
    ['pacakge', 'package'],
    ['thumbnail', 'thumbnails'],
    ['storybord', 'storyboard'],
    ['Run', 'run'],
    ['docter', 'doctor'],
  ] as const)
    t.match(await run([word, 'x']), { code: 2, stderr: new RegExp(`Did you mean "${meant}"`) }, word)
  t.match(await run(['s3://a/b', 's3://c/d.mp4']), { code: 2, stderr: /is no command.*inputs need -i/ })
  t.match(await run(['constructor']), { code: 2 })
})

t.test('knows a command, and a wish for help, behind options', async t => {
  for (const command of Object.keys(COMMAND_HELP))
    t.match(await run(['--region', 'x', command, 's3://a/b']), {
      code: 2,
      stderr: new RegExp(`"${command}" is a command, and goes first: avio-streams ${command} `),
    })
  t.same(await run(['--quiet', '--help']), { code: 0, stdout: HELP, stderr: '' })
})

t.test('suggests an option for a misspelt one, of every command', async t => {
  for (const [line, meant] of [
    ['--jsn -i a b', 'json'],
    ['--conten-type video/mp4 -i a b', 'content-type'],
    ['--memory_budget 1GiB -i a b', 'memory-budget'],
    ['run --stranger job.json', 'strangers'],
    ['probe --regoin x s3://a/b', 'region'],
    ['thumbnails --widht 3 a b/', 'width'],
    ['storyboard --colums 3 a b/', 'columns'],
    ['package --lader 1 a b/', 'ladder'],
    ['plan --stor job.json', 'store'],
    ['step --profil x p 0', 'profile'],
    ['clean --older_than 3h s3://a/', 'older-than'],
    ['doctor --end-point x', 'endpoint'],
    ['worker --concurency 3', 'concurrency'],
    ['add --priorty 3 job.json', 'priority'],
    ['batch --atempts 3 a b', 'attempts'],
    ['status --rety', 'retry'],
    ['cancel --conection x y', 'connection'],
  ] as const)
    t.match(await run(line.split(' ')), { code: 2, stderr: new RegExp(`Did you mean --${meant}\\?\n`) }, line)
})

t.test('reports errors of usage as JSON with --json', async t => {
  const { code, stderr } = await run(['--json', '-i'])
  t.equal(code, 2)
  t.match(JSON.parse(stderr), { event: 'error', exitCode: 2, code: 'AVIO_ERR_OPTION' })
})

/** What people give to a subcommand that it can't use: the exit code, and a part of the message. */
const UNUSABLE: readonly (readonly [line: string, code: number, message: RegExp])[] = [
  ['probe', 2, /Name one input/],
  ['probe none.mov', 3, /none\.mov: ENOENT.* Check the path.*AVIO_ERR_SOURCE_NOT_FOUND/],
  ['probe job.json', 3, /AVIO_ERR_INPUT_INVALID/],
  ['probe s3://masters/none', 3, /s3:\/\/masters\/none.*AVIO_ERR_NO_SUCH_KEY/],
  ['probe s3://nowhere/a.mp4', 3, /s3:\/\/nowhere\/a\.mp4.*AVIO_ERR_NO_SUCH_BUCKET/],
  ['probe s3://masters/secret', 3, /AVIO_ERR_ACCESS_DENIED/],
  ['run', 2, /Name one job/],
  ['run none.json', 2, /The job "none\.json" can't be read: ENOENT/],
  ['run .', 2, /The job "\." can't be read: EISDIR/],
  ['run broken.json', 2, /The job "broken\.json" is not JSON/],
  ['run typo.json', 2, /outputs\[0\]\.widht is not a field of a job \(did you mean "width"\?\)/],
  ['run nowhere.json', 5, /The bucket "nowhere" does not exist.*AVIO_ERR_NO_SUCH_BUCKET/],
  ['run web.json', 2, /names https:\/\/x, which is not in --allow-host: add "x" there/],
  ['run --strangers job.json', 2, /limits\.\w+ is missing; with --strangers, a job needs/],
  ['plan none.json', 2, /can't be read/],
  ['plan broken.json', 2, /is not JSON/],
  ['plan typo.json', 2, /widht is not a field/],
  ['plan job.json', 2, /The job has no "split": add --work/],
  ['plan s3://masters', 2, /is not the URL of a plan/],
  ['plan s3://masters/none', 3, /AVIO_ERR_NO_SUCH_KEY/],
  ['step none.json 0', 2, /The plan "none\.json" can't be read/],
  ['step broken.json 0', 2, /The plan "broken\.json" is not JSON/],
  ['step job.json 0', 2, /"job\.json" is not a plan: make one with/],
  ['step s3://nowhere/plan.json 0', 3, /AVIO_ERR_NO_SUCH_BUCKET/],
  ['thumbnails s3://masters/a.mp4 s3://nowhere/t/ --count 1', 5, /AVIO_ERR_NO_SUCH_BUCKET/],
  ['thumbnails s3://masters/none s3://web/t/ --count 1', 3, /AVIO_ERR_NO_SUCH_KEY/],
  ['thumbnails s3://masters/a.mp4 https://x/t/ --count 1', 2, /"https:\/\/x\/t\/" can't be written/],
  ['storyboard s3://masters/a.mp4 s3://nowhere/t/ --count 1', 5, /AVIO_ERR_NO_SUCH_BUCKET/],
  ['storyboard s3://masters/a.mp4 s3://web/t/', 2, /by one of --count 8/],
  ['package s3://masters/a.mp4 s3://nowhere/p/ --ladder 144', 5, /AVIO_ERR_NO_SUCH_BUCKET/],
  ['package s3://masters/a.mp4 s3://web/p/ --playlist a/b', 2, /--playlist must consist of letters/],
  ['package none.mov s3://web/p/', 3, /AVIO_ERR_SOURCE_NOT_FOUND/],
  ['clean s3://nowhere/ --older-than 1h', 5, /AVIO_ERR_NO_SUCH_BUCKET/],
  ['clean s3://web/ --older-than 1', 2, /--older-than must be/],
  ['clean /tmp --older-than 1h', 2, /Name one bucket/],
  ['doctor s3://nowhere/', 5, /bucket does not exist .*need --path-style/],
  ['doctor /tmp', 2, /bucket/],
  ['worker', 2, /--connection/],
  ['add none.json --connection redis://127.0.0.1:9', 2, /can't be read/],
  ['add broken.json --connection redis://127.0.0.1:9', 2, /is not JSON/],
  ['batch s3://masters/ typo.json --connection redis://127.0.0.1:9', 2, /widht is not a field/],
  ['cancel --connection redis://127.0.0.1:9', 2, /avio-streams cancel/],
]

t.test('says of each subcommand what it can’t use, and exits by that', async t => {
  const { s3 } = await storeWithClip(t)
  await s3.put('masters', 'secret', Buffer.alloc(100))
  s3.fault({ key: 'secret', status: 403, code: 'AccessDenied', times: Infinity })
  const job = { version: 1, inputs: [{ url: 's3://masters/a.mp4' }], outputs: [{ type: 'probe' }] }
  const pictures = { type: 'thumbnails', prefix: 's3://nowhere/t/', count: 1 }
  const cwd = t.testdir({
    'job.json': JSON.stringify(job),
    'broken.json': '{"version": 1,',
    'typo.json': JSON.stringify({ ...job, outputs: [{ ...pictures, widht: 3 }] }),
    'nowhere.json': JSON.stringify({ ...job, outputs: [pictures] }),
    'web.json': JSON.stringify({ ...job, inputs: [{ url: 'https://x/a.mp4' }] }),
  })
  for (const [line, code, message] of UNUSABLE) {
    const { code: found, stdout, stderr } = await runHere(line.split(' '), { s3, cwd })
    const said = `${stdout.toString()}${stderr}`
    t.equal(found, code, `${line}: ${said}`)
    t.match(said, message, line)
    t.notMatch(said, /\n +at |undefined|\[object/, line)
  }
  t.same(s3.keys('web'), [])
})
