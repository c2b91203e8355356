import t from 'tap'
import type { LAYOUTS } from '../../../lib/ffmpeg/args/output-layout.js'
import {
  REFUSED_FASTSTART,
  deferredHeaderFor,
  checkLayout,
  impliedLayout,
  layoutArguments,
} from '../../../lib/ffmpeg/args/output-layout.js'
import { DeferredHeader } from '../../../lib/ffmpeg/headers/deferred-header.js'
import { FaststartBuilder } from '../../../lib/mp4/faststart/faststart-builder.js'
import { section, tableIn } from '../../support/doc-table.js'

const check = (format: string, layout: (typeof LAYOUTS)[number], ...movflags: string[]) =>
  checkLayout({ format, layout, args: movflags.flatMap(value => ['-movflags', value]) }, 'outputs[1]')

t.test('accepts layout "stream" for every format, and "file" for formats with a deferred header', async t => {
  for (const format of ['mp4', 'wav', 'mpegts', 'ismv', 'of-a-newer-ffmpeg']) {
    t.doesNotThrow(() => check(format, 'stream'))
    t.equal(deferredHeaderFor({ format, layout: 'stream' }, 'Test'), undefined)
  }
  for (const format of ['mp4', 'mov', 'ipod', 'psp', '3gp', '3g2', 'f4v']) {
    t.doesNotThrow(() => check(format, 'file'))
    t.ok(deferredHeaderFor({ format, layout: 'file' }, 'Test') instanceof FaststartBuilder)
  }
  for (const format of ['wav', 'flv', 'mp3', 'au']) {
    t.doesNotThrow(() => check(format, 'file'))
    t.ok(deferredHeaderFor({ format, layout: 'file' }, 'Test'))
    t.ok(new DeferredHeader({ format: format as 'wav' }))
  }
})

t.test('rejects a layout that the format lacks, and names the formats that have it', async t => {
  for (const [format, layout, message] of [
    ['matroska', 'file', /"stream" for "matroska"; "file" is for wav, flv, mp3, au, mp4, mov/],
    ['mpegts', 'file', /"stream" for "mpegts"/],
    ['ismv', 'file', /"stream" for "ismv"/],
  ] as const) {
    t.throws(() => check(format, layout), { code: 'AVIO_ERR_OPTION', option: 'outputs[1].layout', message })
  }
})

t.test(
  'refuses flags that lose data an ordinary MP4 needs, and values without the flags it needs',
  async t => {
    const refused = { code: 'AVIO_ERR_ARGUMENT_REFUSED' }
    for (const flag of Object.keys(REFUSED_FASTSTART)) {
      const message = `"-movflags ${flag}" in option "outputs[1].args"`
      t.throws(() => check('mp4', 'file', `+${flag}`), { ...refused, message })
      t.doesNotThrow(() => check('mp4', 'stream', `+${flag}`))
      t.doesNotThrow(() => check('mp4', 'file', `+${flag}-${flag}`), 'removed again')
    }
    for (const [value, missing] of [
      ['-delay_moov', 'delay_moov'],
      ['-default_base_moof', 'default_base_moof'],
      ['frag_discont', 'frag_keyframe'],
    ] as const) {
      t.throws(() => check('mp4', 'file', value), { ...refused, message: new RegExp(`"${missing}"`) })
    }
    t.doesNotThrow(() => check('mp4', 'file', '+frag_discont', '+skip_trailer'))
    t.doesNotThrow(() => check('mp4', 'file', '+faststart'))
  },
)

t.test('reads +faststart as layout "file"', async t => {
  const implied = (format: string, ...movflags: string[]) =>
    impliedLayout({ format, args: movflags.flatMap(value => ['-movflags', value]) }, 'output')
  for (const format of ['mp4', 'mov', 'ipod', 'psp', '3gp', '3g2', 'f4v']) {
    t.equal(implied(format), 'stream')
    for (const flags of [
      ['+faststart'],
      ['faststart'],
      ['+faststart+frag_discont'],
      ['-faststart', '+faststart'],
    ]) {
      t.equal(implied(format, ...flags), 'file', `${format} ${flags.join(' ')}`)
    }
    for (const flags of [['-faststart'], ['+faststart-faststart'], ['faststart', 'empty_moov']]) {
      t.equal(implied(format, ...flags), 'stream', `${format} ${flags.join(' ')}`)
    }
  }
  for (const format of ['ismv', 'webm', 'wav']) t.equal(implied(format, '+faststart'), 'stream', format)
})

t.test('refuses +faststart with layout "stream"', async t => {
  for (const value of ['+faststart', 'faststart', 'frag_keyframe+faststart']) {
    t.throws(() => check('mp4', 'stream', value), {
      code: 'AVIO_ERR_ARGUMENT_REFUSED',
      message: /"outputs\[1\].layout" to "file", or leave one of the two out/,
    })
    t.throws(() => check('ismv', 'stream', value), {
      code: 'AVIO_ERR_ARGUMENT_REFUSED',
      message: /Leave it out/,
    })
  }
  t.doesNotThrow(() => check('mp4', 'stream', '+faststart', '-faststart'))
  t.doesNotThrow(() => check('webm', 'stream', '+faststart'), 'ffmpeg itself ignores it there')
})

t.test('matches the refused flags in docs/formats.md', async t => {
  t.same(
    tableIn(section('formats.md', '### Refused movflags')),
    Object.entries(REFUSED_FASTSTART).map(([flag, why]) => [`\`${flag}\``, why]),
  )
})

t.test('adds the arguments that a deferred header needs', async t => {
  t.same(layoutArguments('mp3', 'file'), ['-write_xing', '0'])
  t.same(layoutArguments('mp3', 'stream'), [])
  t.same(layoutArguments('mp4', 'file'), [])
})
