import t from 'tap'
import { atOnce } from '../../../lib/io/async/turns.js'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { MAX_EMPTY_ENTRIES } from '../../../lib/mp4/boxes/limits.js'
import { ChunkCursor } from '../../../lib/mp4/index/chunk-cursor.js'
import { type Part, box, fullBox, u32, u64 } from '../../support/fmp4.js'

const stbl = (...parts: Part[]): Box => {
  const bytes = box('stbl', ...parts)
  return Box.topLevel(bytes, 0, bytes.length, 0, 0)
}
const stsc = (...rows: number[][]) => fullBox('stsc', 0, 0, u32(rows.length, ...rows.flat()))
const stco = (...offsets: number[]) => fullBox('stco', 0, 0, u32(offsets.length, ...offsets))

function all(chunks: ChunkCursor): number[][] {
  const found: number[][] = []
  while (chunks.next()) found.push([chunks.offset, chunks.samples])
  return found
}

t.test('returns the position and number of samples of each chunk', async t => {
  const chunks = new ChunkCursor(stbl(stsc([1, 3, 1], [3, 1, 1]), stco(100, 200, 300, 400)))
  t.same([chunks.count, atOnce(chunks.capacity())], [4, 8])
  t.same(all(chunks), [
    [100, 3],
    [200, 3],
    [300, 1],
    [400, 1],
  ])
})

t.test('reads positions past 4 GiB', async t => {
  const offsets = fullBox('co64', 0, 0, u32(2), u64(2 ** 33, 2 ** 40))
  t.same(all(new ChunkCursor(stbl(stsc([1, 1, 1]), offsets))), [
    [2 ** 33, 1],
    [2 ** 40, 1],
  ])
})

t.test('skips empty chunks, and ignores map entries for missing chunks', async t => {
  const chunks = new ChunkCursor(stbl(stsc([1, 0, 1], [2, 5, 1], [9, 7, 1]), stco(100, 200)))
  t.equal(atOnce(chunks.capacity()), 5)
  t.same(all(chunks), [[200, 5]])
  t.same(all(new ChunkCursor(stbl(stsc(), stco(1, 2)))), [], 'no samples without a map')
})

t.test('rejects a map out of order, and tables shorter than they state', async t => {
  for (const map of [stsc([2, 1, 1]), stsc([1, 1, 1], [1, 2, 1]), stsc([0, 1, 1])]) {
    const damaged = { code: 'AVIO_ERR_MP4_BOX_INVALID', boxPath: 'stbl/stsc[0]' }
    t.throws(() => all(new ChunkCursor(stbl(map, stco(1)))), damaged)
    t.throws(() => atOnce(new ChunkCursor(stbl(map, stco(1))).capacity()), damaged)
  }
  const short = fullBox('stco', 0, 0, u32(1000))
  t.throws(() => new ChunkCursor(stbl(stsc([1, 1, 1]), short)), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
  t.throws(() => new ChunkCursor(stbl(stsc([1, 1, 1]))), { code: 'AVIO_ERR_MP4_BOX_MISSING' })
})

t.test('limits the number of skipped chunks without samples', async t => {
  const withEmpty = (count: number) => {
    const offsets = fullBox('stco', 0, 0, u32(count + 1), Buffer.alloc(4 * (count + 1)))
    return new ChunkCursor(stbl(stsc([1, 0, 1], [count + 1, 1, 1]), offsets))
  }
  t.equal(atOnce(withEmpty(MAX_EMPTY_ENTRIES).capacity()), 1)
  t.throws(() => atOnce(withEmpty(MAX_EMPTY_ENTRIES + 1).capacity()), { code: 'AVIO_ERR_MP4_LIMIT' })
})
