import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { readMovie } from '../../../lib/mp4/index/read-moov.js'
import { MAX_HOPS } from '../../../lib/mp4/boxes/limits.js'
import { AUDIO, VIDEO, box, ftyp, moov, u32 } from '../../support/fmp4.js'
import { fastStartMp4, indexLastMp4 } from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'

const INDEX = moov([VIDEO, AUDIO], { mvex: false })
const MEDIA = box('mdat', Buffer.alloc(1_000_000))

t.test('finds the index in front with one read, and one at the end with two more', async t => {
  for (const [bytes, reads] of [
    [Buffer.concat([ftyp(), INDEX, MEDIA]), 1],
    [Buffer.concat([ftyp(), MEDIA, INDEX]), 3],
  ] as const) {
    const source = new LoggedAccess(bytes)
    const { movie, box: found, end } = await readMovie(source)
    t.equal(movie.tracks.length, 2)
    t.equal(end, found.offset + INDEX.length)
    t.equal(source.reads.length, reads)
    t.ok(source.delivered < 70_000, `${source.delivered} bytes`)
  }
})

t.test('finds the index in real files, anywhere', async t => {
  for (const bytes of [await fastStartMp4(), await indexLastMp4()]) {
    const { movie } = await readMovie(new BytesSource({ bytes }))
    t.same(
      movie.tracks.map(({ kind }) => kind),
      ['video', 'audio'],
    )
  }
})

t.test('reports a file without an index, and an empty file', async t => {
  await t.rejects(readMovie(new BytesSource({ bytes: Buffer.concat([ftyp(), MEDIA]) })), {
    code: 'AVIO_ERR_MP4_MOOV_MISSING',
    byteOffset: 1_000_032,
  })
  await t.rejects(readMovie(new BytesSource({ bytes: Buffer.alloc(0) })), { code: 'AVIO_ERR_MP4_EMPTY' })
})

t.test('skips an index larger than the limit', async t => {
  const source = new LoggedAccess(Buffer.concat([ftyp(), MEDIA, INDEX]))
  await t.rejects(readMovie(source, undefined, INDEX.length - 1), { code: 'AVIO_ERR_MP4_BOX_TOO_LARGE' })
  const claimed = Buffer.concat([ftyp(), u32(0x7fffffff), Buffer.from('moov')])
  await t.rejects(readMovie(new BytesSource({ bytes: claimed })), { code: 'AVIO_ERR_MP4_BOX_TRUNCATED' })
})

t.test('makes at most a thousand hops over a million small boxes', async t => {
  const many = Buffer.concat([
    ftyp(),
    ...Array.from({ length: 3 * MAX_HOPS }, () => box('free', Buffer.alloc(200))),
  ])
  const source = new LoggedAccess(many)
  await t.rejects(readMovie(source), { code: 'AVIO_ERR_MP4_LIMIT' })
  t.ok(source.reads.length <= MAX_HOPS + 1, `${source.reads.length} reads`)
  const few = Buffer.concat([ftyp(), ...Array.from({ length: MAX_HOPS - 2 }, () => box('free')), INDEX])
  t.equal((await readMovie(new BytesSource({ bytes: few }))).movie.tracks.length, 2)
})

t.test('ends on abort', async t => {
  await t.rejects(readMovie(new BytesSource({ bytes: MEDIA }), AbortSignal.abort()), { name: 'AbortError' })
})
