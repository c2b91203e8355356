import t from 'tap'
import { sortInTurns } from '../../../lib/io/async/sort-in-turns.js'
import { atOnce } from '../../../lib/io/async/turns.js'
import { seeded } from '../../support/hostile.js'

interface Item {
  readonly key: number
  readonly place: number
}
const items = (keys: readonly number[]): Item[] => keys.map((key, place) => ({ key, place }))
const sorted = (keys: readonly number[]) => atOnce(sortInTurns(items(keys), ({ key }) => key))
const expected = (keys: readonly number[]) => items(keys).sort((a, b) => a.key - b.key)

t.test('sorts lists of any length stably, like the engine', async t => {
  const random = seeded(1)
  for (const length of [0, 1, 2, 4095, 4096, 4097, 8192, 12_289, 50_000]) {
    const keys = Array.from({ length }, () => Math.floor(random() * length * 0.7))
    t.ok(JSON.stringify(sorted(keys)) === JSON.stringify(expected(keys)), `${length} items`)
    t.ok(JSON.stringify(sorted([...keys].reverse())) === JSON.stringify(expected([...keys].reverse())))
  }
})

t.test('does not change a sorted list', async t => {
  const list = items(Array.from({ length: 10_000 }, (_, n) => n >> 1))
  t.equal(atOnce(sortInTurns(list, ({ key }) => key)), list)
})

t.test('processes at most 4096 items per step', async t => {
  for (const step of sortInTurns(items(Array.from({ length: 100_000 }, (_, n) => -n)), ({ key }) => key)) {
    if (step > 4096) t.fail(`${step} at once`)
  }
})
