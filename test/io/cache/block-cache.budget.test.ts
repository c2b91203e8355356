import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { LEND, type LentRead } from '../../../lib/io/lent-read.js'
import { memoryUse, openShare, setMemoryBudget } from '../../../lib/io/memory/memory-budget.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { MiB } from '../../../lib/options.js'
import { avioWarnings } from '../../support/avio-warnings.js'
import { budgetOf } from '../../support/most-held.js'

const SIZE = 40 * MiB
const BYTES = randomBytes(SIZE)
const NOTHING = { held: 0, stages: 0 }

function open(cacheSize = 32 * MiB): BlockCache {
  return new BlockCache(new BytesSource({ bytes: BYTES }), { cacheSize })
}

/** The next chunk of a read, which is not given back. */
async function next(reading: LentRead): Promise<Buffer> {
  for (;;) {
    const chunk = reading.take()
    if (chunk !== undefined) return chunk
    await new Promise<void>(resolve => reading.onMore(resolve))
  }
}

/** Reads a range by lent chunks, as the range server does; whether its bytes are right. */
async function isRight(cache: BlockCache, start = 0, end = SIZE): Promise<boolean> {
  const reading = await cache[LEND](start, end)
  let at = start
  let isSame = true
  while (!reading.isOver) {
    const chunk = await next(reading)
    isSame &&= chunk.equals(BYTES.subarray(at, at + chunk.length))
    at += chunk.length
    reading.giveBack()
  }
  await reading.close()
  return isSame && at === end
}

/** A stage that holds all that it may, and gives nothing back. */
function greedy(t: Test) {
  const share = openShare({ min: MiB, max: 1000 * MiB })
  share.hold(share.limit)
  t.teardown(() => share.close())
}

t.test('counts its blocks, and drops those that nobody needs when its share falls', async t => {
  const most = budgetOf(t, Infinity)
  const cache = open()
  t.match(memoryUse(), NOTHING, 'a cache that is not read')
  t.ok(await isRight(cache))
  t.ok(memoryUse().held > 30 * MiB && memoryUse().held <= 33 * MiB, `${memoryUse().held} bytes are cached`)
  setMemoryBudget(24 * MiB)
  t.ok(memoryUse().held <= 18 * MiB, `${memoryUse().held} bytes are left`)
  const before = most()
  t.ok(await isRight(cache))
  t.equal(most(), before, 'no more than before')
  t.ok(memoryUse().held <= 18 * MiB, `${memoryUse().held} bytes are cached`)
  await cache.close()
  t.match(memoryUse(), NOTHING)
})

t.test('gives the share of a cache that was only seeded, or not read to its end, back', async t => {
  const seeded = open()
  seeded.seed(BYTES.subarray(0, 3 * MiB))
  t.match(memoryUse(), { held: 3 * MiB, stages: 1 })
  await seeded.close()
  const left = open()
  for await (const chunk of left.read(5, SIZE)) {
    t.ok(chunk.length > 0)
    break
  }
  t.equal(memoryUse().stages, 1)
  await left.close()
  t.match(memoryUse(), NOTHING)
})

t.test('serves readers that wait for each other from the smallest share', async t => {
  const warnings = avioWarnings(t)
  budgetOf(t, 24 * MiB)
  greedy(t)
  const cache = open()
  // Each holds a chunk and reads no further, as the connections that ffmpeg leaves open at other places.
  const waiting: LentRead[] = []
  for (const place of [0, 7, 14, 21, 28, 35]) {
    const reading = await cache[LEND](place * MiB, SIZE)
    waiting.push(reading)
    t.ok((await next(reading)).equals(BYTES.subarray(place * MiB, place * MiB + 65_536)))
  }
  t.ok(await isRight(cache), 'one reads all')
  const both = await Promise.all([isRight(cache, 0, 10 * MiB), isRight(cache, 30 * MiB)])
  t.same(both, [true, true], 'two by turns')
  for (const [n, reading] of waiting.entries()) {
    const at = n * 7 * MiB + 65_536
    t.ok((await next(reading)).equals(BYTES.subarray(at, at + 65_536)), 'they go on')
    await reading.close()
  }
  await cache.close()
  const told = await warnings()
  t.match(told, [{ code: 'AVIO_WARN_MEMORY_BUDGET' }], 'the blocks that they keep are more than its minimum')
})

t.test('fetches little twice for two readers at their own places in the smallest share', async t => {
  const warnings = avioWarnings(t)
  budgetOf(t, 24 * MiB)
  greedy(t)
  const cache = open()
  const [audio, video] = [await cache[LEND](0, 4 * MiB), await cache[LEND](20 * MiB, 24 * MiB)]
  for (const reading of [audio, video, audio, video]) await next(reading)
  while (!audio.isOver || !video.isOver) {
    for (const reading of [audio, video]) {
      if (reading.isOver) continue
      await next(reading)
      reading.giveBack()
    }
  }
  await Promise.all([audio.close(), video.close()])
  t.ok(cache.bytesFetched <= 12 * MiB, `${cache.bytesFetched} bytes for 8 MiB`)
  await cache.close()
  t.same(await warnings(), [])
})

t.test('keeps within the budget beside many others, and none is stuck', async t => {
  const warnings = avioWarnings(t)
  const most = budgetOf(t, 64 * MiB)
  const caches = Array.from({ length: 16 }, () => open())
  const right = await Promise.all(caches.map(cache => isRight(cache)))
  t.same(new Set(right), new Set([true]))
  t.ok(most() >= 48 * MiB, `the budget is used: ${most()}`)
  t.ok(most() <= 64 * MiB, `${most()} of ${64 * MiB}`)
  t.match(memoryUse().stages, 16)
  await Promise.all(caches.map(cache => cache.close()))
  t.match(memoryUse(), NOTHING)
  t.same(await warnings(), [])
})
