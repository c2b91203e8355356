import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { InnerBox } from '../../../lib/mp4/boxes/inner-box.js'
import { box, fullBox, longBox, u32 } from '../../support/fmp4.js'

const first = fullBox('trun', 0, 5, u32(7))
const second = longBox('trun', u32(0x01000006, 8))
const bytes = Buffer.concat([Buffer.alloc(9), box('traf', box('free'), first, second)])
const traf = Box.topLevel(bytes, 9, bytes.length, 1009, 0)

t.test('is whichever box it was moved to', async t => {
  const trun = new InnerBox('trun')
  trun.moveTo(traf, 9 + 16, first.length, 0, 1)
  t.same([trun.path, trun.offset, trun.version, trun.flags, trun.u32(4)], ['traf[0]/trun[0]', 1025, 0, 5, 7])
  t.equal(trun.box, traf.children[1])
  t.throws(() => trun.u32(8), {
    code: 'AVIO_ERR_MP4_BOX_INVALID',
    boxPath: 'traf[0]/trun[0]',
    byteOffset: 1025,
  })

  trun.moveTo(traf, 9 + 16 + first.length, second.length, 1, 2)
  const offset = 1025 + first.length
  t.same(
    [trun.path, trun.offset, trun.version, trun.flags, trun.u32(4)],
    ['traf[0]/trun[1]', offset, 1, 6, 8],
  )
  t.equal(trun.box, traf.children[2])
  t.equal(trun.length, 8, 'after a header of 16 bytes')
})

t.test('knows its place when its bytes hold others', async t => {
  const own = Buffer.from(bytes)
  const moof = new InnerBox('traf')
  const trun = new InnerBox('trun')
  const parent = Box.topLevel(
    Buffer.concat([u32(own.length - 1), Buffer.from('moof'), own.subarray(9)]),
    0,
    own.length - 1,
    500,
    3,
  )
  moof.moveTo(parent, 8, own.length - 9, 0, 0)
  trun.moveTo(moof, 8 + 16, first.length, 0, 1)
  parent.bytes.fill(0xdb)
  t.match(trun.error('AVIO_ERR_MP4_BOX_INVALID', 'it is wrong', 2), {
    message: 'moof[3]/traf[0]/trun[0] at byte 524 (track 2): it is wrong',
    byteOffset: 524,
    trackId: 2,
  })
})
