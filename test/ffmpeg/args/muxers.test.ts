import t from 'tap'
import { isFileMuxer, muxerOf } from '../../../lib/ffmpeg/args/muxers.js'
import { checkLayout } from '../../../lib/ffmpeg/args/output-layout.js'
import { DEFERRED_HEADERS } from '../../../lib/ffmpeg/headers/deferred-header.js'
import { COMPLETE, FRAGMENTED, IMPOSSIBLE, LOSSES } from '../../../lib/ffmpeg/args/muxer-table.js'
import { section, tableIn } from '../../support/doc-table.js'

t.test('adds no arguments to a muxer that streams by itself', async t => {
  t.match(muxerOf('mpegts'), {
    name: 'mpegts',
    streaming: 'as-is',
    isMp4: false,
    defaults: [],
    always: [],
    lost: undefined,
  })
})

t.test('lists the losses of a stream', async t => {
  for (const [name, lost] of Object.entries(LOSSES)) {
    t.match(muxerOf(name), { streaming: 'as-is', lost })
  }
  t.match(muxerOf('webm').lost, /cues/)
})

t.test('makes the MP4 family stream with flags', async t => {
  for (const name of FRAGMENTED) {
    t.match(muxerOf(name), {
      streaming: 'with-flags',
      isMp4: true,
      defaults: ['-frag_duration', '2000000'],
      always: ['-sn', '-dn'],
      lost: /subtitle/,
    })
  }
})

t.test('refuses a muxer that cannot stream, with an alternative', async t => {
  for (const [name, [why, instead]] of Object.entries(IMPOSSIBLE)) {
    t.throws(() => muxerOf(name), {
      code: 'AVIO_ERR_MUXER_NOT_STREAMABLE',
      message: `${why}. Use ${instead}.`,
    })
    const alternatives = Array.from(instead.matchAll(/"(\w+)"/g), ([, other]) => other!)
    for (const other of alternatives) t.not(muxerOf(other).streaming, 'unknown', `${name}: ${other} streams`)
  }
})

t.test('says which muxers have the layout "file", as the check of an output does', async t => {
  const all = [...COMPLETE, ...Object.keys(LOSSES), ...FRAGMENTED, 'null', 'of_a_later_ffmpeg']
  const files = all.filter(isFileMuxer)
  t.same(files.sort(), ['3g2', '3gp', 'au', 'f4v', 'flv', 'ipod', 'mov', 'mp3', 'mp4', 'psp', 'wav'])
  for (const format of all) {
    const check = () => checkLayout({ format, args: [], layout: 'file' }, 'output')
    if (isFileMuxer(format)) t.doesNotThrow(check, format)
    else t.throws(check, { code: 'AVIO_ERR_OPTION', option: 'output.layout' }, format)
  }
  for (const format of ['', 'MP4', 'mkv', 'm4a', 'constructor']) t.notOk(isFileMuxer(format), format)
})

t.test('leaves a muxer outside the table to ffmpeg', async t => {
  t.match(muxerOf('of_a_later_ffmpeg'), { streaming: 'unknown', isMp4: false, defaults: [], always: [] })
})

t.test('rejects a value that is not the name of one muxer', async t => {
  for (const name of ['', 'mp4,mov', '-f', 'matroska webm', 'pipe:1', '../x']) {
    t.throws(() => muxerOf(name, 'output.format'), { code: 'AVIO_ERR_OPTION', message: /"output.format"/ })
  }
})

t.test('accepts an empty output from null only', async t => {
  t.equal(muxerOf('null').mayBeEmpty, true)
  t.equal(muxerOf('mp4').mayBeEmpty, false)
})

const code = (text: string) => `\`${text}\``
const names = (text: string) => Array.from(text.matchAll(/`([^`]+)`/g), ([, name]) => name)

t.test('matches the tables of muxers in docs/formats.md', async t => {
  const complete = section('formats.md', '## Formats with nothing lost')
  t.same(names(complete), [...COMPLETE, 'null'])
  const losing = section('formats.md', '## Formats that lose what stands in their header')
  t.same(
    tableIn(losing).map(([name, lost]) => [name, lost]),
    Object.entries(LOSSES).map(([name, lost]) => [code(name), lost]),
  )
  const deferred = tableIn(losing).filter(([, , head]) => head !== '–')
  t.same(
    deferred.flatMap(([name = '']) => names(name)).sort(),
    DEFERRED_HEADERS.toSorted((a, b) => a.localeCompare(b)),
  )
  const [list = ''] = section('formats.md', '## Formats that stream by flags: the MP4 family')
    .trim()
    .split('\n')
  t.same(names(list), FRAGMENTED)
  t.same(
    tableIn(section('formats.md', "## Formats that can't stream")),
    Object.entries(IMPOSSIBLE).map(([name, [why, instead]]) => [code(name), why, instead]),
  )
})

/** How a muxer writes to a pipe, in the words of the docs. */
function howOf(name: string): string {
  if (name in IMPOSSIBLE) return 'not'
  const { deferredHeader, streaming } = muxerOf(name)
  return deferredHeader ? 'with a deferred header' : streaming.replace('-', ' ')
}

t.test('matches the summary in docs/formats.md', async t => {
  const rows = tableIn(section('formats.md', '## In short'))
  t.ok(rows.length > 10)
  for (const [name = '', how] of rows) t.equal(how, howOf(names(name)[0]!), name)
})
