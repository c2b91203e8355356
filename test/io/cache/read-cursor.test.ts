import t from 'tap'
import { ReadCursors } from '../../../lib/io/cache/read-cursor.js'

const BLOCK = 10

/** Makes a reader wait for each of the next `count` blocks, and consume it. */
function readOn(cursors: ReadCursors, cursor: ReturnType<ReadCursors['open']>, count: number): number[] {
  return Array.from({ length: count }, () => {
    cursor.starved(cursor.position / BLOCK, BLOCK)
    cursors.deliver(cursor, BLOCK)
    return cursor.window
  })
}

t.test('starts with a window of one block and doubles it as sequential reading justifies', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 100 })
  const cursor = cursors.open(0, 10_000)
  t.equal(cursor.window, 1)
  const windows = readOn(cursors, cursor, 10)
  t.equal(windows[0], 1, 'the first wait proves nothing')
  t.same(windows.slice(0, 4), [1, 2, 3, 4])
  t.ok(windows.every((window, n) => window <= n + 1))
})

t.test('counts a wait for a block once, however often its bytes are awaited', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 100 })
  const cursor = cursors.open(0, 10_000)
  readOn(cursors, cursor, 4)
  const { window } = cursor
  cursor.starved(4, BLOCK)
  const grown = cursor.window
  cursor.starved(4, BLOCK)
  t.ok(grown > window)
  t.equal(cursor.window, grown)
})

t.test('does not grow the window of a reader that never waits', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 100 })
  const cursor = cursors.open(0, 10_000)
  for (let n = 0; n < 50; n++) cursors.deliver(cursor, BLOCK)
  t.equal(cursor.window, 1)
})

t.test('continues a nearby ended read with its window, but not a distant one', async t => {
  for (const [start, window] of [
    [80, 8],
    [75, 8],
    [60, 8],
    [100, 8],
    [59, 1],
    [101, 1],
    [0, 1],
  ] as const) {
    const cursors = new ReadCursors(BLOCK, { capacity: 100 })
    const first = cursors.open(0, 10_000)
    readOn(cursors, first, 8)
    cursors.close(first)
    t.equal(first.window, 8)
    const second = cursors.open(start, 10_000)
    t.equal(second.window, window, `from ${start}`)
    t.equal(second.returns, window > 1 ? 1 : 0)
  }
})

t.test('does not count repeated reads of the same bytes', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 100 })
  let cursor = cursors.open(0, 10_000)
  for (let n = 0; n < 20; n++) {
    cursors.deliver(cursor, BLOCK)
    cursors.close(cursor)
    cursor = cursors.open(0, 10_000)
    cursor.starved(n, BLOCK)
  }
  t.equal(cursor.window, 2)
})

t.test('leaves a continued live cursor with a small window, and remembers only its successor', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 100 })
  const first = cursors.open(0, 10_000)
  readOn(cursors, first, 8)
  const second = cursors.open(90, 10_000)
  t.equal(second.window, 8)
  t.equal(first.window, 1)
  cursors.close(first)
  t.notOk(cursors.wants(8), 'the first cursor wants no block')
  t.ok(cursors.wants(9))
})

t.test('divides the cache among cursors', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 8 })
  const first = cursors.open(0, 10_000)
  readOn(cursors, first, 20)
  t.same(cursors.reach(first), { first: 20, last: 27 })
  const second = cursors.open(5000, 10_000)
  t.same(cursors.reach(first), { first: 20, last: 23 })
  t.same(cursors.reach(second), { first: 500, last: 500 })
  cursors.close(second)
  t.same(cursors.reach(first), { first: 20, last: 23 }, 'a closed cursor keeps its share for a while')
  readOn(cursors, first, 9)
  cursors.close(cursors.open(7000, 7001))
  t.same(
    cursors.reach(first),
    { first: 29, last: 32 },
    'the second cursor was forgotten after one cacheful; the third counts',
  )
})

t.test('remembers at most eight ended cursors', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 1000 })
  for (let n = 0; n < 20; n++) cursors.close(cursors.open(1000 * n, 100_000))
  t.same(
    Array.from({ length: 20 }, (_, n) => n).filter(n => cursors.wants(100 * n)),
    [12, 13, 14, 15, 16, 17, 18, 19],
  )
})

t.test(
  'keeps the window of a live cursor, and only the block of an ended one unless it was continued',
  async t => {
    const cursors = new ReadCursors(BLOCK, { capacity: 100 })
    const first = cursors.open(0, 10_000)
    readOn(cursors, first, 8)
    t.ok(cursors.wants(15))
    t.notOk(cursors.wants(16))
    t.notOk(cursors.wants(7))
    cursors.close(first)
    t.ok(cursors.wants(8))
    t.notOk(cursors.wants(9))
    cursors.close(cursors.open(80, 10_000))
    t.ok(cursors.wants(15))
  },
)

t.test('wants nothing past the last block', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 100 })
  const cursor = cursors.open(0, 95)
  readOn(cursors, cursor, 8)
  t.same(cursors.reach(cursor), { first: 8, last: 9 })
})

t.test('stops the read-ahead of cursors before a failed block', async t => {
  const cursors = new ReadCursors(BLOCK, { capacity: 100 })
  const before = cursors.open(0, 10_000)
  const behind = cursors.open(900, 10_000)
  cursors.stopAt(5)
  t.equal(before.horizon, 5)
  t.equal(behind.horizon, Infinity)
})
