import { spawnSync } from 'node:child_process'
import t from 'tap'
import { parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'
import { REFUSED_MOVFLAGS, mergeMovflags } from '../../../lib/ffmpeg/args/movflags.js'
import { runOutputs, topLevelBoxes } from '../../support/command.js'
import { section, tableIn } from '../../support/doc-table.js'
import { H264_B_FRAMES, AAC, bothInputs, ffmpegToFile } from '../../support/media.js'

const merged = (...values: string[]) => mergeMovflags(values, 'output.args').join('+')
const defaults = 'frag_keyframe+delay_moov+default_base_moof'

t.test('keeps the defaults without -movflags', async t => {
  t.equal(merged(), defaults)
})

t.test('adds or removes flags of the defaults with a signed value', async t => {
  t.equal(merged('+cmaf'), `${defaults}+cmaf`)
  t.equal(merged('-delay_moov'), 'frag_keyframe+default_base_moof')
  t.equal(
    merged('+empty_moov-delay_moov+skip_trailer'),
    'frag_keyframe+default_base_moof+empty_moov+skip_trailer',
  )
  t.equal(merged('+cmaf', '-cmaf'), defaults)
})

t.test('replaces the defaults and earlier values with an unsigned value', async t => {
  t.equal(merged('frag_keyframe+empty_moov'), 'frag_keyframe+empty_moov')
  t.equal(merged('+cmaf', 'empty_moov', '+dash'), 'empty_moov+dash')
  t.equal(merged('frag_keyframe+empty_moov-frag_keyframe'), 'empty_moov')
})

t.test('refuses flags that need a seekable output, with an alternative', async t => {
  for (const flag of ['global_sidx', 'hybrid_fragmented']) {
    for (const value of [flag, `+${flag}`, `frag_keyframe+${flag}`]) {
      t.throws(() => merged(value), {
        code: 'AVIO_ERR_ARGUMENT_REFUSED',
        message: `"-movflags ${flag}" in option "output.args"`,
      })
    }
  }
  t.equal(merged('+global_sidx', '-global_sidx'), defaults, 'removed again')
})

t.test('treats faststart as a layout, and hides it from ffmpeg', async t => {
  t.equal(merged('+faststart'), defaults)
  t.equal(merged('faststart'), defaults)
  t.equal(merged('+faststart+cmaf', 'faststart'), `${defaults}+cmaf`)
  t.equal(merged('frag_keyframe+faststart'), 'frag_keyframe')
})

t.test('refuses flags by number, which could hide a refused one', async t => {
  for (const value of ['128', '+0x80', 'all', '+default']) {
    t.throws(() => merged(value), { code: 'AVIO_ERR_ARGUMENT_REFUSED' })
  }
})

t.test('matches the examples and refusals in docs/formats.md', async t => {
  const text = section('formats.md', '### `-movflags`')
  for (const [given = '', got = ''] of tableIn(text)) {
    const args = given === 'none' ? [] : given.replaceAll('`', '').split(' ')
    const values = parseArguments(args, 'output.args').map(({ value }) => value!)
    t.equal(merged(...values), got.replaceAll('`', ''), given)
  }
  t.same(
    tableIn(text.slice(text.indexOf('All other flags are passed on'))),
    Object.entries(REFUSED_MOVFLAGS).map(([flag, why]) => [`\`${flag}\``, why]),
  )
})

t.test(
  'streams with every other flag of the installed ffmpeg, with our defaults and instead of them',
  async t => {
    const help = spawnSync(process.env['FFMPEG_PATH'] ?? 'ffmpeg', ['-hide_banner', '-h', 'muxer=mp4'], {
      encoding: 'utf8',
    })
    const [, list = ''] = /-movflags .*\n((?: {4,}\w+ +E.*\n)+)/.exec(help.stdout) ?? []
    const flags = Array.from(list.matchAll(/^ +(\w+) /gm), ([, flag]) => flag!).filter(
      flag => !(flag in REFUSED_MOVFLAGS),
    )
    t.ok(flags.length > 15, flags.join(' '))
    const source = [...bothInputs({ seconds: 3 }), ...H264_B_FRAMES, ...AAC, '-movflags', '+faststart']
    const input = await ffmpegToFile(source, 'source.mp4')
    const values = [...flags.map(flag => `+${flag}`), ...flags, 'cmaf-cmaf']
    const outputs = values.map(value => ({ format: 'mp4', args: ['-c', 'copy', '-movflags', value] }))
    const result = await runOutputs({ input, outputs })
    t.equal(result.code, 0)
    for (const [n, value] of values.entries()) {
      const boxes = topLevelBoxes(result.outputs[n]!)
      const types = new Set(boxes.map(({ type }) => type))
      t.ok(types.has('moof') && types.has('moov') && boxes.every(({ size }) => size >= 8), value)
    }
  },
)
