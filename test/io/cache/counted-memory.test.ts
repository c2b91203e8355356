import t from 'tap'
import { CountedMemory } from '../../../lib/io/cache/counted-memory.js'
import { BlockPool } from '../../../lib/io/memory/block-pool.js'

const SIZE = 8

t.test('goes back to the pool when the last user is done: the cache, a read, or a chunk', async t => {
  const pool = new BlockPool(SIZE)
  const memory = new CountedMemory(2 * SIZE, SIZE, pool)
  t.equal(pool.made, 2)
  memory.use()
  memory.startWriting()
  t.ok(memory.isWritten)
  memory.done()
  memory.done()
  pool.take()
  t.equal(pool.made, 3, 'a read may still write to it')
  memory.stopWriting()
  t.notOk(memory.isWritten)
  pool.take()
  pool.take()
  t.equal(pool.made, 3, 'both pieces are free')
})

t.test('is never used again when somebody may keep a chunk', async t => {
  const pool = new BlockPool(SIZE)
  const memory = new CountedMemory(SIZE, SIZE, pool)
  memory.keep()
  memory.done()
  pool.take()
  t.equal(pool.made, 2)
})

t.test('views and fills its pieces, the last one as short as the rest', async t => {
  const memory = new CountedMemory(19, SIZE, undefined)
  const bytes = Buffer.from('abcdefghijklmnopqrs')
  memory.write(bytes.subarray(0, 5), 0)
  memory.write(bytes.subarray(5), 5)
  t.equal(memory.slice(0, 8).toString(), 'abcdefgh')
  t.equal(memory.slice(3, 19).toString(), 'defgh', 'up to the end of a piece')
  t.equal(memory.slice(16, 19).toString(), 'qrs')
  t.same(
    memory.rest(6, 18).map(piece => piece.toString()),
    ['gh', 'ijklmnop', 'qr'],
  )
  t.same(memory.rest(19, 19), [])
  t.equal(memory.slice(17, 18).buffer.byteLength, 3, 'it retains no more than the piece')
})

t.test('tells its owner when it lives on without its block, and when it is free', async t => {
  const log: unknown[] = []
  const owner = {
    left: (size: number) => void log.push(['left', size]),
    freed: (size: number, hasLeft: boolean) => void log.push(['freed', size, hasLeft]),
  }
  const sent = new CountedMemory(12, SIZE, undefined, owner)
  sent.use()
  sent.leave()
  t.same(log, [['left', 12]])
  sent.done()
  t.same(log.splice(0), [
    ['left', 12],
    ['freed', 12, true],
  ])
  new CountedMemory(5, SIZE, undefined, owner).leave()
  t.same(log.splice(0), [['freed', 5, false]])
  const kept = new CountedMemory(SIZE, SIZE, new BlockPool(SIZE), owner)
  kept.keep()
  kept.leave()
  t.same(log, [['freed', SIZE, false]], 'what a consumer keeps is its own')
})
