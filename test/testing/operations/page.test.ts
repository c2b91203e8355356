import t from 'tap'
import { type Marker, pageOf } from '../../../lib/testing/operations/page.js'

interface Entry {
  name: string
  id: string
}

const entries: Entry[] = ['a', 'b/1', 'b/2', 'c', 'c', 'c', 'd/1', 'e'].map((name, i) => ({
  name,
  id: `id${i}`,
}))
const rule = {
  nameOf: (entry: Entry) => entry.name,
  idOf: (entry: Entry) => entry.id,
  prefix: '',
  delimiter: '',
  after: undefined as Marker | undefined,
  limit: 1000,
}

/** All pages of a listing, as names and ids; common prefixes by name alone. */
function pages(change: Partial<typeof rule>): string[][] {
  const result: string[][] = []
  let after: Marker | undefined
  do {
    const page = pageOf(entries, { ...rule, ...change, after })
    result.push([...page.entries.map(entry => entry.id), ...page.commonPrefixes].sort())
    t.equal(page.isTruncated, page.next !== undefined)
    after = page.next
  } while (after)
  return result
}

t.test('returns every entry once, for any page size', async t => {
  for (let limit = 1; limit <= 9; limit++) {
    const all = pages({ limit })
    t.same(
      all.flat(),
      entries.map(entry => entry.id),
      `${limit} a page`,
    )
    t.ok(all.every(page => page.length <= limit))
  }
})

t.test('rolls names up at a delimiter, once each, even across pages', async t => {
  for (let limit = 1; limit <= 8; limit++) {
    const all = pages({ delimiter: '/', limit })
    t.same(all.flat().sort(), ['b/', 'd/', 'id0', 'id3', 'id4', 'id5', 'id7'], `${limit} a page`)
  }
})

t.test('applies the prefix before the delimiter', async t => {
  t.same(pages({ prefix: 'b/', delimiter: '/' }), [['id1', 'id2']])
  t.same(pages({ prefix: 'b', delimiter: '/' }), [['b/']])
  t.same(pages({ prefix: 'x' }), [[]])
})

t.test('starts a listing after any name, existing or not', async t => {
  const from = (after: Marker) => pageOf(entries, { ...rule, after }).entries.map(entry => entry.id)
  t.same(from({ name: 'bb' }), ['id3', 'id4', 'id5', 'id6', 'id7'])
  t.same(from({ name: 'c' }), ['id6', 'id7'], 'without an id, the page starts after all entries of that name')
  t.same(from({ name: 'c', id: 'id4' }), ['id5', 'id6', 'id7'])
  t.same(from({ name: 'e' }), [])
})

t.test('returns nothing for a limit of zero, and no further page', async t => {
  t.same(pageOf(entries, { ...rule, limit: 0 }), {
    entries: [],
    commonPrefixes: [],
    isTruncated: false,
    next: undefined,
  })
})
