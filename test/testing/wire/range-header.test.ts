import t from 'tap'
import { firstByteOf, parseRange } from '../../../lib/testing/wire/range-header.js'

t.test('trims one range to the object', async t => {
  const expected: Record<string, [number, number]> = {
    'bytes=0-0': [0, 1],
    'bytes=2-5': [2, 6],
    'bytes=2-': [2, 10],
    'bytes=2-9': [2, 10],
    'bytes=2-1000': [2, 10],
    'bytes=9-': [9, 10],
    'bytes=-3': [7, 10],
    'bytes=-10': [0, 10],
    'bytes=-11': [0, 10],
    'Bytes = 2 - 5': [2, 6],
  }
  for (const [header, [start, end]] of Object.entries(expected))
    t.same(parseRange(header, 10), { start, end }, header)
})

t.test('reports an empty range as unsatisfiable', async t => {
  for (const header of ['bytes=10-', 'bytes=10-20', 'bytes=-0'])
    t.equal(parseRange(header, 10), 'unsatisfiable', header)
  for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-5'])
    t.equal(parseRange(header, 0), 'unsatisfiable', header)
})

t.test('ignores everything except a single range of bytes', async t => {
  for (const header of [
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=0-1,3-4',
    'lines=0-1',
  ]) {
    t.equal(parseRange(header, 10), undefined, String(header))
  }
})

t.test('finds the first byte of every range except a suffix', async t => {
  t.equal(firstByteOf('bytes=7-9'), 7)
  t.equal(firstByteOf('bytes=7-'), 7)
  t.equal(firstByteOf('bytes=-7'), undefined)
  t.equal(firstByteOf(undefined), undefined)
})
