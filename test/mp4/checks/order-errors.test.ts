import t from 'tap'
import type { BoxHeader } from '../../../lib/mp4/boxes/box-reader.js'
import {
  emptyStream,
  endWithoutFragment,
  endWithoutMoov,
  ftypMissing,
  misplaced,
  moovMissing,
  notMp4,
  orphan,
  sizeZero,
  trackWithoutSamples,
  trailing,
} from '../../../lib/mp4/checks/order-errors.js'

const box = (type: string): BoxHeader => ({
  ...{ type, index: 1, path: `${type}[1]`, offset: 700, size: 100, headerSize: 8 },
})

t.test('names the box, its position and the remedy in an error', async t => {
  const cases: [Error, string, RegExp][] = [
    [ftypMissing(box('moov')), 'FTYP_MISSING', /ftyp \(or styp\)/],
    [sizeZero(box('moof')), 'SIZE_ZERO', /-frag_duration 2000000/],
    [sizeZero(box('moov')), 'SIZE_ZERO', /cover art/],
    [sizeZero(box('free')), 'BOX_SIZE', /only allowed for the last mdat/],
    [misplaced(box('moov'), 'there already was a moov'), 'BOX_MISPLACED', /already was a moov\. .*muxer/],
    [moovMissing(box('moof')), 'MOOV_MISSING', /initialization segment must come first/],
    [trailing(box('styp'), 'after mfra'), 'TRAILING_DATA', /100 bytes after mfra/],
    [orphan(box('mdat'), true), 'SAMPLES_OUTSIDE_FRAGMENT', /\+delay_moov/],
    [orphan(box('mdat'), false), 'SAMPLES_OUTSIDE_FRAGMENT', /index last.*\+frag_keyframe/],
  ]
  for (const [error, code, message] of cases) {
    t.match(error, { code: `AVIO_ERR_MP4_${code}`, byteOffset: 700, boxPath: /\[1\]$/, message })
    t.match(error.message, /^\w{4}\[1\] at byte 700: /)
  }
})

t.test('names no box in an error about the whole stream', async t => {
  t.match(notMp4(box('o wo')), {
    code: 'AVIO_ERR_MP4_NOT_MP4',
    byteOffset: 0,
    message: /"o wo" of 100 bytes/,
  })
  t.match(emptyStream(), { code: 'AVIO_ERR_MP4_EMPTY', byteOffset: 0 })
  t.match(endWithoutMoov(20), { code: 'AVIO_ERR_MP4_MOOV_MISSING', byteOffset: 20 })
  t.match(endWithoutFragment(900), { code: 'AVIO_ERR_MP4_NO_FRAGMENT', byteOffset: 900 })
  for (const error of [notMp4(box('o wo')), emptyStream(), endWithoutMoov(1), endWithoutFragment(1)]) {
    t.notOk('boxPath' in error)
  }
})

t.test('names the track without samples, its position, and how to leave it out', async t => {
  const trak = { path: 'moov/trak[1]', offset: 300 }
  const error = trackWithoutSamples({ trak, trackId: 2, kind: 'audio' })
  t.match(error, {
    ...{ code: 'AVIO_ERR_MP4_NO_FRAGMENT', boxPath: 'moov/trak[1]', byteOffset: 300, trackId: 2 },
    message: /without a sample of this audio track.*-an/,
  })
})
