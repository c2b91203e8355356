import t from 'tap'
import { asksForSeek } from '../../../lib/ffmpeg/args/asks-for-seek.js'

t.test('finds arguments that seek, and those that no pipe supports', async t => {
  t.equal(asksForSeek(['-r', '25', '-accurate_seek']), undefined)
  t.same(asksForSeek(['-ss', '5']), { token: '-ss', needsSeek: false })
  t.same(asksForSeek(['-to', '5']), { token: '-to', needsSeek: false })
  t.same(asksForSeek(['-ss', '5', '-sseof', '-1']), { token: '-sseof', needsSeek: true })
  t.same(asksForSeek(['-stream_loop', '3']), { token: '-stream_loop', needsSeek: true })
})
