import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { COMMAND_HELP, HELP } from '../../lib/cli/commands/help.js'
import { main } from '../../lib/cli/main.js'

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
