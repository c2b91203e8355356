import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { BLOCK_SIZE, BlockPool } from '../../../lib/io/memory/block-pool.js'
import { programArgs } from '../../support/program.js'

t.test('uses blocks again', async t => {
  const pool = new BlockPool()
  const [one, two] = [pool.take(), pool.take()]
  t.equal(one.length, BLOCK_SIZE)
  t.not(one.buffer, two.buffer)
  pool.give(one)
  t.equal(pool.take(), one)
  t.equal(pool.made, 2)
  t.not(pool.take(), one, 'which is out')
  t.equal(pool.made, 3)
})

t.test('leaves blocks of another size to the garbage collector', async t => {
  const pool = new BlockPool(10)
  pool.give(pool.take(4))
  t.equal(pool.take().length, 10)
})

t.test('keeps only so many free blocks as it is told to', async t => {
  const pool = new BlockPool(10)
  const blocks = [pool.take(), pool.take(), pool.take()]
  for (const block of blocks) pool.give(block)
  t.equal(pool.free, 3)
  pool.shrink(5)
  t.equal(pool.free, 3)
  pool.shrink(1)
  t.equal(pool.free, 1)
  pool.shrink(-1)
  t.equal(pool.free, 0)
  pool.take()
  t.equal(pool.made, 4)
})

t.test('keeps nothing once it is closed', async t => {
  const pool = new BlockPool(10)
  const [before, after] = [pool.take(), pool.take()]
  pool.give(before)
  pool.close()
  pool.give(after)
  t.notOk([before, after].includes(pool.take()))
})

t.test('overwrites blocks that come back, with AVIO_DEBUG_POISON=1 alone', async t => {
  const args = programArgs(new URL('../../fixtures/poison.ts', import.meta.url))
  for (const [value, expected] of [
    ['1', 'dbdbdbdb'],
    ['', '01010101'],
  ] as const) {
    const env = { ...process.env, AVIO_DEBUG_POISON: value }
    const { stdout } = await promisify(execFile)(process.execPath, args, { env })
    t.equal(stdout.trim(), expected, `AVIO_DEBUG_POISON=${value}`)
  }
})
