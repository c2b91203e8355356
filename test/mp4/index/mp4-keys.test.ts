import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { type FoundMovie, readMovie } from '../../../lib/mp4/index/read-moov.js'
import { keyTrack, mp4Keys } from '../../../lib/mp4/index/mp4-keys.js'
import {
  AUDIO,
  type TrackSpec,
  VIDEO,
  box,
  fragment,
  ftyp,
  moov,
  plainFragment,
  u32,
  u8,
} from '../../support/fmp4.js'
import { type TablesSpec, tables } from '../../support/sample-tables.js'

const TEXT: TrackSpec = { id: 7, handler: 'text' }

/** A file whose media begin at byte 10,000. */
function file(
  tracks: readonly TrackSpec[],
  { mvex = false, rest = u8() }: { mvex?: boolean; rest?: Buffer } = {},
): Promise<FoundMovie> {
  const front = Buffer.concat([ftyp(), moov(tracks, { mvex })])
  const media = box('mdat', Buffer.alloc(10_100 - front.length - 8))
  return readMovie(new BytesSource({ bytes: Buffer.concat([front, media, rest]) }))
}

const listed = (...sync: number[]): TablesSpec => ({
  durations: [[4, 250]],
  sizes: [10, 20, 30, 40],
  sync,
  map: [[1, 4]],
  chunks: [10_000],
})

t.test('chooses the track with the ID, else the first video track, else the first audio track', async t => {
  const id = async (tracks: TrackSpec[], wanted?: number) => keyTrack(await file(tracks), wanted)?.id
  t.equal(await id([TEXT, AUDIO, VIDEO]), 1)
  t.equal(await id([TEXT, AUDIO]), 2)
  t.equal(await id([TEXT]), undefined)
  t.equal(await id([VIDEO, AUDIO, TEXT], 7), 7)
  t.equal(await id([VIDEO], 2), undefined)
})

t.test('does not treat images and chapter images as video', async t => {
  const image: TrackSpec = { ...VIDEO, id: 3, handler: 'pict' }
  t.equal(keyTrack(await file([image, AUDIO]))?.id, 2)
  const bytes = Buffer.concat([ftyp(), moov([VIDEO, AUDIO, { ...VIDEO, id: 3 }], { mvex: false })])
  t.equal(keyTrack(await readMovie(new BytesSource({ bytes })))?.id, 1)
  const referring = await readMovie(new BytesSource({ bytes: withChapters(bytes, 1) }))
  t.equal(keyTrack(referring)?.id, 3)
})

/** Makes the second track refer to track `id` for its chapters. */
function withChapters(bytes: Buffer, id: number): Buffer {
  const tref = box('tref', box('chap', u32(id)))
  const copy = Buffer.from(bytes)
  const moovAt = 24
  const traks = [...Array(3).keys()].map(n => {
    let at = copy.indexOf('trak', 0, 'latin1')
    for (let seen = 0; seen < n; seen++) at = copy.indexOf('trak', at + 1, 'latin1')
    return at - 4
  })
  const end = traks[1]! + copy.readUInt32BE(traks[1])
  copy.writeUInt32BE(copy.readUInt32BE(traks[1]) + tref.length, traks[1])
  copy.writeUInt32BE(copy.readUInt32BE(moovAt) + tref.length, moovAt)
  return Buffer.concat([copy.subarray(0, end), tref, copy.subarray(end)])
}

t.test('lists the samples of the moov: times in seconds, and the end of the track', async t => {
  const found = await file([{ ...VIDEO, tables: tables(listed(1, 3)) }])
  t.same(await mp4Keys(found, found.movie.tracks[0]!), {
    fragmented: false,
    duration: 1,
    keys: [
      { time: 0, offset: 10_000, size: 10 },
      { time: 0.5, offset: 10_030, size: 30 },
    ],
  })
})

t.test('lists the samples of the moov and of the fragments', async t => {
  const rest = fragment({ ...plainFragment(1, 1000), at: 10_100 })
  const found = await file([{ ...VIDEO, tables: tables(listed(1)) }, AUDIO], { mvex: true, rest })
  const { fragmented, duration, keys } = await mp4Keys(found, found.movie.tracks[0]!)
  t.same([fragmented, duration], [true, 1.08])
  t.same(
    keys.map(({ time, size }) => [time, size]),
    [
      [0, 10],
      [1, 30],
    ],
  )
})

t.test('rejects a sample past the end of the file', async t => {
  const found = await file([{ ...VIDEO, tables: tables({ ...listed(1, 4), chunks: [10_001] }) }])
  await t.rejects(mp4Keys(found, found.movie.tracks[0]!), { code: 'AVIO_ERR_MP4_DATA_OFFSET', trackId: 1 })
})

t.test('finds no key frames in a track without samples, and a duration of 0', async t => {
  const found = await file([VIDEO])
  t.same(await mp4Keys(found, found.movie.tracks[0]!), { fragmented: false, duration: 0, keys: [] })
})
