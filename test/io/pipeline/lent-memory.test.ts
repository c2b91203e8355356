import { Readable } from 'node:stream'
import t from 'tap'
import { BLOCK_SIZE } from '../../../lib/io/memory/block-pool.js'
import { giveBack } from '../../../lib/io/memory/loans.js'
import { LentMemory } from '../../../lib/io/pipeline/lent-memory.js'

t.test(
  'counts what is in the stage and what is free, and keeps no more free blocks than there is room for',
  async t => {
    const stage = new Readable({ read: () => undefined })
    const memory = new LentMemory(stage)
    memory.lendTo(() => true)
    const [one, two, three] = [memory.take(), memory.take(), memory.take(BLOCK_SIZE - 5)]
    t.equal(memory.held, 3 * BLOCK_SIZE - 5)
    memory.pass(one)
    memory.pass(two.subarray(0, 10))
    t.equal(memory.held, 2 * BLOCK_SIZE - 15, 'a chunk that was passed on is no longer in the stage')
    memory.pass(two.subarray(10))
    memory.keepAll()
    for (const chunk of [one, two]) giveBack(chunk)
    t.equal(memory.held, BLOCK_SIZE - 5)
    memory.pass(three)
    t.equal(memory.held, 0)
  },
)

t.test('drops free blocks beyond a limit', async t => {
  const memory = new LentMemory(new Readable({ read: () => undefined }))
  const [one, two] = [memory.take(), memory.take()]
  giveBack(one)
  t.equal(memory.held, 3 * BLOCK_SIZE, 'what was not passed on counts as in the stage')
  memory.trim(Infinity)
  memory.trim(3 * BLOCK_SIZE)
  t.equal(memory.free, BLOCK_SIZE)
  memory.trim(3 * BLOCK_SIZE - 1)
  t.equal(memory.free, 0)
  giveBack(two)
  memory.trim(0)
  t.equal(memory.free, 0)
})
