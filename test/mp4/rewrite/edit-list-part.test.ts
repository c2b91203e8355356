import t from 'tap'
import { bytesOf } from '../../../lib/mp4/boxes/box-writer.js'
import { editListPart } from '../../../lib/mp4/rewrite/edit-list-part.js'
import { fullBox, u32, u64 } from '../../support/fmp4.js'

const edit = (segmentDuration: number, mediaTime: number, mediaRate = 1) => {
  return { segmentDuration, mediaTime, mediaRate }
}

t.test('writes a 32-bit edit list if its numbers allow it', async t => {
  const rows = [u32(500), u32(0xffffffff), u32(0x10000), u32(0), u32(1024), u32(0x8000)]
  t.same(bytesOf(editListPart([edit(500, -1), edit(0, 1024, 0.5)])), fullBox('elst', 0, 0, u32(2), ...rows))
  t.same(bytesOf(editListPart([])), fullBox('elst', 0, 0, u32(0)))
})

t.test('writes a 64-bit edit list for longer durations or times', async t => {
  for (const [long, row] of [
    [edit(2 ** 40, 7), [u64(2 ** 40), u64(7)]],
    [edit(0xffffffff, 7), [u64(0xffffffff), u64(7)]],
    [edit(7, 2 ** 31), [u64(7), u64(2 ** 31)]],
  ] as const) {
    const wait = [u64(500), u32(0xffffffff, 0xffffffff), u32(0x10000)]
    t.same(
      bytesOf(editListPart([edit(500, -1), long])),
      fullBox('elst', 1, 0, u32(2), ...wait, ...row, u32(0x10000)),
    )
  }
})
