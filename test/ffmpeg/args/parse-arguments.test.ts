import { spawnSync } from 'node:child_process'
import t from 'tap'
import { parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

t.test('an option is read as name, specifier and value', async t => {
  t.match(parseArguments(['-c:v:0', 'libx264', '-bf', '-1', '-map', '-0:s'], 'output.args'), [
    { name: 'c', specifier: 'v:0', value: 'libx264', tokens: ['-c:v:0', 'libx264'] },
    { name: 'bf', specifier: '', value: '-1' },
    { name: 'map', value: '-0:s' },
  ])
})

t.test('a boolean takes no value, and its -no form is the same option, negated', async t => {
  t.match(parseArguments(['-an', '-nostdin', '-shortest', '-t', '5'], 'output.args'), [
    { name: 'an', value: undefined, negated: false, tokens: ['-an'] },
    { name: 'stdin', value: undefined, negated: true },
    { name: 'shortest' },
    { name: 't', value: '5' },
  ])
})

t.test('an option whose name only begins with "no" takes its value', async t => {
  t.match(parseArguments(['-noise_reduction', '5'], 'output.args'), [{ name: 'noise_reduction', value: '5' }])
})

t.test('-autorotate is read in its old form with a value and in its new form without', async t => {
  t.match(parseArguments(['-autorotate', '0', '-an'], 'input.args'), [
    { name: 'autorotate', value: '0' },
    { name: 'an' },
  ])
  t.match(parseArguments(['-autorotate', '-an'], 'input.args'), [
    { name: 'autorotate', value: undefined },
    { name: 'an' },
  ])
  t.match(parseArguments(['-noautorotate'], 'input.args'), [{ name: 'autorotate', negated: true }])
})

t.test('a value that ffmpeg 7 reads from a file belongs to the option of that name', async t => {
  t.match(parseArguments(['-/filter:v', 'graph.txt'], 'output.args'), [{ name: 'filter', specifier: 'v' }])
})

t.test('what would be one more output file is refused by name', async t => {
  for (const args of [['out.mp4'], ['-c', 'copy', 'copy'], ['-'], ['--'], ['pipe:1'], ['-an', '1'], ['']]) {
    t.throws(() => parseArguments(args, 'output.args'), {
      code: 'AVIO_ERR_ARGUMENT_REFUSED',
      message: `"${args.at(-1)}" in option "output.args"`,
    })
  }
})

t.test('an option that prints and exits is refused', async t => {
  for (const name of ['-h', '-version', '--help', '-encoders', '-L', '-?']) {
    t.throws(() => parseArguments([name], 'globalArgs'), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
  }
})

t.test('an option at the end that lacks its value is an error, not a way to swallow what we add', async t => {
  t.throws(() => parseArguments(['-an', '-c:v'], 'output.args'), {
    code: 'AVIO_ERR_OPTION',
    option: 'output.args',
    message: /"-c:v" wants a value/,
  })
})

t.test('which options take a value is what the ffmpeg at hand says', async t => {
  const help = spawnSync(FFMPEG, ['-hide_banner', '-h', 'long'], { encoding: 'utf8' }).stdout
  const listed = help.slice(help.indexOf('Global options')).matchAll(/^-([a-z_A-Z]+)/gm)
  // -report is acted upon before the list is read, and it writes a file; -loglevel would end the debug log.
  const names = new Set(Array.from(listed, ([, name]) => name!))
  for (const name of ['report', 'loglevel', 'v']) names.delete(name)
  t.ok(names.size > 100, `${names.size} options`)

  // Splitting is logged option by option; the unknown one at the end stops ffmpeg before it acts on any.
  const args = Array.from(names, name => [`-${name}`, 'PROBE']).flat()
  const log = spawnSync(FFMPEG, ['-loglevel', 'debug', ...args, '-no_such_option_at_all'], {
    encoding: 'utf8',
  }).stderr
  t.match(log, /Unrecognized option 'no_such_option_at_all'/)
  for (const name of names) {
    const said = new RegExp(`Reading option '-${name}' \\.\\.\\..* with argument '(.*)'`).exec(log)
    const takesValue = said?.[1] === 'PROBE'
    t.match(parseArguments([`-${name}`, ...(takesValue ? ['7'] : [])], 'output.args'), [{ name }], name)
    if (!takesValue) t.throws(() => parseArguments([`-${name}`, 'PROBE'], 'output.args'), name)
  }
})
