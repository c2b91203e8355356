import t from 'tap'
import { atOnce } from '../../../lib/io/async/turns.js'
import { KeyColumns } from '../../../lib/mp4/index/key-columns.js'
import { MAX_KEY_SAMPLES } from '../../../lib/mp4/boxes/limits.js'

function filled(times: readonly number[], { search = -Infinity, latest = Infinity } = {}): KeyColumns {
  const columns = new KeyColumns(search, latest)
  for (const [n, time] of times.entries()) columns.add(time, 100 + n, n)
  atOnce(columns.sort())
  return columns
}

const rows = (columns: KeyColumns, search: number, to: number) => {
  const [from, end] = columns.cut(search, to)
  return Array.from({ length: end - from }, (_, n) => [
    columns.timeAt(from + n),
    columns.offsetAt(from + n),
    columns.sizeAt(from + n),
  ])
}

t.test('cuts out a piece: from the last key frame at or before its start to its end', async t => {
  const columns = filled([0, 10, 20, 30])
  t.same(rows(columns, -Infinity, Infinity).length, 4)
  t.same(rows(columns, 10, 30), [
    [10, 101, 1],
    [20, 102, 2],
  ])
  t.same(rows(columns, 19, 21), [
    [10, 101, 1],
    [20, 102, 2],
  ])
  t.same(rows(columns, -5, 1), [[0, 100, 0]])
  t.same(rows(columns, 40, 50), [[30, 103, 3]])
  t.same(rows(filled([]), 0, Infinity), [])
})

t.test('sorts key frames by time, each with its position and size', async t => {
  t.same(rows(filled([20, 0, 10]), -Infinity, Infinity), [
    [0, 101, 1],
    [10, 102, 2],
    [20, 100, 0],
  ])
})

t.test('drops key frames that no piece shows', async t => {
  t.same(rows(filled([0, 1, 2, 3, 50, 99, 100], { search: 2, latest: 99 }), -Infinity, Infinity), [
    [2, 102, 2],
    [3, 103, 3],
    [50, 104, 4],
  ])
})

t.test('accepts one more than the limit, to detect an excess', async t => {
  const columns = new KeyColumns(-Infinity, Infinity)
  for (let n = 0; n <= MAX_KEY_SAMPLES; n++) if (!columns.add(n, 0, 0)) t.fail('rejected')
  t.equal(columns.add(2 ** 21, 0, 0), false)
})
