import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { interleaveDistance } from '../../../lib/mp4/index/interleave-distance.js'
import { MAX_CHUNKS } from '../../../lib/mp4/boxes/limits.js'
import { readMovie } from '../../../lib/mp4/index/read-moov.js'
import { badlyInterleaved } from '../../support/bad-interleave.js'
import { AUDIO, type EditSpec, VIDEO, fullBox, moov, u32 } from '../../support/fmp4.js'
import { fastStartMp4, fragmentedMp4, packetsOf } from '../../support/media.js'
import { type TablesSpec, tables, topLevel } from '../../support/sample-tables.js'

const distance = async (bytes: Buffer) =>
  interleaveDistance((await readMovie(new BytesSource({ bytes }))).box)

/** A track with a chunk every second, at these places. */
const chunks = (...places: number[]): TablesSpec => ({
  durations: [[places.length, 1000]],
  sizes: { count: places.length, size: 1 },
  map: [[1, 1]],
  chunks: places,
})

function between(video: TablesSpec, audio: TablesSpec, edits: readonly EditSpec[] = []): number {
  const tracks = [
    { ...VIDEO, edits, tables: tables(video) },
    { ...AUDIO, edits: [], tables: tables(audio) },
  ]
  return interleaveDistance(topLevel(moov(tracks, { mvex: false })))
}

t.test('measures the distance between samples shown at the same moment', async t => {
  t.equal(between(chunks(0, 100, 200, 300), chunks(50, 150, 250, 350)), 50)
  t.equal(between(chunks(0, 100, 200, 300), chunks(900, 910, 920, 930)), 900, 'it is largest at the start')
  t.equal(between(chunks(900, 910), chunks(0, 10)), 900, 'whichever comes first')
})

t.test('ignores a track before its start and after its end', async t => {
  t.equal(between(chunks(0, 100, 200, 5000), chunks(50, 150)), 50)
  t.equal(
    between(chunks(5000, 6000), chunks(0, 100, 200, 300), [
      [5000, -1],
      [0, 0],
    ]),
    0,
    'one track starts after the other has ended',
  )
})

t.test('measures nothing for one track, for no video or audio tracks, and for fragments', async t => {
  t.equal(interleaveDistance(topLevel(moov([{ ...VIDEO, tables: tables(chunks(0, 1e6)) }]))), 0)
  const text = { ...AUDIO, handler: 'text', tables: tables(chunks(1e6, 2e6)) }
  t.equal(interleaveDistance(topLevel(moov([{ ...VIDEO, tables: tables(chunks(0, 10)) }, text]))), 0)
  t.equal(await distance(await fragmentedMp4()), 0)
})

t.test(
  'measures a short distance in ffmpeg’s files, and the length of the video if all audio follows it',
  async t => {
    const good = await fastStartMp4({ seconds: 8 })
    const bad = badlyInterleaved(good)
    t.ok((await distance(good)) < good.length / 4, `${await distance(good)} of ${good.length} bytes`)
    t.ok((await distance(bad)) > bad.length / 2, `${await distance(bad)} of ${bad.length} bytes`)
  },
)

t.test('keeps the same packets in the rearranged file', async t => {
  const good = await fastStartMp4({ seconds: 8 })
  const bad = badlyInterleaved(good)
  t.equal(bad.length, good.length)
  for (const stream of ['v:0', 'a:0']) {
    t.same(
      await packetsOf(bad, ['-select_streams', stream]),
      await packetsOf(good, ['-select_streams', stream]),
    )
  }
})

t.test('measures three hours in chunks of half a second quickly, and rejects too many chunks', async t => {
  const hours = Array.from({ length: 21_600 }, (_, n) => n)
  const places = (shift: number) => ({ ...chunks(), chunks: hours.map(n => n * 1000 + shift) })
  const tables3h = (shift: number): TablesSpec => ({
    ...places(shift),
    durations: [[2 * hours.length, 250]],
    sizes: { count: 2 * hours.length, size: 1 },
    map: [[1, 2]],
  })
  t.equal(between(tables3h(0), tables3h(500)), 500)

  const many = MAX_CHUNKS / 2 + 1
  const stco = fullBox('stco', 0, 0, u32(many), Buffer.alloc(4 * many))
  const rest = tables({ ...chunks(0), durations: [[many, 1]], sizes: { count: many, size: 1 } })
  const claimed = Buffer.concat([rest.subarray(0, -20), stco])
  const tracks = [VIDEO, AUDIO].map(track => ({ ...track, tables: claimed }))
  t.throws(() => interleaveDistance(topLevel(moov(tracks))), { code: 'AVIO_ERR_MP4_LIMIT' })
})
