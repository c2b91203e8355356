import t from 'tap'
import { checkRange } from '../../lib/io/check-range.js'

t.test('a range within the size passes, an empty one at the end too', async t => {
  for (const [start, end] of [
    [0, 0],
    [0, 10],
    [10, 10],
    [3, 4],
  ] as const) {
    t.doesNotThrow(() => checkRange(start, end, 10, 'x'))
  }
})

t.test('one that ends behind the size, or is none, is refused, and the error knows the place', async t => {
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

t.test('without a size only the place itself is looked at', async t => {
  t.doesNotThrow(() => checkRange(0, Number.MAX_SAFE_INTEGER, undefined, 'x'))
})
