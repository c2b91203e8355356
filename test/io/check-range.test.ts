import t from 'tap'
import { checkRange } from '../../lib/io/check-range.js'

t.test('accepts a range within the size, and an empty one at the end', async t => {
  for (const [start, end] of [
    [0, 0],
    [0, 10],
    [10, 10],
    [3, 4],
  ] as const) {
    t.doesNotThrow(() => checkRange(start, end, 10, 'x'))
  }
})

t.test('rejects a range past the end and an invalid one, with the position', async t => {
  for (const [start, end, byteOffset] of [
    [5, 11, 10],
    [11, 11, 11],
    [12, 19, 12],
  ] as const) {
    t.throws(() => checkRange(start, end, 10, 'talk.mov'), {
      name: 'SourceError',
      code: 'AVIO_ERR_SOURCE_RANGE',
      message: `Cannot read from ${start} to ${end} of talk.mov: it has 10 bytes.`,
      source: 'talk.mov',
      byteOffset,
    })
  }
  for (const [start, end] of [
    [-1, 3],
    [4, 3],
    [0.5, 3],
    [0, NaN],
    [0, Infinity],
    ['0', 3],
  ] as [number, number][]) {
    t.throws(() => checkRange(start, end, undefined, 'x'), {
      code: 'AVIO_ERR_SOURCE_RANGE',
      message: /a range needs/,
    })
  }
})

t.test('checks only the range itself without a size', async t => {
  t.doesNotThrow(() => checkRange(0, Number.MAX_SAFE_INTEGER, undefined, 'x'))
})
