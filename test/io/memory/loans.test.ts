import t from 'tap'
import { BLOCK_SIZE, BlockPool } from '../../../lib/io/memory/block-pool.js'
import { Loans, giveBack, keep } from '../../../lib/io/memory/loans.js'

const lender = (size = 100) => new Loans(new BlockPool(size))

t.test('uses a block again once every byte of it is back, in any order', async t => {
  const loans = lender()
  const block = loans.take()
  giveBack(block.subarray(60, 100))
  giveBack(block.subarray(0, 59))
  t.not(loans.take().buffer, block.buffer, 'one byte is missing')
  giveBack(block.subarray(59, 60))
  t.equal(loans.take().buffer, block.buffer)
  t.equal(loans.made, 2)
})

t.test('uses a block again each time', async t => {
  const loans = lender()
  for (let n = 0; n < 5; n++) giveBack(loans.take())
  t.equal(loans.made, 1)
})

t.test('lends blocks of 256 KiB by default', async t => {
  const loans = new Loans()
  t.equal(loans.take().length, BLOCK_SIZE)
})

t.test('lends a part of a block if that is over half of one, and else new memory', async t => {
  const loans = lender()
  const part = loans.take(51)
  t.equal(part.length, 51)
  t.equal(part.buffer.byteLength, 100)
  giveBack(part)
  t.equal(loans.take().buffer, part.buffer)
  const short = loans.take(50)
  t.equal(short.buffer.byteLength, 50)
  giveBack(short)
  t.equal(loans.made, 1)
})

t.test('waits only for the bytes that were passed on of a sealed block', async t => {
  for (const order of ['seal first', 'seal last']) {
    const loans = lender()
    const block = loans.take()
    if (order === 'seal first') loans.seal(block, 70)
    giveBack(block.subarray(0, 70))
    if (order === 'seal last') loans.seal(block, 70)
    t.equal(loans.take().buffer, block.buffer, order)
  }
})

t.test('never uses a block again that somebody keeps', async t => {
  const loans = lender()
  const block = loans.take()
  giveBack(block.subarray(0, 50))
  keep(block.subarray(50, 60))
  giveBack(block.subarray(50))
  t.not(loans.take().buffer, block.buffer)
})

t.test('uses nothing again that was out when the term ended, and lends on', async t => {
  const loans = lender()
  const [before, half] = [loans.take(), loans.take()]
  giveBack(half.subarray(0, 50))
  loans.keepAll()
  giveBack(before)
  giveBack(half.subarray(50))
  const after = loans.take()
  t.notOk([before, half].some(block => block.buffer === after.buffer))
  giveBack(after)
  t.equal(loans.take().buffer, after.buffer)
})

t.test('keeps no memory once it is closed', async t => {
  const loans = lender()
  const block = loans.take()
  loans.close()
  giveBack(block)
  t.not(loans.take().buffer, block.buffer)
})

t.test('ignores memory that is not lent', async t => {
  const own = Buffer.from('own')
  giveBack(own)
  keep(own)
  lender().seal(own, 1)
  t.equal(own.toString(), 'own')
})

t.test('does not mix up the blocks of two lenders', async t => {
  const [one, two] = [lender(), lender()]
  const block = one.take()
  giveBack(block)
  t.not(two.take().buffer, block.buffer)
  t.equal(one.take().buffer, block.buffer)
})

t.test('keeps only so many bytes in free blocks as it is told to', async t => {
  const loans = lender()
  const blocks = [loans.take(), loans.take(), loans.take()]
  t.equal(loans.free, 0, 'none of them is free')
  for (const block of blocks) giveBack(block)
  t.equal(loans.free, 300)
  loans.shrink(299)
  t.equal(loans.free, 200)
  loans.shrink(-5)
  t.equal(loans.free, 0)
})
