import t from 'tap'
import { checkResult, resultLocation } from '../../../lib/job/split/piece-result.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'

const PLAN = {
  ...{ hash: 'h', work: { bucket: 'w', prefix: 'p/' }, output: { type: 'object' } },
  ...{ audio: [{ name: 'audio' }], video: { renditions: [{ name: 'video' }] } },
} as unknown as SplitPlan
const RENDITION = {
  ...{ name: 'audio', media: { bucket: 'w', key: 'k', etag: '"e"', bytes: 9 }, end: 9 },
  init: { bytes: 3, sha256: 's' },
  tracks: [{ timescale: 48_000, startTicks: 0, durationTicks: 1024, samples: 1 }],
}
const RESULT = {
  ...{ version: 1, plan: 'h', piece: 'audio', renditions: [RENDITION] },
  fingerprint: { ffmpeg: '7', build: 'b', encoder: '' },
}

t.test('takes the result of a piece, and of no other', async t => {
  t.equal(checkResult(RESULT, PLAN, 'audio'), RESULT)
  t.throws(() => checkResult(RESULT, PLAN, 'chunk-00000'), {
    code: 'AVIO_ERR_PLAN_INVALID',
    piece: 'chunk-00000',
  })
  t.throws(() => checkResult({ ...RESULT, plan: 'other' }, PLAN, 'audio'), { code: 'AVIO_ERR_PLAN_INVALID' })
  for (const part of ['renditions', 'fingerprint', 'version'])
    t.throws(
      () => checkResult({ ...RESULT, [part]: undefined }, PLAN, 'audio'),
      { code: 'AVIO_ERR_PLAN_INVALID' },
      part,
    )
  t.throws(() => checkResult(null, PLAN, 'audio'), { code: 'AVIO_ERR_BAD_RESPONSE', key: 'p/h/audio.json' })
  t.same(resultLocation(PLAN, 'audio'), { bucket: 'w', key: 'p/h/audio.json' })
})

/** Changes of a rendition, each of which makes it no part of its plan. */
const BROKEN: readonly object[] = [
  ...['name', 'media', 'init', 'tracks', 'end'].map(part => ({ [part]: undefined })),
  ...[{ name: 'video' }, { tracks: [] }, { end: 1.5 }, { media: { ...RENDITION.media, etag: undefined } }],
]

t.test('wants of each rendition all that the join needs', async t => {
  const invalid = { code: 'AVIO_ERR_PLAN_INVALID' }
  const check = (renditions: readonly unknown[]) => () =>
    checkResult({ ...RESULT, renditions }, PLAN, 'audio')
  for (const change of BROKEN)
    t.throws(check([{ ...RENDITION, ...change }]), invalid, JSON.stringify(Object.keys(change)))
  t.throws(check([]), invalid)
  t.throws(check([null]), invalid)
  t.throws(check([RENDITION, RENDITION]), invalid)
})

t.test('wants of images the sheets of the plan', async t => {
  const plan = {
    ...PLAN,
    output: { type: 'package', run: 'r', images: { name: 'thumbs' } },
  } as unknown as SplitPlan
  const sheet = {
    ...{ name: 'r/thumbs/images-x-00001.jpg', offset: 0, byteLength: 9, isRange: false },
    ...{ duration: 2.5, tiles: 1, columns: 1, rows: 1 },
  }
  const images = {
    ...{ name: 'thumbs', playlist: 'r/thumbs/index.m3u8', codec: 'jpeg', width: 160, height: 90 },
    ...{ bandwidth: 100, sheets: [sheet] },
  }
  const result = { ...RESULT, piece: 'images', renditions: [], images }
  t.equal(checkResult(result, plan, 'images'), result)
  for (const change of [
    ...[{ images: undefined }, { renditions: [RENDITION] }, { images: { ...images, sheets: [] } }],
    ...[
      { name: 'x' },
      { playlist: 'x' },
      { codec: 1 },
      { width: null },
      { height: null },
      { bandwidth: 'x' },
    ].map(part => ({ images: { ...images, ...part } })),
    ...[
      ...[
        { name: 'elsewhere' },
        { byteLength: null },
        { duration: null },
        { tiles: null },
        { columns: null },
      ],
      { rows: null },
    ].map(part => ({ images: { ...images, sheets: [{ ...sheet, ...part }] } })),
  ])
    t.throws(
      () => checkResult({ ...result, ...change }, plan, 'images'),
      { code: 'AVIO_ERR_PLAN_INVALID', piece: 'images' },
      JSON.stringify(change),
    )
  t.throws(() => checkResult(result, PLAN, 'images'), { code: 'AVIO_ERR_PLAN_INVALID' }, 'an object has none')
})

t.test('wants of a package its segments, and an ETag where all are in one object', async t => {
  const span = {
    ...{ startTicks: 0, durationTicks: 9, byteLength: 9, sampleCount: 1, sampleTicks: 9, jumpTicks: 0 },
  }
  const segments = { init: 'AAAA', shiftTicks: -1024, spans: [span] }
  const check = (layout: string, change: object) => () =>
    checkResult(
      { ...RESULT, renditions: [{ ...RENDITION, segments, ...change }] },
      { ...PLAN, output: { type: 'package', layout } } as SplitPlan,
      'audio',
    )
  const media = { ...RENDITION.media, etag: undefined }
  t.doesNotThrow(check('byterange', {}))
  t.doesNotThrow(check('segments', { media }))
  for (const change of [
    ...[{ media }, { segments: undefined }, { segments: { ...segments, init: 1 } }],
    ...[{ segments: { ...segments, shiftTicks: 0.5 } }, { segments: { ...segments, spans: undefined } }],
    ...Object.keys(span).map(name => ({ segments: { ...segments, spans: [{ ...span, [name]: null }] } })),
  ])
    t.throws(check('byterange', change), { code: 'AVIO_ERR_PLAN_INVALID' }, JSON.stringify(change))
})
