import t from 'tap'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import { refusedTracks } from '../../../lib/mp4/checks/unsupported-tracks.js'
import { AUDIO, VIDEO, box, moov } from '../../support/fmp4.js'
import { topLevel } from '../../support/sample-tables.js'

function refusals(entry: Buffer, handler: string): unknown[] {
  const movie = topLevel(moov([{ ...VIDEO }, { ...AUDIO, entry, handler }]))
  return [...refusedTracks(movie, parseMovie(movie))].map(({ code, trackId, boxPath }) => [
    code,
    trackId,
    boxPath,
  ])
}

t.test('rejects tx3g and encrypted tracks, each with its ID and the position of its description', t => {
  const stsd = 'moov/trak[1]/mdia/minf/stbl/stsd'
  t.same(refusals(box('tx3g', Buffer.alloc(80)), 'sbtl'), [
    ['AVIO_ERR_MP4_TRACK_UNSUPPORTED', 2, `${stsd}/tx3g[0]`],
  ])
  t.same(refusals(box('enca', Buffer.alloc(80)), 'soun'), [
    ['AVIO_ERR_MP4_TRACK_UNSUPPORTED', 2, `${stsd}/enca[0]`],
  ])
  t.same(refusals(box('wvtt', Buffer.alloc(80)), 'text'), [])
  t.same(refusals(box('text', Buffer.alloc(80)), 'text'), [], 'chapters')
  t.end()
})
