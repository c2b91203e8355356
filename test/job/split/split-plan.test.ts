import t from 'tap'
import {
  type SplitPlan,
  checkPlan,
  isChunk,
  mediaPlaylists,
  pieceName,
  pieceNames,
  piecesOf,
  planHash,
  uncutPieces,
  workPrefix,
} from '../../../lib/job/split/split-plan.js'

const RENDITION = {
  ...{ name: 'video', encoder: 'libx264', filters: '', margin: 0 },
  ...{ first: ['-c:v', 'libx264'], others: ['-c:v', 'libx264'] },
}

const PIECES = {
  version: 1 as const,
  source: { bucket: 'b', key: 'k', etag: '"e"', size: 10, start: 0 },
  video: {
    ...{ map: '0:0', rate: '25', gop: 50, shift: 0, runUp: 1000 },
    renditions: [RENDITION],
  },
  chunks: [
    { start: 0, end: 50 },
    { start: 50, end: 90 },
  ],
  audio: [{ name: 'audio', args: ['-c:a', 'aac'] }],
  file: [],
  fingerprint: { ffmpeg: '7.1', build: 'x', encoder: 'y' },
  output: { type: 'object' as const, bucket: 'o', key: 'p' },
}

const ESTIMATE: SplitPlan['estimate'] = {
  ...{ wholeSeconds: 4.6, splitSeconds: 6.1, speed: 'assumed', wholeThreads: 1 },
  encodings: ['libx264 medium, 64x64, 25 frames/s'],
  terms: {
    ...{ seconds: 3.6, chunks: 2, chunkSeconds: 2, workers: 1, chunkSpeed: 1, wholeSpeed: 1 },
    ...{
      startSeconds: 1,
      runUpSeconds: 1,
      decodeSpeed: 10,
      audioSeconds: 0,
      imagesSeconds: 0,
      joinSeconds: 1,
    },
  },
}

const PLAN: SplitPlan = {
  ...PIECES,
  hash: planHash(PIECES),
  work: { bucket: 'w', prefix: 'tmp/' },
  notes: [],
  estimate: ESTIMATE,
}

t.test('the hash is that of the pieces, whatever the target', async t => {
  t.match(PLAN.hash, /^[0-9a-f]{64}$/)
  const other: SplitPlan = {
    ...PLAN,
    output: { type: 'object', bucket: 'x', key: 'y' },
    work: { bucket: 'z', prefix: '' },
    notes: ['n'],
    estimate: { ...ESTIMATE, splitSeconds: 1, terms: { ...ESTIMATE.terms, workers: 20 } },
  }
  t.equal(planHash(other), PLAN.hash)
  for (const change of [
    { source: { ...PIECES.source, etag: '"f"' } },
    { source: { ...PIECES.source, versionId: 'v' } },
    { video: { ...PIECES.video, renditions: [{ ...RENDITION, others: ['-threads', '2'] }] } },
    { chunks: [PIECES.chunks[0]!, { start: 50, end: 91 }] },
    { audio: [] },
    { file: ['-metadata', 'title=x'] },
    { fingerprint: { ...PIECES.fingerprint, encoder: 'z' } },
  ]) {
    t.not(planHash({ ...PIECES, ...change }), PLAN.hash, JSON.stringify(change))
  }
})

t.test('the hash of a package depends on all that its players see', async t => {
  const output = {
    ...({
      type: 'package',
      bucket: 'o',
      prefix: 'p/',
      run: 'r',
      targetDuration: 6,
      layout: 'segments',
    } as const),
    ...{ playlist: 'main.m3u8', renditions: [{ name: 'hd' }, { name: 'en' }] },
    removeReplaced: false,
  }
  const images = {
    ...({
      name: 'thumbnails',
      every: 2.5,
      exact: false,
      format: 'jpeg',
      columns: 5,
      rows: 5,
      width: 160,
    } as const),
  }
  const hash = planHash({ ...PIECES, output })
  for (const change of [{ replaces: '"e"' }, { replacesMpd: '"e"' }, { removeReplaced: true }])
    t.equal(planHash({ ...PIECES, output: { ...output, ...change } }), hash, JSON.stringify(change))
  for (const change of [
    ...[{ bucket: 'x' }, { prefix: 'q/' }, { run: 's' }, { targetDuration: 4 }],
    ...[{ layout: 'byterange' as const }, { playlist: 'x.m3u8' }, { mpd: 'a.mpd' }],
    ...[{ storageClass: 'X' }, { serverSideEncryption: 'aws:kms' }, { kmsKeyId: 'k' }],
    { renditions: [{ name: 'hd' }, { name: 'en', label: 'English' }] },
    { renditions: [{ name: 'hd' }, { name: 'en', language: 'en' }] },
    { renditions: [{ name: 'hd' }, { name: 'en', default: true }] },
    { renditions: [{ name: 'en' }, { name: 'hd' }] },
    { images },
  ])
    t.not(planHash({ ...PIECES, output: { ...output, ...change } }), hash, JSON.stringify(change))
  const withImages = (change: object = {}) =>
    planHash({ ...PIECES, output: { ...output, images: { ...images, ...change } } })
  t.equal(withImages(), withImages())
  const { every, ...rest } = images
  t.not(planHash({ ...PIECES, output: { ...output, images: { ...rest, times: [every] } } }), withImages())
  for (const change of [
    ...[{ name: 'x' }, { every: 2.25 }, { exact: true }, { format: 'png' }, { columns: 4 }, { rows: 4 }],
    ...[{ width: 80 }, { height: 90 }],
  ])
    t.not(withImages(change), withImages(), JSON.stringify(change))
})

t.test('survives JSON, and refuses a plan that was changed on the way', async t => {
  t.same(checkPlan(JSON.parse(JSON.stringify(PLAN)) as SplitPlan), PLAN)
  for (const wrong of [
    { ...PLAN, hash: 'x' },
    { ...PLAN, version: 2 },
    { ...PLAN, chunks: [] },
    { ...PLAN, source: { ...PLAN.source, size: 1.5 } },
    { ...PLAN, source: undefined },
    {},
  ]) {
    t.throws(() => checkPlan(wrong as never), { code: 'AVIO_ERR_PLAN_INVALID', retryable: false })
  }
})

t.test('refuses an output that is not split, with the reason', async t => {
  const plan = { version: 1 as const, unsplit: { code: 'short' as const, message: 'It has 3 s.' } }
  t.throws(() => checkPlan(plan), {
    code: 'AVIO_ERR_PLAN_UNSPLIT',
    message: 'This output is not split. It has 3 s.',
  })
})

t.test('names its pieces', async t => {
  t.same(pieceNames(PLAN), ['chunk-00000', 'chunk-00001', 'audio'])
  const output = { type: 'package', run: 'r', renditions: [{ name: 'hd' }], images: { name: 'thumbs' } }
  const full = { ...PLAN, output } as unknown as SplitPlan
  for (const [plan, uncut] of [
    [PLAN, ['audio']],
    [{ ...PLAN, audio: undefined } as unknown as SplitPlan, []],
    [full, ['audio', 'images']],
    [{ ...full, audio: undefined } as unknown as SplitPlan, ['images']],
  ] as const) {
    t.same(uncutPieces(plan), uncut)
    t.same(piecesOf(plan), [...uncut, 0, 1], 'those that are not split go first')
    t.same(pieceNames(plan), ['chunk-00000', 'chunk-00001', ...uncut])
  }
  t.same([3, 'audio' as const, 'images' as const].map(pieceName).map(isChunk), [true, false, false])
  t.same(mediaPlaylists(full.output as never), ['r/hd/index.m3u8', 'r/thumbs/index.m3u8'])
  t.equal(workPrefix(PLAN), `tmp/${PLAN.hash}/`)
})
