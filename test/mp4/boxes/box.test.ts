import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { MAX_BOXES } from '../../../lib/mp4/boxes/limits.js'
import { box, fullBox, longBox, u32, u8 } from '../../support/fmp4.js'

const topLevel = (bytes: Buffer, offset = 0, index = 0): Box =>
  Box.topLevel(bytes, 0, bytes.length, offset, index)

t.test('knows the types, positions and paths in a tree of boxes', async t => {
  const bytes = box(
    'moof',
    fullBox('mfhd', 0, 0, u32(1)),
    box('traf', box('trun'), box('trun')),
    longBox('traf', box('tfhd')),
  )
  const moof = topLevel(bytes, 1000, 3)
  t.same(
    moof.children.map(child => `${child.path} ${child.offset} ${child.size} ${child.length}`),
    ['moof[3]/mfhd 1008 16 8', 'moof[3]/traf[0] 1024 24 16', 'moof[3]/traf[1] 1048 24 8'],
  )
  t.equal(moof.children[1]!.children[1]!.path, 'moof[3]/traf[0]/trun[1]')
  t.equal(moof.needChild('traf').children.length, 2)
  t.equal(moof.child('none'), undefined)
  t.equal(moof.children, moof.children, 'read once')
})

t.test('gives a box in the middle of a chunk the same positions', async t => {
  const bytes = Buffer.concat([Buffer.alloc(50), box('moof', box('traf')), Buffer.alloc(9)])
  const moof = Box.topLevel(bytes, 50, 66, 1050, 0)
  t.equal(moof.children[0]!.offset, 1058)
  t.equal(moof.size, 16)
  t.same(moof.raw, bytes.subarray(50, 66))
  t.same(moof.children[0]!.raw, box('traf'))
})

t.test('rejects a child that does not fit, with its position, whatever its size says', async t => {
  const cases: [string, Buffer][] = [
    ['larger than the rest', Buffer.concat([u32(13), Buffer.from('traf')])],
    ['smaller than its header', Buffer.concat([u32(4), Buffer.from('traf')])],
    ['size 0', Buffer.concat([u32(0), Buffer.from('traf')])],
    ['64 bits and too large', Buffer.concat([u32(1), Buffer.from('traf'), u32(1, 0)])],
    ['a missing 64-bit size', Buffer.concat([u32(1), Buffer.from('traf')])],
    ['a rest without a header', u8(0, 0, 0, 8, 0x66)],
  ]
  for (const [name, bytes] of cases) {
    const moof = topLevel(box('moof', box('mfhd', u32(0, 1)), bytes), 500)
    const error = { code: 'AVIO_ERR_MP4_BOX_SIZE', boxPath: 'moof[0]/byte 16', byteOffset: 524 }
    t.throws(() => moof.children, error, name)
    t.equal(moof.childrenFrom(0, true).length, 1, `${name}: leniently, the children before it`)
  }
})

t.test('names the missing box', async t => {
  t.throws(() => topLevel(box('moof')).needChild('mfhd'), {
    code: 'AVIO_ERR_MP4_BOX_MISSING',
    message: /^moof\[0\] at byte 0: it has no mfhd box/,
  })
})

t.test('rejects more boxes than any file has, in one container or spread over many', async t => {
  const empty = box('free')
  const flat = topLevel(box('moof', Buffer.alloc((MAX_BOXES + 1) * 8).fill(empty)))
  t.throws(() => flat.children, { code: 'AVIO_ERR_MP4_LIMIT' })
  const half = box('traf', Buffer.alloc((MAX_BOXES / 2) * 8).fill(empty))
  const spread = topLevel(box('moof', half, half))
  t.throws(() => spread.children.map(traf => traf.children.length), { code: 'AVIO_ERR_MP4_LIMIT' })
})
