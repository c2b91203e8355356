import t from 'tap'
import { Reused } from '../../../lib/mp4/fragments/reused.js'

t.test('makes an object only where the list grows, and forgets those that are left over', async t => {
  let made = 0
  const list = new Reused(() => ({ name: ++made, value: '' }))
  const fill = (...values: string[]) => {
    list.begin()
    for (const value of values) list.next().value = value
    list.end()
    return list.items.map(({ name, value }) => `${name}${value}`)
  }
  t.same(fill('a', 'b'), ['1a', '2b'])
  t.equal(list.count, 2)
  t.same(fill('c', 'd', 'e'), ['1c', '2d', '3e'])
  t.same(fill('f'), ['1f'])
  t.same(fill('g', 'h'), ['1g', '4h'])
  t.same(fill(), [])
})
