import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import { withoutTracks } from '../../../lib/mp4/rewrite/without-tracks.js'
import { bothOf } from '../../support/hls.js'

/** The `moov` of a stream. */
async function head() {
  const bytes = await bothOf({ seconds: 2 })
  const at = bytes.indexOf('moov', 0, 'latin1') - 4
  const end = at + bytes.readUInt32BE(at)
  return Buffer.from(bytes.subarray(at, end))
}

const boxOf = (bytes: Buffer) => Box.topLevel(bytes, 0, bytes.length, 0, 0)

t.test('leaves out any track, with the defaults of its fragments', async t => {
  const moov = await head()
  const movie = parseMovie(boxOf(moov))
  t.equal(movie.tracks.length, 2)
  for (const track of movie.tracks) {
    const left = boxOf(withoutTracks(moov, movie, new Set([track.id])))
    const others = movie.tracks.filter(other => other !== track)
    t.same(parseMovie(left).tracks, others)
    t.equal(left.bytes.readUInt32BE(0), left.bytes.length)
    const trex = left.child('mvex')!.children.filter(({ type }) => type === 'trex')
    t.same(
      trex.map(box => box.bytes.readUInt32BE(box.contentStart + 4)),
      others.map(({ id }) => id),
    )
    const size = (type: string, n: number) => boxOf(moov).children.filter(box => box.type === type)[n]!.size
    t.equal(left.bytes.length, moov.length - size('trak', movie.tracks.indexOf(track)) - 32)
  }
  t.ok(withoutTracks(moov, movie, new Set([7])).equals(moov), 'an unknown track ID')
})
