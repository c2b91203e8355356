import t from 'tap'
import { BLOCK_SIZE } from '../../../lib/io/memory/block-pool.js'
import { BlockFiller } from '../../../lib/io/memory/block-filler.js'
import { Loans, giveBack } from '../../../lib/io/memory/loans.js'
import { KiB } from '../../../lib/options.js'

const fill = (filler: BlockFiller, length: number, value = 0) => {
  filler.space().fill(value, 0, length)
  return filler.filled(length)
}

t.test('fills a block by one read after the other, of at most 64 KiB', async t => {
  const filler = new BlockFiller(new Loans())
  const [one, two] = [fill(filler, 1000, 1), fill(filler, 2000, 2)]
  t.equal(one.buffer, two.buffer)
  t.ok(one.length === 1000 && one.every(byte => byte === 1))
  t.ok(two.length === 2000 && two.every(byte => byte === 2))
  t.equal(filler.space().length, 64 * KiB)
  t.equal(filler.space().byteOffset, 3000, 'and asking for room takes none')
})

t.test('begins a new block when less than 32 KiB are left', async t => {
  for (const [left, room] of [
    [32 * KiB, 32 * KiB],
    [32 * KiB - 1, 64 * KiB],
    [0, 64 * KiB],
  ] as const) {
    const filler = new BlockFiller(new Loans())
    for (let rest = BLOCK_SIZE - left; rest > 0;)
      rest -= fill(filler, Math.min(rest, filler.space().length)).length
    t.equal(filler.space().length, room, `${left} bytes`)
    t.equal(filler.space().byteOffset, room === 64 * KiB ? 0 : BLOCK_SIZE - left)
  }
})

t.test('fills a block again once all that was passed on is back', async t => {
  const loans = new Loans()
  const filler = new BlockFiller(loans)
  for (let n = 0; n < 50; n++) giveBack(fill(filler, 50 * KiB))
  t.ok(loans.made <= 2, `${loans.made} blocks`)
})

t.test('passes on each byte once, whatever the lengths of the reads', async t => {
  const loans = new Loans()
  const filler = new BlockFiller(loans)
  const held: Buffer[] = []
  const lengths = [1, 4096, 65_536, 32_768, 20_000]
  let values = 0
  for (let n = 0; n < 300; n++) {
    const space = filler.space()
    const length = Math.min(space.length, lengths[n % lengths.length]!)
    space.fill(n % 251, 0, length)
    held.push(filler.filled(length))
    values += length
    if (held.length > 3) {
      const chunk = held.shift()!
      const value = (n - 3) % 251
      if (!chunk.every(byte => byte === value)) t.fail(`chunk ${n - 3} was overwritten`)
      giveBack(chunk)
    }
  }
  t.ok(loans.made < 8, `${loans.made} blocks for ${values} bytes`)
})
