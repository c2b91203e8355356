import t from 'tap'
import { tablesEnd } from '../../../lib/containers/extents/mp4-tables.js'
import { box, full, moov, samples, u32 } from '../../support/index-boxes.js'

t.test('finds the end of the last chunk in the file', async t => {
  const track = (offsets: number[], perChunk: number, sizes: number[]) =>
    samples({ offsets, perChunk, sizes })
  t.equal(tablesEnd(moov(track([100, 200], 2, [1, 2, 3, 4]))), 207)
  t.equal(tablesEnd(moov(track([200, 100], 2, [1, 2, 3, 4]))), 203, 'in another order')
  t.equal(tablesEnd(moov(track([100, 200], 2, [1, 2, 3]))), 203, 'a partial chunk')
  t.equal(tablesEnd(moov(track([100], 2, [1, 2]), track([5000], 1, [9]))), 5009)
  t.equal(
    tablesEnd(moov(samples({ offsets: [100, 200], perChunk: 2, sizes: [1, 2, 3, 4], long: true }))),
    207,
  )
  t.equal(tablesEnd(moov(samples({ offsets: [100, 200], perChunk: 3, fixed: 10, count: 5 }))), 220)
})

t.test('ignores samples without bytes, tracks without samples, and tracks in other files', async t => {
  t.equal(tablesEnd(moov(samples({ offsets: [9000], perChunk: 1, sizes: [0] }))), 0)
  t.equal(tablesEnd(moov(samples({ offsets: [], perChunk: 1, sizes: [] }))), 0)
  const other = samples({ offsets: [9000], perChunk: 1, sizes: [5], external: true })
  t.equal(tablesEnd(moov(other, samples({ offsets: [100], perChunk: 1, sizes: [5] }))), 105)
})

t.test('states nothing for unreadable tables', async t => {
  const broken = box('trak', box('mdia', box('minf', box('stbl', full('stsz', u32(0, 5))))))
  t.equal(tablesEnd(moov(broken)), undefined)
  t.equal(
    tablesEnd(moov(samples({ offsets: [1, 2], perChunk: 1, sizes: [1, 2], entries: 2 ** 31 }))),
    undefined,
  )
})

t.test('takes the same work for any number of claimed samples', async t => {
  const many = moov(samples({ offsets: [100], perChunk: 2 ** 32 - 1, fixed: 1, count: 2 ** 32 - 1 }))
  t.equal(tablesEnd(many), undefined)
})
