import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { MAX_BOXES } from '../../../lib/mp4/boxes/limits.js'
import { box, fullBox, longBox, u16, u32, u64, u8 } from '../../support/fmp4.js'

const topLevel = (bytes: Buffer): Box => Box.topLevel(bytes, 0, bytes.length, 0, 0)

t.test('reads numbers from the content, and never past its end', async t => {
  const { children } = topLevel(
    box('moov', box('mvhd', u8(1), u16(2), u32(0xfffffffe), u64(2 ** 40)), box('free')),
  )
  const mvhd = children[0]!
  t.equal(mvhd.u8(0), 1)
  t.equal(mvhd.u16(1), 2)
  t.equal(mvhd.u32(3), 0xfffffffe)
  t.equal(mvhd.i32(3), -2)
  t.equal(mvhd.u64(7), 2 ** 40)
  const short = { code: 'AVIO_ERR_MP4_BOX_INVALID', boxPath: 'moov/mvhd', byteOffset: 8 }
  t.throws(() => mvhd.u8(15), short)
  t.throws(() => mvhd.u16(14), short)
  t.throws(() => mvhd.u32(12), short)
  t.throws(() => mvhd.u64(8), short)
  t.throws(() => mvhd.type4(12), short)
  t.throws(() => mvhd.u64(0), { ...short, message: /past 2\^53/ })
  t.throws(() => mvhd.needLength(16), { ...short, message: /has 15 bytes, but its fields need 16/ })
})

t.test('reads version and flags of a full box', async t => {
  const tfhd = topLevel(fullBox('tfhd', 1, 0x020038, u32(7)))
  t.equal(tfhd.version, 1)
  t.equal(tfhd.flags, 0x020038)
})

t.test('reads the size of an inner box, which must fit', async t => {
  const moof = topLevel(box('moof', box('free', u8(1)), longBox('traf'), u32(9), 'traf'))
  t.same([moof.childSize(8), moof.childSize(17)], [9, 16])
  t.throws(() => moof.childSize(33), {
    message: 'moof[0]/byte 25 at byte 33: 8 bytes are left in moof, but the box there claims 9',
    code: 'AVIO_ERR_MP4_BOX_SIZE',
  })
  t.throws(() => moof.childSize(34), { message: /7 bytes are left in moof, too few for a box header/ })
})

t.test('limits the number of boxes', async t => {
  const moof = topLevel(box('moof'))
  moof.checkCount(MAX_BOXES)
  t.throws(() => moof.checkCount(MAX_BOXES + 1), { code: 'AVIO_ERR_MP4_LIMIT', boxPath: 'moof[0]' })
})
