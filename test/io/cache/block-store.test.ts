import t from 'tap'
import { BlockStore } from '../../../lib/io/cache/block-store.js'
import { CountedMemory } from '../../../lib/io/cache/counted-memory.js'
import { BlockPool } from '../../../lib/io/memory/block-pool.js'

const any = () => true

/** Memory in pieces of `size` bytes from a pool, and what it was told. */
function memoryOf(size: number, places = Infinity) {
  const pool = new BlockPool(size)
  const memory = {
    places,
    held: 0,
    make: (length: number) => new CountedMemory(length, size, pool),
    hold: (bytes: number) => void (memory.held = bytes),
  }
  return { pool, memory }
}

t.test('fills a block up to its length', async t => {
  const block = new BlockStore(1).add(3, 5, any)!
  t.equal(block.write(Buffer.from('abc')), 3)
  t.equal(block.whole, false)
  t.equal(block.write(Buffer.from('defg')), 2)
  t.equal(block.whole, true)
  t.equal(block.write(Buffer.from('h')), 0)
  t.equal(block.slice(1, 5).toString(), 'bcde')
})

t.test('retains only its own block through a kept chunk', async t => {
  const block = new BlockStore(1).add(0, 10, any)!
  block.write(Buffer.from('x'))
  t.equal(block.slice(0, 1).buffer.byteLength, 10)
})

t.test('evicts the least recently used block', async t => {
  const store = new BlockStore(3)
  for (const index of [1, 2, 3]) store.add(index, 1, any)
  store.use(1)
  store.peek(2)
  store.add(4, 1, any)
  t.equal(store.count, 3)
  t.same(
    [1, 2, 3, 4].map(index => store.peek(index) !== undefined),
    [true, false, true, true],
  )
})

t.test('does not evict blocks in flight or protected ones', async t => {
  const store = new BlockStore(2)
  store.add(1, 1, any)!.underWay = true
  store.add(2, 1, any)
  t.equal(
    store.add(3, 1, block => block.index !== 2),
    undefined,
  )
  t.ok(store.add(3, 1, any))
  t.ok(store.peek(1))
  t.equal(store.peek(2), undefined)
  t.equal(store.use(2), undefined)
})

t.test('removes a block only if it is the stored one', async t => {
  const store = new BlockStore(2)
  const old = store.add(1, 1, any)!
  store.remove(old)
  const block = store.add(1, 1, any)
  store.remove(old)
  t.equal(store.peek(1), block)
  store.clear()
  t.equal(store.count, 0)
})

t.test('gives the memory of evicted, removed and cleared blocks back', async t => {
  const { pool, memory } = memoryOf(10)
  const store = new BlockStore(2, memory)
  const fill = (index: number) => store.add(index, 10, any)!.write(Buffer.alloc(10, index))
  for (let index = 0; index < 9; index++) fill(index)
  t.equal(pool.made, 2)
  store.remove(store.peek(8)!)
  fill(9)
  t.equal(pool.made, 2)
  store.clear()
  fill(10)
  fill(11)
  t.equal(pool.made, 2)
})

t.test('counts the places of blocks that were removed while a read still had their memory', async t => {
  const store = new BlockStore(2)
  store.add(1, 1, any)
  store.held = 1
  t.equal(
    store.add(2, 1, () => false),
    undefined,
  )
  store.held = 0
  t.ok(store.add(2, 1, () => false))
})

t.test('moves the bytes of a block to other memory while a cancelled read may still write', async t => {
  const { pool, memory } = memoryOf(4)
  const block = new BlockStore(1, memory).add(0, 10, any)!
  const first = block.lend()
  Buffer.from('abcde').forEach((byte, at) => first.write(Buffer.of(byte), at))
  block.filled = 5
  const second = block.lend()
  t.not(second, first)
  t.equal(block.memory, second)
  first.write(Buffer.from('zzzzzzzzzz'), 0)
  t.equal(block.slice(0, 4).toString() + block.slice(4, 5).toString(), 'abcde')
  const { made } = pool
  first.stopWriting()
  pool.take()
  t.equal(pool.made, made, 'the old memory is free after the read')
  second.stopWriting()
  t.equal(block.lend(), second, 'it stays where it is for the next read')
})

t.test('tells its memory how many bytes its blocks have', async t => {
  const { memory } = memoryOf(10)
  const store = new BlockStore(3, memory)
  store.add(0, 10, any)
  const seeded = store.add(1, 10, any)!
  seeded.write(Buffer.from('abc'))
  t.equal(memory.held, 20, 'with or without memory')
  seeded.length = 3
  t.equal(seeded.size, 10, 'its memory was made before')
  store.remove(seeded)
  store.remove(seeded)
  t.equal(memory.held, 10)
  store.add(2, 4, any)
  t.equal(memory.held, 14)
  store.clear()
  t.equal(memory.held, 0)
})

t.test('holds fewer blocks as soon as there are fewer places', async t => {
  const { memory } = memoryOf(10)
  const store = new BlockStore(5, memory)
  for (let index = 0; index < 5; index++) store.add(index, 10, any)
  store.peek(0)!.underWay = true
  memory.places = 3
  t.equal(store.capacity, 3)
  store.trim(({ index }) => index !== 2)
  t.same(
    [0, 1, 2, 3, 4].filter(index => store.peek(index)),
    [0, 2, 4],
    'neither the one in flight nor a protected one has gone',
  )
  memory.places = 2
  t.equal(
    store.add(5, 10, () => false),
    undefined,
  )
  t.ok(store.add(5, 10, any))
  t.same(
    [0, 2, 4, 5].filter(index => store.peek(index)),
    [0, 5],
  )
  memory.places = 10
  t.equal(store.capacity, 5)
})
