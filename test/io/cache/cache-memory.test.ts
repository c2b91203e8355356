import t, { type Test } from 'tap'
import { CacheMemory } from '../../../lib/io/cache/cache-memory.js'
import { memoryUse, openShare, setMemoryBudget } from '../../../lib/io/memory/memory-budget.js'
import { MiB } from '../../../lib/options.js'

const PIECE = MiB / 4

/** The memory of a cache of `capacity` blocks, closed after the test. */
function cacheOf(t: Test, capacity = 32, isReused = true) {
  const told = { shrinks: 0 }
  const memory = new CacheMemory({
    ...{ capacity, blockSize: MiB, pieceSize: PIECE, isReused },
    onShrink: () => told.shrinks++,
  })
  t.teardown(() => {
    memory.close()
    setMemoryBudget(Infinity)
  })
  return { memory, told }
}

t.test('counts from the first block to the end, and not before', async t => {
  const { memory } = cacheOf(t)
  memory.hold(0)
  t.equal(memoryUse().stages, 0)
  memory.open(Infinity)
  memory.hold(2 * MiB)
  t.match(memoryUse(), { held: 2 * MiB, stages: 1 }, 'blocks that have no memory yet')
  const block = memory.make(MiB)
  t.equal(memoryUse().held, 2 * MiB)
  memory.hold(MiB)
  t.equal(memoryUse().held, MiB)
  block.leave()
  t.equal(memoryUse().held, MiB, 'its pieces are free, and still there')
  memory.close()
  t.match(memoryUse(), { held: 0, stages: 0 })
  memory.open(Infinity)
  t.equal(memoryUse().stages, 0, 'not again after the end')
})

t.test('has all places without a budget, and those of its share with one', async t => {
  const { memory, told } = cacheOf(t)
  memory.open(Infinity)
  t.equal(memory.places, 32)
  const before = told.shrinks
  setMemoryBudget(24 * MiB)
  t.equal(told.shrinks, before + 1)
  t.equal(memory.places, 18, 'three quarters of the budget')
  const other = openShare({ min: MiB, max: 48 * MiB })
  t.equal(memory.places, 9)
  other.close()
  setMemoryBudget(1000 * MiB)
  t.equal(memory.places, 32)
})

t.test('lets blocks that left while they are sent take the places of others, down to two', async t => {
  const { memory } = cacheOf(t)
  memory.open(Infinity)
  setMemoryBudget(24 * MiB)
  const sent = Array.from({ length: 17 }, () => memory.make(MiB))
  memory.hold(17 * MiB)
  for (const block of sent) block.use()
  t.equal(memory.places, 18)
  for (const [n, block] of sent.entries()) {
    memory.hold((16 - n) * MiB)
    block.leave()
    t.equal(memory.places, Math.max(2, 17 - n), `${n + 1} are still sent`)
    t.equal(memoryUse().held, 17 * MiB, 'they count until then')
  }
  for (const block of sent) block.done()
  t.equal(memory.places, 18)
})

t.test('keeps no free pieces beyond its share', async t => {
  const { memory } = cacheOf(t)
  memory.open(Infinity)
  const blocks = Array.from({ length: 20 }, () => memory.make(MiB))
  memory.hold(20 * MiB)
  memory.hold(0)
  for (const block of blocks) block.leave()
  t.equal(memoryUse().held, 20 * MiB)
  setMemoryBudget(24 * MiB)
  t.equal(memoryUse().held, 18 * MiB)
  const again = Array.from({ length: 18 }, () => memory.make(MiB))
  t.equal(memory.piecesMade, 80, 'and uses those again')
  for (const block of again) block.leave()
})

t.test('counts no free pieces of memory that is used once', async t => {
  const { memory } = cacheOf(t, 32, false)
  memory.open(Infinity)
  const block = memory.make(MiB)
  t.equal(memoryUse().held, MiB)
  block.leave()
  t.equal(memoryUse().held, 0)
  t.equal(memory.piecesMade, undefined)
})

t.test('claims what the source can fill, and three blocks at least', async t => {
  const { memory } = cacheOf(t)
  setMemoryBudget(24 * MiB)
  const full = openShare({ min: MiB, max: 1000 * MiB })
  full.hold(full.limit)
  memory.open(Infinity)
  t.equal(full.limit, 9 * MiB, 'half of three quarters')
  t.equal(memory.places, 3, 'no more is free')
  memory.open(1)
  t.equal(full.limit, 17 * MiB, 'a block is enough for one byte')
  memory.open(2 * MiB + 1)
  t.equal(full.limit, 15 * MiB)
  memory.open(100 * MiB)
  t.equal(full.limit, 9 * MiB)
  full.close()
})

t.test('a cache of one block has one place, whatever the budget', async t => {
  const { memory } = cacheOf(t, 1)
  memory.open(Infinity)
  setMemoryBudget(24 * MiB)
  t.equal(memory.places, 1)
})
