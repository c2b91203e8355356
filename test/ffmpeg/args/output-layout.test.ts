import t from 'tap'
import type { LAYOUTS } from '../../../lib/ffmpeg/args/output-layout.js'
import {
  REFUSED_PROGRESSIVE,
  assemblyFor,
  checkLayout,
  layoutArguments,
} from '../../../lib/ffmpeg/args/output-layout.js'
import { HeldHead } from '../../../lib/ffmpeg/headers/deferred-header.js'
import { ProgressiveAssembly } from '../../../lib/mp4/faststart/faststart-builder.js'
import { section, tableIn } from '../../support/doc-table.js'

const check = (format: string, layout: (typeof LAYOUTS)[number], ...movflags: string[]) =>
  checkLayout({ format, layout, args: movflags.flatMap(value => ['-movflags', value]) }, 'outputs[1]')

t.test('every format streams; some have a head that is known only at the end', async t => {
  for (const format of ['mp4', 'wav', 'mpegts', 'ismv', 'of-a-newer-ffmpeg']) {
    t.doesNotThrow(() => check(format, 'stream'))
    t.equal(assemblyFor({ format, layout: 'stream' }, 'Test'), undefined)
  }
  for (const format of ['mp4', 'mov', 'ipod', 'psp', '3gp', '3g2', 'f4v']) {
    t.doesNotThrow(() => check(format, 'progressive'))
    t.ok(assemblyFor({ format, layout: 'progressive' }, 'Test') instanceof ProgressiveAssembly)
  }
  for (const format of ['wav', 'flv', 'mp3', 'au']) {
    t.doesNotThrow(() => check(format, 'held-head'))
    t.ok(assemblyFor({ format, layout: 'held-head' }, 'Test'))
    t.ok(new HeldHead({ format: format as 'wav' }))
  }
})

t.test('a format that can’t be laid out so is refused, with what can', async t => {
  for (const [format, layout, message] of [
    ['matroska', 'progressive', /"stream" for "matroska"; "progressive" is for mp4/],
    ['ismv', 'progressive', /"stream" for "ismv"/],
    ['mp4', 'held-head', /"held-head" is for wav, flv, mp3, au/],
  ] as const) {
    t.throws(() => check(format, layout), { code: 'AVIO_ERR_OPTION', option: 'outputs[1].layout', message })
  }
})

t.test('flags that lose what a progressive MP4 needs are refused, and so is the lack of ours', async t => {
  const refused = { code: 'AVIO_ERR_ARGUMENT_REFUSED' }
  for (const flag of Object.keys(REFUSED_PROGRESSIVE)) {
    const message = `"-movflags ${flag}" in option "outputs[1].args"`
    t.throws(() => check('mp4', 'progressive', `+${flag}`), { ...refused, message })
    t.doesNotThrow(() => check('mp4', 'stream', `+${flag}`))
    t.doesNotThrow(() => check('mp4', 'progressive', `+${flag}-${flag}`), 'taken back')
  }
  for (const [value, missing] of [
    ['-delay_moov', 'delay_moov'],
    ['-default_base_moof', 'default_base_moof'],
    ['frag_discont', 'frag_keyframe'],
  ] as const) {
    t.throws(() => check('mp4', 'progressive', value), { ...refused, message: new RegExp(`"${missing}"`) })
  }
  t.doesNotThrow(() => check('mp4', 'progressive', '+frag_discont', '+skip_trailer'))
  t.throws(() => check('mp4', 'progressive', '+faststart'), { ...refused, message: /"output.layout"/ })
})

t.test('docs/formats.md shows which flags these are', async t => {
  t.same(
    tableIn(section('formats.md', '### Refused movflags')),
    Object.entries(REFUSED_PROGRESSIVE).map(([flag, why]) => [`\`${flag}\``, why]),
  )
})

t.test('a held head may need arguments of its own', async t => {
  t.same(layoutArguments('mp3', 'held-head'), ['-write_xing', '0'])
  t.same(layoutArguments('mp3', 'stream'), [])
  t.same(layoutArguments('mp4', 'progressive'), [])
})
