import t from 'tap'
import { parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'
import {
  DROPPED,
  MERGED,
  REFUSED,
  REFUSED_MP4,
  REFUSED_VALUES,
  refuseEverywhere,
  refuseForMp4,
} from '../../../lib/ffmpeg/args/refused-arguments.js'
import { section, tableIn } from '../../support/doc-table.js'

const BARE = new Set(['stdin', 'report', 'vstats', 'y', 'n', 'hide_banner', 'stats'])
const one = (name: string) =>
  parseArguments(BARE.has(name) ? [`-${name}`] : [`-${name}`, '1'], 'output.args')[0]!

t.test('refuses every argument of the table, with a reason', async t => {
  for (const [name, why] of Object.entries(REFUSED)) {
    t.throws(
      () => refuseEverywhere(one(name), 'output.args'),
      { code: 'AVIO_ERR_ARGUMENT_REFUSED', message: why },
      name,
    )
  }
  for (const [name, why] of Object.entries(REFUSED_MP4)) {
    t.doesNotThrow(() => refuseEverywhere(one(name), 'output.args'))
    t.throws(
      () => refuseForMp4(one(name), 'output.args'),
      { code: 'AVIO_ERR_ARGUMENT_REFUSED', message: why },
      name,
    )
  }
})

t.test('refuses every value of the table, with a reason', async t => {
  for (const { label, why } of REFUSED_VALUES) {
    const [argument] = parseArguments(label.split(' '), 'output.args')
    const error = { code: 'AVIO_ERR_ARGUMENT_REFUSED', message: why }
    t.throws(() => refuseEverywhere(argument!, 'output.args'), error, label)
  }
  const [taken] = parseArguments(['-flvflags', '+no_duration_filesize-add_keyframe_index'], 'output.args')
  t.doesNotThrow(() => refuseEverywhere(taken!, 'output.args'))
})

t.test('accepts merged and dropped arguments', async t => {
  for (const name of [...Object.keys(MERGED), ...Object.keys(DROPPED)]) {
    if (name === 'stdin') continue
    t.doesNotThrow(() => refuseEverywhere(one(name), 'output.args'), name)
    t.doesNotThrow(() => refuseForMp4(one(name), 'output.args'), name)
  }
})

t.test('distinguishes -nostdin from -stdin', async t => {
  const [argument] = parseArguments(['-nostdin'], 'globalArgs')
  t.doesNotThrow(() => refuseEverywhere(argument!, 'globalArgs'))
})

t.test('matches the table of arguments in docs/formats.md', async t => {
  const rows = (verdict: string, table: Readonly<Record<string, string>>) =>
    Object.entries(table).map(([name, why]) => {
      return [`\`-${verdict === 'dropped' && name === 'stdin' ? 'nostdin' : name}\``, verdict, why]
    })
  t.same(tableIn(section('formats.md', '## Your own arguments')), [
    ...rows('merged', MERGED),
    ...rows('dropped', DROPPED),
    ...rows('refused', REFUSED),
    ...REFUSED_VALUES.map(({ label, why }) => [`\`${label}\``, 'refused', why]),
    ...rows('refused, MP4 family', REFUSED_MP4),
  ])
})
