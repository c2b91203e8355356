import t from 'tap'
import { keyPacket } from '../../../lib/ffmpeg/probe/packet-lines.js'

t.test('reads a key packet with its fields in any order, and ignores other fields', async t => {
  const packet = { time: 1.48, offset: 83417, size: 4010 }
  t.same(keyPacket('pts_time=1.480000|dts_time=1.400000|size=4010|pos=83417|flags=K_'), packet)
  t.same(keyPacket('flags=K__|pos=83417|size=4010|pts_time=1.48|side_datum/x:side_data_type=y'), packet)
})

t.test('ignores other packets', async t => {
  t.equal(keyPacket('pts_time=1.480000|dts_time=1.4|size=4010|pos=83417|flags=__'), undefined)
  t.equal(keyPacket('pts_time=N/A|dts_time=N/A|size=4010|pos=83417|flags=K_'), undefined)
  t.equal(keyPacket(''), undefined)
})

t.test('uses placeholders for unknown values', async t => {
  t.same(keyPacket('pts_time=N/A|dts_time=-0.5|size=N/A|pos=N/A|flags=KD'), {
    time: -0.5,
    offset: -1,
    size: 0,
  })
})
