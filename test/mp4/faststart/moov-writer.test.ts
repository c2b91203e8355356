import t from 'tap'
import { parseFragment } from '../../../lib/mp4/fragments/fragment.js'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import { type MoovSource, writeMoov } from '../../../lib/mp4/faststart/moov-writer.js'
import { SampleLog } from '../../../lib/mp4/faststart/sample-log.js'
import { VIDEO, box, moof, moov, offsetOf } from '../../support/fmp4.js'
import { topLevel } from '../../support/sample-tables.js'

/** A track with one sample, at `place` in the media. */
function sourceOf(place: number, mediaSize: number): MoovSource {
  const log = new SampleLog()
  const tracks = [{ id: 1, time: 0, runs: [{ samples: [{ size: 1 }] }] }]
  const run = parseFragment(topLevel(moof({ sequence: 1, tracks }, 0)), () => undefined).tracks[0]!.runs[0]!
  log.add(run, place, 1)
  log.end()
  const movie = topLevel(Buffer.from(moov([VIDEO])))
  return {
    name: 'Test',
    ftyp: undefined,
    moov: movie,
    movie: parseMovie(movie),
    logs: new Map([[1, log]]),
    mediaSize,
  }
}

t.test('uses 64-bit media offsets only if the header makes them too large for 32', t => {
  const { length } = writeMoov(sourceOf(0, 1))
  const last = 2 ** 32 - 1 - length
  const short = writeMoov(sourceOf(last, 1))
  t.equal(short.length, length)
  t.equal(short.readUInt32BE(short.indexOf('stco') + 12), 2 ** 32 - 1)
  const long = writeMoov(sourceOf(last + 1, 1))
  t.equal(long.length, length + 4)
  t.equal(long.readBigUInt64BE(long.indexOf('co64') + 12), BigInt(last + 1 + length + 4))
  const padded = writeMoov(sourceOf(last, 1), length + 100)
  t.ok(padded.includes('co64'), 'padding counts as well')
  t.end()
})

t.test('uses a 64-bit header for the media only if needed', t => {
  const short = writeMoov(sourceOf(0, 2 ** 32 - 9))
  t.same(short.subarray(-8), Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.from('mdat')]))
  const long = writeMoov(sourceOf(0, 2 ** 32 - 8))
  t.equal(long.length, short.length + 8)
  t.equal(long.readBigUInt64BE(long.length - 8), BigInt(2 ** 32 + 8))
  t.end()
})

t.test('writes the padding as a box of its own, before the header of the media', t => {
  const { length } = writeMoov(sourceOf(0, 1))
  const head = writeMoov(sourceOf(0, 1), length + 20)
  t.equal(head.length, length + 20)
  t.same(head.subarray(offsetOf(head, 'free[0]'), -8), box('free', Buffer.alloc(12)))
  t.end()
})

t.test('rejects an index past 1 GiB', t => {
  const source = sourceOf(0, 1)
  Object.defineProperty(source.logs.get(1)!, 'sizes', { value: { values: () => [] } })
  Object.defineProperty(source.logs.get(1)!, 'count', { value: 2 ** 28 })
  t.throws(() => writeMoov(source), { code: 'AVIO_ERR_MP4_LIMIT' })
  t.end()
})
