import t from 'tap'
import {
  type InputSpec,
  type OutputSpec,
  checkGlobalArgs,
  checkInput,
  checkOutput,
  buildArguments,
} from '../../../lib/ffmpeg/args/build-arguments.js'
import { runCommand } from '../../support/command.js'
import { transportStream } from '../../support/media.js'

const input = { url: 'pipe:0', args: [], protocols: ['pipe'] }
const output: OutputSpec = { url: 'pipe:1', format: 'mp4', args: [] }
const spec = { inputs: [input], outputs: [output], globalArgs: [], progressUrl: 'pipe:3' }

t.test('builds the complete list of a plain job', async t => {
  t.equal(
    buildArguments(spec).join(' '),
    '-hide_banner -nostdin -nostats -loglevel level+info -progress pipe:3 ' +
      '-protocol_whitelist pipe -i pipe:0 ' +
      '-frag_duration 2000000 -sn -dn -movflags frag_keyframe+delay_moov+default_base_moof -f mp4 pipe:1',
  )
})

t.test("puts the user's arguments after our defaults and before fixed arguments", async t => {
  const list = buildArguments({
    ...spec,
    inputs: [{ ...input, format: 'mpegts', args: ['-ss', '5', '-protocol_whitelist', 'pipe,file'] }],
    outputs: [
      { ...output, args: ['-c', 'copy', '-frag_duration', '500000'], added: ['-bsf:1', 'aac_adtstoasc'] },
    ],
    globalArgs: ['-filter_complex_threads', '2'],
  })
  t.match(
    list.join(' '),
    '-progress pipe:3 -filter_complex_threads 2 ' +
      '-f mpegts -protocol_whitelist pipe -ss 5 -protocol_whitelist pipe,file -i pipe:0 ' +
      '-frag_duration 2000000 -c copy -frag_duration 500000 -bsf:1 aac_adtstoasc -sn -dn -movflags',
  )
})

t.test('adds nothing for a muxer that streams as it is', async t => {
  const list = buildArguments({ ...spec, outputs: [{ ...output, format: 'mpegts', args: ['-c', 'copy'] }] })
  t.match(list.join(' '), /-i pipe:0 -c copy -f mpegts pipe:1$/)
})

t.test("puts the arguments of a layout before the user's", async t => {
  const held = { ...output, format: 'flv', layout: 'file' as const, args: ['-c', 'copy'] }
  t.match(
    buildArguments({ ...spec, outputs: [held] }).join(' '),
    '-flvflags -no_duration_filesize -c copy -f flv',
  )
})

t.test('keeps several inputs and outputs in order, each with its own arguments', async t => {
  const list = buildArguments({
    ...spec,
    inputs: [input, { url: 'http://127.0.0.1/1', args: ['-re'], protocols: ['http', 'tcp'] }],
    outputs: [
      { url: 'pipe:1', format: 'webm', args: ['-an'] },
      { url: 'pipe:4', format: 'wav', args: ['-vn'] },
    ],
  })
  t.match(
    list.join(' '),
    /pipe -i pipe:0 -protocol_whitelist http,tcp -re -reconnect_on_network_error 1 -reconnect_delay_max 4294 -i http:\/\/127.0.0.1\/1 -an -f webm pipe:1 -vn -f wav pipe:4$/,
  )
})

t.test('lets ffmpeg read ahead of each of several pipes, unless the user says how far', async t => {
  const second = { ...input, url: 'pipe:4' }
  const list = (inputs: InputSpec[]) => buildArguments({ ...spec, inputs }).join(' ')
  t.match(list([input, second]), / -thread_queue_size 64 -i pipe:0 .* -thread_queue_size 64 -i pipe:4 /)
  const own = { ...second, args: ['-thread_queue_size', '512'] }
  t.match(list([input, own]), / -thread_queue_size 64 -thread_queue_size 512 -i pipe:4 /)
  t.notMatch(list([input]), /thread_queue_size/)
  t.notMatch(list([input, { ...input, url: 'http://127.0.0.1/1' }]), /thread_queue_size/)
})

t.test('merges every -movflags of the user into one', async t => {
  const list = buildArguments({
    ...spec,
    outputs: [{ ...output, args: ['-movflags', '+cmaf', '-an', '-movflags', '+dash'] }],
  })
  t.equal(list.filter(token => token === '-movflags').length, 1)
  t.match(list.join(' '), /-an .*-movflags frag_keyframe\+delay_moov\+default_base_moof\+cmaf\+dash -f mp4/)
  const none = buildArguments({ ...spec, outputs: [{ ...output, args: ['-movflags', 'cmaf-cmaf'] }] })
  t.match(none.join(' '), '-movflags 0 -f mp4', 'no flags left, which ffmpeg spells 0')
})

t.test('leaves -movflags for another family of muxers to ffmpeg', async t => {
  const list = buildArguments({
    ...spec,
    outputs: [{ ...output, format: 'webm', args: ['-movflags', '+faststart'] }],
  })
  t.match(list.join(' '), '-movflags +faststart -f webm')
})

t.test('merges log levels, never below info, which the stage itself reads', async t => {
  const level = (globalArgs: string[], outputArgs: string[] = []) => {
    const list = buildArguments({ ...spec, globalArgs, outputs: [{ ...output, args: outputArgs }] })
    t.equal(list.filter(token => token === '-loglevel' || token === '-v').length, 1)
    return list[list.indexOf('-loglevel') + 1]
  }
  t.equal(level(['-loglevel', 'error']), 'level+info')
  t.equal(level(['-v', 'debug']), 'level+debug')
  t.equal(level([], ['-loglevel', 'repeat+verbose']), 'level+verbose')
})

t.test('drops arguments that are already set or mean nothing on a pipe', async t => {
  const args = ['-y', '-n', '-hide_banner', '-nostdin', '-stats', '-nostats']
  const plain = buildArguments(spec)
  t.same(buildArguments({ ...spec, globalArgs: args }), plain)
  t.same(buildArguments({ ...spec, outputs: [{ ...output, args }] }), plain)
  t.same(buildArguments({ ...spec, inputs: [{ ...input, args }] }), plain)
})

const refused = (message: string | RegExp) => ({ code: 'AVIO_ERR_ARGUMENT_REFUSED', message })

t.test('refuses arguments that conflict with the pipes, in every list', async t => {
  const lists: [string, (args: string[]) => unknown][] = [
    ['output.args', args => checkOutput({ format: 'mp4', args })],
    ['input.args', args => checkInput({ args })],
    ['globalArgs', args => checkGlobalArgs(args)],
  ]
  for (const [option, check] of lists) {
    t.doesNotThrow(() => check(['-threads', '2']))
    for (const args of [
      ['-i', 'x'],
      ['-f', 'mp4'],
      ['-progress', 'pipe:2'],
      ['-stdin'],
      ['out.mp4'],
      ['-report'],
    ]) {
      t.throws(() => check(args), refused(`"${args[0]!}" in option "${option}"`))
    }
  }
})

t.test('refuses arguments that make ffmpeg or an encoder write a file', async t => {
  const cases = [
    ['-pass', '1'],
    ['-pass:v', '2'],
    ['-passlogfile', 'x'],
    ['-vstats'],
    ['-vstats_file', 'x'],
    ['-sdp_file', 'x'],
    ['-stats_enc_post:v', 'x'],
    ['-flags:v', '+pass1'],
    ['-x264-params', 'keyint=50:pass=1'],
    ['-x264opts', 'stats=x.log'],
    ['-x265-params', 'pass = 2'],
    ['-x265-params', 'csv=x.csv'],
    ['-vf', 'scale=320:-2,vidstabdetect=shakiness=7'],
    ['-filter_complex', '[0:v]vidstabdetect[v]'],
  ]
  for (const args of cases)
    t.throws(() => checkOutput({ format: 'webm', args }), refused(/writes? one|one pass|no stage does/))
  t.throws(() => checkInput({ args: ['-dump_attachment:t', ''] }), refused(/dump_attachment/))
  for (const args of [
    ['-x264-params', 'bypass=1:keyint=50'],
    ['-flags', '+cgop'],
    ['-vf', 'vidstabtransform'],
  ]) {
    t.doesNotThrow(() => checkOutput({ format: 'webm', args }), args.join(' '))
  }
})

t.test('refuses subtitles and data for the MP4 family, and leaves them to other muxers', async t => {
  const subtitles = [
    ['-c:s', 'mov_text'],
    ['-scodec', 'copy'],
    ['-codec:s:0', 'copy'],
    ['-map', '0:s'],
    ['-map', '0:s:0?'],
  ]
  const data = [
    ['-map', '0:d?'],
    ['-c:d', 'copy'],
    ['-dcodec', 'copy'],
  ]
  for (const args of [...subtitles, ...data]) {
    t.throws(() => checkOutput({ format: 'mp4', args }), refused(args.join(' ')))
    t.doesNotThrow(() => checkOutput({ format: 'matroska', args }))
  }
  const fine = [
    ['-map', '0'],
    ['-map', '-0:s'],
    ['-map', '0:v'],
    ['-map', '[s]'],
    ['-c', 'copy'],
    ['-c:v', 'copy'],
    ['-sn'],
  ]
  for (const args of fine) t.doesNotThrow(() => checkOutput({ format: 'mp4', args }), args.join(' '))
})

t.test('refuses options of an MP4 that need a seekable output', async t => {
  for (const name of ['-moov_size', '-ism_lookahead']) {
    t.throws(() => checkOutput({ format: 'ismv', args: [name, '5'] }), refused(`${name} 5`))
  }
  t.throws(
    () => checkOutput({ format: 'mp4', args: ['-movflags', '+global_sidx'] }),
    refused(/-movflags global_sidx/),
  )
})

t.test('names a malformed option as the caller does', async t => {
  t.throws(() => checkOutput({ format: 'mp4', args: ['-c:v'] }, 'outputs[1]'), {
    message: /outputs\[1\]\.args/,
    option: 'outputs[1].args',
  })
  t.throws(() => checkOutput({ format: 'mp4,mov', args: [] }, 'outputs[1]'), {
    message: /outputs\[1\]\.format/,
    option: 'outputs[1].format',
  })
  t.throws(() => checkOutput({ format: '', args: [] }), { code: 'AVIO_ERR_OPTION', option: 'output.format' })
  t.throws(() => checkGlobalArgs(['-loglevel', 'loud']), { code: 'AVIO_ERR_OPTION', message: /loud/ })
})

t.test('turns booleans that once took a value into a form that every ffmpeg accepts', async t => {
  const OFF = { autorotate: '-noautorotate', autoscale: '-noautoscale' }
  const media = await transportStream({ seconds: 1 })
  for (const [name, off] of Object.entries(OFF)) {
    const listOf = (...args: string[]) => {
      const list = buildArguments({ ...spec, inputs: [{ ...input, args }] })
      return list.slice(list.indexOf('pipe') + 1, list.indexOf('-i'))
    }
    t.same(listOf(`-${name}`, '0'), [off])
    t.same(listOf(`-${name}:v:0`, '0', '-an'), [`${off}:v:0`, '-an'])
    t.same(listOf(off), [off])
    t.same(listOf(`-${name}`, '1', '-an'), ['-an'], 'on is the default')
    t.same(listOf(`-${name}`, '-an'), ['-an'])
    t.same(listOf(off, '-an', `-${name}`, '1'), ['-an'], 'the last value wins')
    t.same(listOf(`-${name}`, '0', '-an', `-${name}`), ['-an'])
    t.same(listOf(`-${name}`, '1', off), [off])
    t.same(listOf(off, `-${name}`, off), [off])
    t.same(listOf(`${off}:v:0`, `-${name}:v:0`, '1'), [])
    t.same(
      listOf(off, `${off}:v:1`, `-${name}`, '1'),
      [],
      'a value for all streams overrides values for some',
    )
    t.same(
      listOf('-metadata', off, `-${name}`, '1'),
      ['-metadata', off],
      'ignores a value with the same spelling',
    )
    t.throws(() => listOf(off, `-${name}:v:1`, '1'), { code: 'AVIO_ERR_OPTION', option: 'input.args' })
    t.throws(() => listOf(`${off}:v:0`, `-${name}:v`, '1'), { code: 'AVIO_ERR_OPTION' })
  }
  for (const value of ['0', '1']) {
    const { code, log } = await runCommand({
      input: media,
      inputArgs: ['-autorotate', value],
      format: 'null',
      args: ['-autoscale', value],
    })
    t.equal(code, 0, log)
  }
})
