import t from 'tap'
import { PieceBounds, countUpTo } from '../../../lib/mp4/index/piece-bounds.js'
import { seeded } from '../../support/hostile.js'

t.test('counts the values up to another value', async t => {
  t.same(
    [-1, 0, 1, 5, 9, Infinity].map(value => countUpTo([0, 1, 1, 5, Infinity], value)),
    [0, 1, 3, 4, 4, 5],
  )
  t.equal(countUpTo([], 3), 0)
})

t.test('returns the presentation time of each piece’s first sample, and the end of its last', async t => {
  const random = seeded(3)
  for (let round = 0; round < 200; round++) {
    const number = (most: number) => Math.floor(random() * most)
    const pieces = Array.from({ length: 1 + number(6) }, () => {
      const from = number(100)
      return { at: 0, from, to: random() < 0.3 ? Infinity : from + number(60) }
    })
    const samples = Array.from({ length: number(30) }, () => ({
      time: number(160) - 20,
      length: number(9),
    }))
    const bounds = new PieceBounds(pieces)
    for (const { time, length } of samples) bounds.add(time, time + length)
    for (const [n, { from, to }] of pieces.entries()) {
      const first = Math.min(...samples.map(({ time }) => (time >= from ? time : Infinity)))
      const end = Math.max(...samples.map(({ time, length }) => (time < to ? time + length : -Infinity)))
      t.same([bounds.firstOf(n), bounds.endOf(n)], [first, end])
    }
    t.equal(bounds.latest, Math.max(...pieces.map(({ to }) => to)))
  }
})
