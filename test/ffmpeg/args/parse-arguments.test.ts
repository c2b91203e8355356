import { spawnSync } from 'node:child_process'
import t from 'tap'
import { argumentAt, isPrinting, parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

t.test('reads an option as name, specifier and value', async t => {
  t.match(parseArguments(['-c:v:0', 'libx264', '-bf', '-1', '-map', '-0:s'], 'output.args'), [
    { name: 'c', specifier: 'v:0', value: 'libx264', tokens: ['-c:v:0', 'libx264'] },
    { name: 'bf', specifier: '', value: '-1' },
    { name: 'map', value: '-0:s' },
  ])
})

t.test('reads a boolean without a value, and its -no form as its negation', async t => {
  t.match(parseArguments(['-an', '-nostdin', '-shortest', '-t', '5'], 'output.args'), [
    { name: 'an', value: undefined, negated: false, tokens: ['-an'] },
    { name: 'stdin', value: undefined, negated: true },
    { name: 'shortest' },
    { name: 't', value: '5' },
  ])
})

t.test('reads a value for an option whose name merely begins with "no"', async t => {
  t.match(parseArguments(['-noise_reduction', '5'], 'output.args'), [{ name: 'noise_reduction', value: '5' }])
})

t.test('reads -autorotate in its old form with a value and in its new form without', async t => {
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

t.test('attributes a value that ffmpeg 7 reads from a file to the option of that name', async t => {
  t.match(parseArguments(['-/filter:v', 'graph.txt'], 'output.args'), [{ name: 'filter', specifier: 'v' }])
})

t.test('refuses tokens that would name another output file', async t => {
  for (const args of [['out.mp4'], ['-c', 'copy', 'copy'], ['-'], ['--'], ['pipe:1'], ['-an', '1'], ['']]) {
    t.throws(() => parseArguments(args, 'output.args'), {
      code: 'AVIO_ERR_ARGUMENT_REFUSED',
      message: `"${args.at(-1)}" in option "output.args"`,
    })
  }
})

t.test('refuses an option that prints and exits', async t => {
  for (const name of ['-h', '-version', '--help', '-encoders', '-L', '-?']) {
    t.throws(() => parseArguments([name], 'globalArgs'), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
  }
})

t.test('rejects a last option without its value, which would swallow our own arguments', async t => {
  t.throws(() => parseArguments(['-an', '-c:v'], 'output.args'), {
    code: 'AVIO_ERR_OPTION',
    option: 'output.args',
    message: /"-c:v" needs a value/,
  })
})

t.test('agrees with the installed ffmpeg on which options take a value', async t => {
  const help = spawnSync(FFMPEG, ['-hide_banner', '-h', 'long'], { encoding: 'utf8' }).stdout
  const listed = help.slice(help.indexOf('Global options')).matchAll(/^-([a-z_A-Z]+)/gm)
  // ffmpeg handles -report before it reads the list, and writes a file; -loglevel would end the debug log.
  const names = new Set(Array.from(listed, ([, name]) => name!))
  for (const name of ['report', 'loglevel', 'v']) names.delete(name)
  t.ok(names.size > 100, `${names.size} options`)

  // ffmpeg logs the split option by option; the unknown option at the end stops it before it acts on any.
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

/**
 * Options of which `ffmpeg -h full` of some version says the opposite: it prints the placeholder of a value only where
 * the source has a name for it, and names a value of options that take none.
 */
const MISLEADING_HELP = {
  valueNotShown: [
    ...['filter_threads', 'filter_complex_threads', 'filter_buffered_frames', 'vsync', 'async', 'fps_mode'],
    ...['frame_drop_threshold', 'vstats_version', 'seek_timestamp', 'apad', 'reinit_filter', 'discard'],
    ...['disposition', 'copypriorss', 'thread_queue_size', 'top', 'guess_layout_max', 'apply_cropping'],
    ...['shortest_buf_duration', 'stats_enc_pre', 'stats_enc_post', 'stats_mux_pre', 'stats_enc_pre_fmt'],
    ...['stats_enc_post_fmt', 'stats_mux_pre_fmt', 'mastering_display', 'content_light'],
  ],
  shownWithoutOne: ['hide_banner', 'xerror', 're'],
  /** Options of filters, which are no options of the command line. */
  ofFilters: ['stats', 'y', 'n'],
}

t.test('differs from ffmpeg -h full only where that help misleads', async t => {
  const { stdout: help } = spawnSync(FFMPEG, ['-hide_banner', '-h', 'full'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const start = help.indexOf('Global options')
  const end = help.search(/^[\w -]+ AVOptions:/m)
  t.ok(start > 0 && end > start)
  const takesValue = (name: string) => argumentAt([`-${name}`, 'PROBE'], 0)?.value === 'PROBE'

  // `-name value  what it does`; from 7.0 on `-name[:<stream_spec>] <value>  what it does`.
  const own = help.slice(start, end).matchAll(/^-([a-zA-Z_]+)(?:\[?[:<[]\S*)?(?: (\S.*?))?(?: {2}|$)/gm)
  const differences = Array.from(own, ([, name = '', value]) => ({ name, isShown: value !== undefined }))
  t.ok(differences.length > 100, `${differences.length} options`)
  for (const { name, isShown } of differences) {
    if (isShown === takesValue(name)) continue
    const known = isShown ? MISLEADING_HELP.shownWithoutOne : MISLEADING_HELP.valueNotShown
    t.ok(known.includes(name), `-${name} is known to mislead`)
  }

  const others = Array.from(help.slice(end).matchAll(/^ {2}-([\w-]+) +<\w+>/gm), ([, name = '']) => name)
  t.ok(others.length > 1000, `${others.length} options of muxers, codecs and filters`)
  const alone = new Set(others.filter(name => !takesValue(name)))
  t.same([...alone].sort(), [...MISLEADING_HELP.ofFilters].sort())
})

t.test('reads one option at an index, and finds its value missing', async t => {
  t.match(argumentAt(['-an', '-c:v:0', 'copy'], 1), { name: 'c', specifier: 'v:0', value: 'copy' })
  t.match(argumentAt(['-nostdin', 'x'], 0), { name: 'stdin', negated: true, tokens: ['-nostdin'] })
  t.equal(argumentAt(['-c:v'], 0), undefined)
  t.equal(isPrinting('-version'), true)
  t.equal(isPrinting('-c:v'), false)
})
