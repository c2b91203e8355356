import t from 'tap'
import { Column, LongColumn, RunColumn } from '../../../lib/mp4/faststart/packed-columns.js'
import { heldBytes } from '../../support/held-bytes.js'

t.test('returns the values added to a column, page by page, one by one and many at once', t => {
  const column = new Column()
  const expected: number[] = []
  const add = (value: number, count?: number): void => {
    column.add(value, count)
    for (let n = 0; n < (count ?? 1); n++) expected.push(value)
  }
  for (let n = 0; n < 5000; n++) add(n % 256)
  add(0xffffffff)
  add(65_536, 9000)
  for (let n = 0; n < 9000; n++) add(n * 7)
  add(3, 0)
  t.equal(column.length, expected.length)
  t.same([...column.values()], expected)
  t.end()
})

t.test('takes as many bytes per value of a full page as its largest needs', async t => {
  for (const [value, width] of [
    [255, 1],
    [65_535, 2],
    [65_536, 4],
  ] as const) {
    const before = await heldBytes()
    const column = new Column()
    for (let n = 0; n < 2 ** 20; n++) column.add(value)
    const held = (await heldBytes()) - before
    t.ok(held <= width * 2 ** 20 + 2 ** 15, `${held} bytes for ${value}`)
    t.equal(column.length, 2 ** 20)
  }
})

t.test('stores values past 32 bits in long columns', t => {
  const column = new LongColumn()
  const expected = Array.from({ length: 10_000 }, (_, n) => n * 2 ** 33)
  for (const value of expected) column.add(value)
  t.equal(column.length, 10_000)
  t.same([...column.values()], expected)
  t.end()
})

t.test('stores each run of equal values as one entry', t => {
  const column = new RunColumn()
  t.equal(column.runs, 0)
  t.same([...column.entries()], [])
  column.add(0, 3)
  column.add(0)
  column.add(7, 0)
  column.add(5)
  column.add(0, 2 ** 31)
  column.add(0, 2 ** 30)
  t.equal(column.runs, 3)
  t.same(
    [...column.entries()],
    [
      [4, 0],
      [1, 5],
      [3 * 2 ** 30, 0],
    ],
  )
  t.end()
})
