import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { parseTrack } from '../../../lib/mp4/movie/track.js'
import {
  type TrackSpec,
  audioSampleEntry,
  avcC,
  box,
  esds,
  fullBox,
  offsetOf,
  trak,
  u16,
  u32,
  videoSampleEntry,
} from '../../support/fmp4.js'

const parse = (spec: TrackSpec, change?: (bytes: Buffer) => void): ReturnType<typeof parseTrack> => {
  const bytes = trak(spec)
  change?.(bytes)
  return parseTrack(Box.topLevel(bytes, 0, bytes.length, 0, 0), () => undefined)
}

t.test('describes a video track', async t => {
  const entry = videoSampleEntry('avc1', avcC(0x64, 0, 0x28), [1920, 1080])
  t.match(parse({ id: 5, timescale: 90_000, entry, edits: [[0, 1024]] }), {
    id: 5,
    kind: 'video',
    handler: 'vide',
    timescale: 90_000,
    codec: 'avc1.640028',
    sampleEntry: 'avc1',
    language: 'und',
    width: 1920,
    height: 1080,
    rotation: 0,
    channels: undefined,
    edits: [{ segmentDuration: 0, mediaTime: 1024, mediaRate: 1 }],
    defaults: undefined,
  })
})

t.test('returns the aspect of non-square pixels, if valid', async t => {
  const pasp = (...shape: [number, number]) => {
    const entry = videoSampleEntry('avc1', Buffer.concat([avcC(), box('pasp', u32(...shape))]), [720, 576])
    return parse({ id: 1, entry }).pixelAspect
  }
  t.same(pasp(64, 45), [64, 45])
  for (const square of [
    [1, 1],
    [0, 1],
    [1, 0],
    [7, 7],
  ] as const)
    t.equal(pasp(square[0], square[1]), undefined)
})

t.test('describes an audio track', async t => {
  const entry = audioSampleEntry('mp4a', esds(0x40, [0x12, 0x10]))
  t.match(parse({ id: 2, handler: 'soun', entry, language: 'fra' }), {
    kind: 'audio',
    codec: 'mp4a.40.2',
    language: 'fra',
    channels: 2,
    sampleRate: 44_100,
    width: undefined,
    edits: [],
  })
})

t.test('describes other kinds by their handler, with a size for visible ones', async t => {
  const kinds = {
    subt: 'subtitle',
    sbtl: 'subtitle',
    text: 'text',
    meta: 'metadata',
    hint: 'hint',
    tmcd: 'other',
  }
  for (const [handler, kind] of Object.entries(kinds)) {
    const entry = box('tx3g', Buffer.alloc(6), u16(1), Buffer.alloc(30))
    t.match(parse({ id: 1, handler, entry, width: 160, height: 30 }), {
      kind,
      handler,
      codec: 'tx3g',
      width: 160,
      height: 30,
    })
  }
})

t.test('reads rotation from the matrix, in both versions', async t => {
  const one = 0x10000
  for (const version of [0, 1] as const) {
    t.equal(parse({ id: 1, version, matrix: [one, 0, 0, one] }).rotation, 0)
    t.equal(parse({ id: 1, version, matrix: [0, one, -one, 0] }).rotation, 90)
    t.equal(parse({ id: 1, version, matrix: [-one, 0, 0, -one] }).rotation, 180)
    t.equal(parse({ id: 1, version, matrix: [0, -one, one, 0] }).rotation, 270)
  }
})

t.test('prefers a valid extended language to the three letters', async t => {
  const language = (tag: string): string =>
    parse({ id: 1, language: 'por', mdia: fullBox('elng', 0, 0, tag) }).language
  t.equal(language('pt-BR\0'), 'pt-BR')
  t.equal(language('<script>\0'), 'por')
})

t.test('rejects a track without a required box, with its position', async t => {
  const error = (code: string, boxPath: string): { code: string; boxPath: string } => ({ code, boxPath })
  t.throws(() => parse({ id: 0 }), error('AVIO_ERR_MP4_BOX_INVALID', 'trak[0]/tkhd'))
  t.throws(() => parse({ id: 1, timescale: 0 }), error('AVIO_ERR_MP4_BOX_INVALID', 'trak[0]/mdia/mdhd'))
  for (const path of ['trak/tkhd', 'trak/mdia/mdhd', 'trak/mdia/hdlr', 'trak/mdia/minf/stbl/stsd']) {
    const hide = (bytes: Buffer): number => bytes.write('free', offsetOf(bytes, path) + 4)
    const parent = path.replace(/^trak/, 'trak[0]').replace(/\/[^/]+$/, '')
    t.throws(() => parse({ id: 1 }, hide), error('AVIO_ERR_MP4_BOX_MISSING', parent), path)
  }
  t.throws(
    () => parse({ id: 1, entry: Buffer.alloc(0) }),
    error('AVIO_ERR_MP4_BOX_MISSING', 'trak[0]/mdia/minf/stbl/stsd'),
  )
})
