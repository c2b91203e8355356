import t from 'tap'
import { atOnce } from '../../../lib/io/async/turns.js'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { MAX_EMPTY_ENTRIES } from '../../../lib/mp4/boxes/limits.js'
import { RunLengthCursor } from '../../../lib/mp4/index/run-length-cursor.js'
import { fullBox, u32 } from '../../support/fmp4.js'

const table = (...numbers: number[]): Box => {
  const bytes = fullBox('stts', 0, 0, u32(numbers.length / 2, ...numbers))
  return Box.topLevel(bytes, 0, bytes.length, 0, 0)
}

t.test('moves over any number of samples and adds up their values', async t => {
  const runs = new RunLengthCursor(table(3, 10, 0, 99, 2, 7))
  t.equal(runs.advance(1), 10)
  t.equal(runs.advance(3), 27, 'two of the first run, none of the empty one, one of the last')
  t.equal(runs.advance(5), 7, 'nothing after the last run')
  t.equal(runs.advance(1), 0)
  t.same(atOnce(new RunLengthCursor(table(3, 10, 2, 7)).totals()), { samples: 5, sum: 44 })
})

t.test('takes one step for four billion samples', async t => {
  const runs = new RunLengthCursor(table(0xffffffff, 2))
  t.equal(runs.advance(0xffffffff), 2 * 0xffffffff)
})

t.test('allows negative values if the table does', async t => {
  t.equal(new RunLengthCursor(table(2, -5), true).advance(2), -10)
  t.equal(new RunLengthCursor(table(1, -5)).advance(1), 2 ** 32 - 5)
})

t.test('rejects a table shorter than it states', async t => {
  const bytes = fullBox('stts', 0, 0, u32(2, 1, 1))
  t.throws(() => new RunLengthCursor(Box.topLevel(bytes, 0, bytes.length, 0, 0)), {
    code: 'AVIO_ERR_MP4_BOX_INVALID',
  })
})

t.test('limits the number of skipped runs without samples', async t => {
  const runs = (empty: number) => {
    const bytes = fullBox('stts', 0, 0, u32(empty + 1), Buffer.alloc(8 * empty), u32(1, 5))
    return new RunLengthCursor(Box.topLevel(bytes, 0, bytes.length, 0, 0))
  }
  t.same(atOnce(runs(MAX_EMPTY_ENTRIES).totals()), { samples: 1, sum: 5 })
  t.throws(() => atOnce(runs(MAX_EMPTY_ENTRIES + 1).totals()), { code: 'AVIO_ERR_MP4_LIMIT' })
})
