import t from 'tap'
import { parseContentRange, parseUnsatisfiedRange, rangeHeader } from '../../lib/io/byte-range.js'

t.test('converts an exclusive end to HTTP’s inclusive one', async t => {
  t.equal(rangeHeader(0, 1), 'bytes=0-0')
  t.equal(rangeHeader(100, 200), 'bytes=100-199')
  t.equal(rangeHeader(7), 'bytes=7-')
})

t.test('parses a Content-Range to an exclusive end and the size', async t => {
  t.same(parseContentRange('bytes 0-99/1234'), { start: 0, end: 100, size: 1234 })
  t.same(parseContentRange('bytes 5-5/6'), { start: 5, end: 6, size: 6 })
  t.same(parseContentRange('bytes 0-99/*'), { start: 0, end: 100, size: undefined })
})

t.test('ignores a contradictory or invalid Content-Range', async t => {
  for (const bad of [
    undefined,
    '',
    'bytes */1234',
    'bytes 9-5/10',
    'bytes 0-10/10',
    'items 0-1/2',
    'bytes 0-1/2, bytes 3-4/5',
    'bytes 0-99999999999999999999/99999999999999999999',
  ]) {
    t.equal(parseContentRange(bad), undefined, String(bad))
  }
})

t.test('reads the size from a 416', async t => {
  t.equal(parseUnsatisfiedRange('bytes */0'), 0)
  t.equal(parseUnsatisfiedRange('bytes */1234'), 1234)
  t.equal(parseUnsatisfiedRange('bytes 0-1/2'), undefined)
  t.equal(parseUnsatisfiedRange(undefined), undefined)
})
