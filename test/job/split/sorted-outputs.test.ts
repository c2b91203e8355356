import t from 'tap'
import { formatRate, parseRate } from '../../../lib/job/grid/rational.js'
import type { SplitPackage } from '../../../lib/job/split/package-settings.js'
import { SortedOutputs } from '../../../lib/job/split/sorted-outputs.js'
import { splitSettings } from '../../../lib/job/split/split-spec.js'

const SPEC = { source: { bucket: 'a', key: 'b' }, work: { bucket: 'e', prefix: 'f/' } }
const VIDEO = ['-c:v', 'libx264', '-an']
const RATE = parseRate('25')!

const object = (args: readonly string[], more: object = {}) =>
  new SortedOutputs(splitSettings({ ...SPEC, args, output: { bucket: 'c', key: 'd' }, ...more }))
const ladder = (
  renditions: Record<string, readonly string[] | { readonly args: readonly string[] }>,
  more: object = {},
) =>
  new SortedOutputs(
    splitSettings({
      ...SPEC,
      ...more,
      output: {
        ...{ type: 'package', bucket: 'c', prefix: 'd/' },
        renditions: Object.entries(renditions).map(([name, args]) =>
          'args' in args ? { name, ...args } : { name, args },
        ) as SplitPackage['renditions'],
      },
    }),
  )

t.test('an object has one rendition of video, and its audio in one output', async t => {
  const sorted = object(['-c:v', 'libx265', '-vf', 'yadif', '-c:a', 'aac', '-metadata', 'title=A'])
  t.match(sorted.encode(50), {
    renditions: [{ name: 'video', encoder: 'libx265', filters: 'yadif', margin: 2, first: [], others: [] }],
    notes: [],
  })
  t.same(sorted.audio(true), [{ name: 'audio', args: ['-c:a', 'aac'] }])
  t.same(sorted.audio(false), [])
  t.same(sorted.file, ['-metadata', 'title=A'])
  t.throws(() => object(['-vn']), { code: 'source' })
  t.throws(() => object(['-map', '0:a']), { code: 'source' })
})

t.test('a package has a rendition for each output, with its own arguments of the file', async t => {
  const sorted = ladder({
    hd: [...VIDEO, '-threads', '3', '-metadata', 'title=A'],
    sd: ['-map', '0:v', '-c:v', 'libx265', '-vf', 'scale=64:36'],
    en: ['-vn', '-c:a', 'aac', '-metadata:s:a:0', 'language=eng'],
    de: ['-map', '0:a:1', '-c:a', 'aac'],
  })
  const { renditions } = sorted.encode(50)
  t.match(renditions, [
    { name: 'hd', encoder: 'libx264', filters: '' },
    { name: 'sd', encoder: 'libx265', filters: 'scale=64:36' },
  ])
  t.same(renditions[0]!.others.slice(-2), ['-metadata', 'title=A'])
  t.ok(renditions[0]!.first.join(' ').includes('-threads 3'))
  t.ok(renditions[1]!.first.join(' ').includes('-threads 1'))
  t.same(sorted.audio(true), [
    { name: 'en', args: ['-c:a', 'aac', '-metadata:s:a:0', 'language=eng'] },
    { name: 'de', args: ['-map', '0:a:1', '-c:a', 'aac'] },
  ])
  t.same(sorted.file, [])
  t.equal(sorted.videoMap, '0:v')
})

t.test('key frames are those of the arguments, else of the package or of the spec', async t => {
  t.equal(object(VIDEO).gopAt(RATE), 50)
  t.equal(object([...VIDEO, '-g', '30']).gopAt(RATE), 30)
  t.equal(object([...VIDEO, '-g', '30'], { gop: 40 }).gopAt(RATE), 40)
  t.equal(object([...VIDEO, '-force_key_frames', 'expr:gte(t,n_forced*3)']).gopAt(RATE), 75)
  t.throws(() => object([...VIDEO, '-force_key_frames', 'expr:gte(t,n_forced*0.5)']).gopAt(RATE), {
    code: 'key-frames',
  })
  t.equal(ladder({ hd: VIDEO }).gopAt(RATE), 50)
  t.equal(ladder({ hd: VIDEO, sd: [...VIDEO, '-g', '25'] }).gopAt(RATE), 25)
  const rated = ladder({ hd: [...VIDEO, '-r', '24'], sd: VIDEO })
  t.equal(formatRate(rated.rate!), '24')
})

t.test('refuses what has no common clock, and what a package can not split', async t => {
  for (const [code, renditions] of [
    ['frame-rate', { hd: [...VIDEO, '-r', '25'], sd: [...VIDEO, '-r', '50'] }],
    ['source', { hd: [...VIDEO, '-map', '0:v'], sd: [...VIDEO, '-map', '0:v:0'] }],
    ['source', { en: ['-vn'] }],
    ['argument', { hd: [...VIDEO, '-movflags', '+faststart'] }],
    ['encoder', { hd: VIDEO, sd: ['-c:v', 'copy', '-an'] }],
    ['filter', { hd: VIDEO, sd: [...VIDEO, '-vf', 'tmix'] }],
  ] as const)
    t.throws(() => ladder(renditions), { name: 'UnsplitReason', code }, JSON.stringify(renditions))
  const keys = ladder({ hd: [...VIDEO, '-g', '25'], sd: [...VIDEO, '-g', '50'] })
  t.throws(() => keys.gopAt(RATE), { code: 'key-frames', message: /25, 50/ })
  const muxed = ladder({ hd: ['-c:v', 'libx264', '-c:a', 'aac'] })
  t.throws(() => muxed.audio(true), { code: 'argument', message: /"hd" has video and audio/ })
  t.same(muxed.audio(false), [])
  t.throws(() => ladder({ hd: VIDEO, en: ['-vn'] }).audio(false), { code: 'source', message: /"en"/ })
  const same = { args: ['-vn'], label: 'English' }
  t.throws(() => ladder({ hd: VIDEO, one: same, two: same }), { code: 'AVIO_ERR_OPTION', option: 'label' })
})
