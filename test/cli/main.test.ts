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
  t.match(await run(['s3://a/b', 's3://c/d.mp4']), { code: 2, stderr: /is no command.*inputs need -i/ })
  t.match(await run(['constructor']), { code: 2 })
})

t.test('reports errors of usage as JSON with --json', async t => {
  const { code, stderr } = await run(['--json', '-i'])
  t.equal(code, 2)
  t.match(JSON.parse(stderr), { event: 'error', exitCode: 2, code: 'AVIO_ERR_OPTION' })
})
