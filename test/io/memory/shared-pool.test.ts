import t from 'tap'
import type { MemoryShare } from '../../../lib/io/memory/memory-budget.js'
import { SharedPool } from '../../../lib/io/memory/shared-pool.js'
import { KiB, MiB } from '../../../lib/options.js'
import { BLOCK_SIZE, PartBuffer } from '../../../lib/s3/upload/part-buffer.js'

/** A pool, and the share that keeps account of it, with a limit that the test sets. */
function sharedPool(limit: number) {
  const pool = new SharedPool(BLOCK_SIZE)
  const share = {
    limit,
    held: 0,
    hold: (bytes: number) => void (share.held = bytes),
    close: () => share.hold(0),
  }
  pool.share = share as unknown as MemoryShare
  return { pool, share }
}

t.test('accounts for every block, free ones included, and for what a part was promised', async t => {
  const { pool, share } = sharedPool(10 * MiB)
  const part = new PartBuffer(3 * MiB, pool, false)
  part.append(Buffer.alloc(1), 0)
  t.equal(share.held, 64 * KiB)
  part.append(Buffer.alloc(3 * MiB), 0)
  t.ok(share.held >= 3 * MiB && share.held < 4 * MiB, `${share.held} for 3 MiB`)
  const first = share.held
  t.equal(pool.promise(3 * MiB), true)
  t.equal(share.held, first + 3 * MiB, 'promised bytes count before they are taken')
  const next = new PartBuffer(3 * MiB, pool, false)
  next.append(Buffer.alloc(3 * MiB), 0)
  t.equal(share.held, 2 * first, 'and then the blocks')
  part.release()
  next.release()
  t.ok(share.held > 0 && share.held % MiB === 0, 'whole blocks stay for the next part')
  pool.close()
  t.equal(share.held, 0)
})

t.test('promises no more than the share has room for beside the blocks in use', async t => {
  const { pool, share } = sharedPool(8 * MiB)
  const part = new PartBuffer(5 * MiB, pool, false)
  part.append(Buffer.alloc(5 * MiB), 0)
  t.equal(pool.promise(5 * MiB), false)
  t.ok(share.held < 6 * MiB, 'a refusal costs nothing')
  share.limit = 11 * MiB
  t.equal(pool.promise(5 * MiB), true)
  part.release()
  t.equal(pool.promise(11 * MiB), true, 'free blocks are room')
  t.equal(new SharedPool(BLOCK_SIZE).promise(Infinity), true, 'without a share there is no limit')
})

t.test('keeps no free blocks beyond the share, even if it shrinks later', async t => {
  const { pool, share } = sharedPool(Infinity)
  const part = new PartBuffer(8 * MiB, pool, false)
  part.append(Buffer.alloc(8 * MiB), 0)
  const other = new PartBuffer(8 * MiB, pool, false)
  other.append(Buffer.alloc(8 * MiB), 0)
  share.limit = 13 * MiB
  part.release()
  t.ok(share.held <= 13 * MiB && share.held > 12 * MiB, `${share.held}`)
  share.limit = 9 * MiB
  pool.trim()
  t.ok(share.held <= 9 * MiB, `${share.held}`)
  share.limit = MiB
  pool.trim()
  t.ok(share.held >= 8 * MiB, 'blocks in use stay')
  other.release()
  t.ok(share.held <= MiB)
})
