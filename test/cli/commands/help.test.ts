import { readFileSync } from 'node:fs'
import t from 'tap'
import { COMMAND_HELP, HELP } from '../../../lib/cli/commands/help.js'
import { OF_JOBS, OF_OBJECTS, SHARED, readLeading } from '../../../lib/cli/arguments/own-options.js'
import { OF_SPLITS } from '../../../lib/cli/arguments/split-options.js'
import { commandJob } from '../../../lib/cli/syntax/command-job.js'
import { runHere } from '../../support/cli.js'
import { wordsOf } from '../../support/shell-words.js'

const page = readFileSync(new URL('../../../docs/command.md', import.meta.url), 'utf8')

/** The command lines in a text: from `avio-streams` to the end of the line, lines that end with `\` joined. */
function linesOf(text: string): string[] {
  const joined = text.replace(/\\\n/g, ' ')
  return Array.from(joined.matchAll(/^.*\bavio-streams +(?=-{1,2}\w)(.*)$/gm), ([, line = '']) =>
    line.replace(/ \| .*/, ''),
  )
}

t.test('fits on a screen', async t => {
  t.ok(HELP.split('\n').length <= 36, `${HELP.split('\n').length} lines`)
  for (const text of [HELP, ...Object.values(COMMAND_HELP)])
    for (const line of text.split('\n')) t.ok(line.length <= 120, line)
})

t.test('shows only command lines that work, as the page does', async t => {
  const lines = [...linesOf(HELP), ...linesOf(page)].filter(line => line.includes('-i '))
  t.ok(lines.length >= 10, lines.join('\n'))
  for (const line of lines) {
    const { words } = readLeading(wordsOf(line), { ...OF_JOBS, ...OF_SPLITS, ...OF_OBJECTS })
    t.doesNotThrow(() => commandJob(words, '/films'), line)
  }
})

t.test('names each option of every command, as the page does', async t => {
  for (const name of Object.keys({ ...OF_JOBS, ...OF_SPLITS, ...OF_OBJECTS })) {
    if (name === 'help') continue
    t.match(HELP, `--${name}`)
    t.match(page, `--${name}`)
  }
})

t.test('names each option of a subcommand in the help of that', async t => {
  const shared = new Set(Object.keys({ ...SHARED, ...OF_JOBS }))
  for (const [command, help] of Object.entries(COMMAND_HELP)) {
    const { stderr } = await runHere([command, '--xyzzy'])
    const options = Array.from(stderr.matchAll(/--([\w-]+)(?=[,.])/g), ([, name = '']) => name)
    t.ok(options.includes('endpoint'), stderr)
    for (const name of options)
      if (!shared.has(name)) t.match(help, name === 'overwrite' ? ' -y' : `--${name}`, `${command} --${name}`)
  }
})

t.test('shows a command line of each subcommand, which it understands', async t => {
  for (const [command, help] of Object.entries(COMMAND_HELP)) {
    const lines = Array.from(
      help.matchAll(new RegExp(`^ {2}avio-streams ${command} (.*)$`, 'gm')),
      line => line[1]!,
    )
    t.ok(lines.length > 0, command)
    if (!['probe', 'thumbnails', 'storyboard'].includes(command)) continue
    for (const line of lines) {
      const { code, stderr } = await runHere([command, '--print-job', ...wordsOf(line)])
      t.equal(code, 0, stderr)
    }
  }
})
