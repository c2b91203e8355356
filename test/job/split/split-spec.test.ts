import t from 'tap'
import { type SplitSpec, splitSettings } from '../../../lib/job/split/split-spec.js'

const SPEC: SplitSpec = {
  source: { bucket: 'a', key: 'b' },
  args: ['-crf', '20'],
  output: { bucket: 'c', key: 'd' },
  work: { bucket: 'e', prefix: 'f/' },
}

t.test('has defaults', async t => {
  const { source, work } = SPEC
  t.same(splitSettings(SPEC), {
    ...{ source, work, outputs: [{ name: 'video', args: ['-crf', '20'] }] },
    output: { type: 'object', bucket: 'c', key: 'd' },
    ...{
      mode: 'prefer',
      chunkSeconds: 60,
      rate: undefined,
      gop: undefined,
      threads: undefined,
      workers: 1,
      encodeSpeed: undefined,
      allowMixed: false,
      limits: undefined,
    },
  })
})

t.test('keeps what is given', async t => {
  t.equal(splitSettings({ ...SPEC, work: { bucket: 'e', prefix: '' } }).work.prefix, '', 'a whole bucket')
  const source = { bucket: 'a', key: 'b', versionId: 'v', etag: '"e"' }
  const output = { bucket: 'c', key: 'd', contentType: 'x/y', cacheControl: 'no-store', metadata: { a: 'b' } }
  const more = {
    ...({ mode: 'auto', chunkSeconds: 30, gop: 48, threads: 2, workers: 8, allowMixed: true } as const),
    encodeSpeed: { chunk: 0.5, whole: 100_000 },
  } as const
  t.match(splitSettings({ ...SPEC, source, output, ...more, frameRate: '23.976' }), {
    ...{ source, output, ...more, rate: { numerator: 24000n, denominator: 1001n } },
  })
})

t.test('names the option that breaks its rule', async t => {
  for (const [option, more] of [
    ['planSplit', undefined],
    ['typo', { typo: 1 }],
    ['source', { source: undefined }],
    ['source.bucket', { source: { key: 'b' } }],
    ['typo', { source: { bucket: 'a', key: 'b', typo: 1 } }],
    ['output.key', { output: { bucket: 'a' } }],
    ['output.metadata', { output: { bucket: 'a', key: 'b', metadata: { a: 1 } } }],
    ['work.prefix', { work: { bucket: 'a', prefix: 'no-slash' } }],
    ['work.prefix', { work: { bucket: 'a' } }],
    ['args', { args: 'all' }],
    ['mode', { mode: 'never' }],
    ['chunkSeconds', { chunkSeconds: 0.5 }],
    ['chunkSeconds', { chunkSeconds: 601 }],
    ['chunkSeconds', { chunkSeconds: NaN }],
    ['chunkSeconds', { chunkSeconds: '60' }],
    ['frameRate', { frameRate: 'fast' }],
    ['gop', { gop: 2 }],
    ['threads', { threads: 0 }],
    ['workers', { workers: 0 }],
    ['encodeSpeed', { encodeSpeed: 2 }],
    ['typo', { encodeSpeed: { typo: 1 } }],
    ['encodeSpeed.chunk', { encodeSpeed: { chunk: 0 } }],
    ['encodeSpeed.chunk', { encodeSpeed: { chunk: NaN } }],
    ['encodeSpeed.chunk', { encodeSpeed: { chunk: null } }],
    ['encodeSpeed.whole', { encodeSpeed: { whole: '2' } }],
    ['encodeSpeed.whole', { encodeSpeed: { whole: 100_001 } }],
    ['allowMixed', { allowMixed: 'yes' }],
    ['limits', { limits: 1 }],
    ['threads', { threads: 4, limits: { threads: 2 } }],
  ] as const) {
    t.throws(() => splitSettings(more === undefined ? (1 as never) : ({ ...SPEC, ...more } as never)), {
      code: 'AVIO_ERR_OPTION',
      option,
    })
  }
})

t.test('takes a package, whose renditions have the arguments', async t => {
  const output = {
    type: 'package',
    bucket: 'c',
    prefix: 'd/',
    renditions: [{ name: 'hd', args: ['-an'] }],
  } as const
  const spec = { source: SPEC.source, work: SPEC.work, output }
  t.match(splitSettings(spec), {
    outputs: [{ name: 'hd', args: ['-an'] }],
    output: { type: 'package', renditions: [{ name: 'hd' }], targetDuration: 6 },
  })
  t.throws(() => splitSettings({ ...spec, args: ['-an'] }), { code: 'AVIO_ERR_OPTION', option: 'args' })
})
