import t from 'tap'
import { jumpOf } from '../../../lib/ffmpeg/args/seek-arguments.js'

t.test('arguments that jump are known, and which of them no pipe can serve', async t => {
  t.equal(jumpOf(['-r', '25', '-accurate_seek']), undefined)
  t.same(jumpOf(['-ss', '5']), { token: '-ss', needsSeek: false })
  t.same(jumpOf(['-to', '5']), { token: '-to', needsSeek: false })
  t.same(jumpOf(['-ss', '5', '-sseof', '-1']), { token: '-sseof', needsSeek: true })
  t.same(jumpOf(['-stream_loop', '3']), { token: '-stream_loop', needsSeek: true })
})
