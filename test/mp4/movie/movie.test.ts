import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { MAX_TRACKS } from '../../../lib/mp4/boxes/limits.js'
import { type Movie, parseMovie, sampleCount, sampleTable } from '../../../lib/mp4/movie/movie.js'
import { AUDIO, VIDEO, box, emptyTables, fullBox, moov, offsetOf, u32, u8 } from '../../support/fmp4.js'

const topLevel = (bytes: Buffer): Box => Box.topLevel(bytes, 0, bytes.length, 0, 0)
const parse = (bytes: Buffer): Movie => parseMovie(topLevel(bytes))

t.test('lists tracks in order, each with the defaults of its own trex', async t => {
  const movie = parse(
    moov([
      { ...VIDEO, trex: { duration: 40 } },
      { ...AUDIO, trex: { size: 9, flags: 1 } },
    ]),
  )
  t.equal(movie.timescale, 1000)
  t.equal(movie.fragmented, true)
  t.same(
    movie.tracks.map(({ id, kind, defaults }) => ({ id, kind, defaults })),
    [
      { id: 1, kind: 'video', defaults: { duration: 40, size: 0, flags: 0 } },
      { id: 2, kind: 'audio', defaults: { duration: 0, size: 9, flags: 1 } },
    ],
  )
})

t.test(
  'reads a movie without mvex as not fragmented, and a track without trex as without defaults',
  async t => {
    t.equal(parse(moov([VIDEO], { mvex: false })).fragmented, false)
    t.equal(parse(moov([{ ...VIDEO, trex: null }])).tracks[0]!.defaults, undefined)
  },
)

t.test('rejects a movie without tracks, with too many, or with two of the same ID', async t => {
  t.throws(() => parse(moov([])), { code: 'AVIO_ERR_MP4_BOX_MISSING', boxPath: 'moov' })
  t.throws(() => parse(moov([VIDEO, VIDEO])), {
    code: 'AVIO_ERR_MP4_BOX_INVALID',
    boxPath: 'moov/trak[1]',
    trackId: 1,
  })
  const many = Array.from({ length: MAX_TRACKS + 1 }, (_, n) => ({ id: n + 1 }))
  t.throws(() => parse(moov(many)), { code: 'AVIO_ERR_MP4_LIMIT', boxPath: 'moov' })
  const bytes = moov([VIDEO])
  bytes.write('free', offsetOf(bytes, 'moov/mvhd') + 4)
  t.throws(() => parse(bytes), { code: 'AVIO_ERR_MP4_BOX_MISSING', message: /no mvhd/ })
})

t.test('counts samples by either table of sizes', async t => {
  const table = (tables: Buffer): Box => {
    const bytes = moov([{ ...VIDEO, tables }])
    return sampleTable(topLevel(bytes).needChild('trak'))
  }
  t.equal(sampleCount(table(emptyTables())), 0)
  t.equal(sampleCount(table(emptyTables(3))), 3)
  t.equal(sampleCount(table(fullBox('stz2', 0, 0, u32(16, 2), u8(0, 1, 0, 1)))), 2)
  t.equal(sampleCount(table(box('free'))), 0)
})
