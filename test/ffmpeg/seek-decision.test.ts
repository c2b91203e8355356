import t from 'tap'
import { interleaveBytes, isFarApart, jumpOf } from '../../lib/ffmpeg/seek-decision.js'
import { badlyInterleaved } from '../support/bad-interleave.js'
import {
  bothInputs,
  fastStartMp4,
  ffmpegToFile,
  fragmentedMp4,
  indexLastMp4,
  transportStream,
} from '../support/media.js'

t.test('arguments that jump are known, and which of them no pipe can serve', async t => {
  t.equal(jumpOf(['-r', '25', '-accurate_seek']), undefined)
  t.same(jumpOf(['-ss', '5']), { token: '-ss', needsSeek: false })
  t.same(jumpOf(['-to', '5']), { token: '-to', needsSeek: false })
  t.same(jumpOf(['-ss', '5', '-sseof', '-1']), { token: '-sseof', needsSeek: true })
  t.same(jumpOf(['-stream_loop', '3']), { token: '-stream_loop', needsSeek: true })
})

t.test('of an MP4 the index in front is wanted, of others nothing', async t => {
  const front = await fastStartMp4()
  const end = front.indexOf('mdat') - 4
  t.ok(interleaveBytes(front.subarray(0, 64)) > 64, 'at least the next header')
  t.ok(interleaveBytes(front) <= end)
  t.ok(front.subarray(0, interleaveBytes(front)).includes('moov'))
  t.equal(interleaveBytes(await indexLastMp4()), 0)
  t.equal(interleaveBytes(await transportStream()), 0)
  t.equal(interleaveBytes(Buffer.from('\x7f\xff\xff\xffmoov00000000', 'latin1')), 0, 'too much to hold')
})

t.test('tracks that lie more than 8 MiB apart for the same moment are far apart', async t => {
  const loud = ['-c:v', 'mpeg4', '-qscale:v', '1', '-g', '25', '-c:a', 'pcm_s16le']
  const source = [...bothInputs({ seconds: 12, size: '1280x720' }), ...loud, '-movflags', '+faststart']
  const media = await ffmpegToFile(source, 'loud.mov')
  t.equal(isFarApart(media), false)
  t.equal(isFarApart(badlyInterleaved(media)), true)
  t.equal(isFarApart(badlyInterleaved(await fastStartMp4())), false, 'a small file is never folly')
  t.equal(isFarApart(await fragmentedMp4()), false)
  t.equal(isFarApart(Buffer.from('not an MP4 at all')), false)
})
