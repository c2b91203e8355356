import t from 'tap'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { KiB, MiB } from '../../../lib/options.js'
import { SyntheticSource, bytesOf } from '../../support/synthetic-source.js'

const BLOCK = 16 * KiB
/** 64 blocks; the cache has room for all of them. */
const SIZE = 64 * BLOCK
const options = { cacheSize: MiB, blockSize: BLOCK }

async function collect(chunks: AsyncIterable<Buffer>, most = Infinity): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    parts.push(Buffer.from(chunk))
    length += chunk.length
    if (length >= most) break
  }
  return Buffer.concat(parts)
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

function gate() {
  let open!: () => void
  const opened = new Promise<void>(resolve => (open = resolve))
  return { open, opened }
}

t.test('returns the right bytes for any position, block size and source chunks', async t => {
  for (const chunkSize of [1000, 64 * KiB, 10 * MiB]) {
    const size = 5 * BLOCK + 123
    const source = new SyntheticSource(size, { chunkSize })
    const cache = new BlockCache(source, options)
    for (const [start, end] of [
      [0, size],
      [BLOCK - 1, BLOCK + 1],
      [size - 1, size],
      [7, 7],
      [3 * BLOCK, 4 * BLOCK],
    ] as const) {
      t.ok((await collect(cache.read(start, end))).equals(bytesOf(start, end)), `${start}-${end}`)
    }
    t.equal(cache.bytesFetched, size, 'each byte was fetched once')
    t.equal(source.log.filter(line => line === 'size').length, 1, 'the size was requested once')
    t.equal(cache.reads, source.reads.length)
    await cache.close()
  }
})

t.test('serves bytes already read from the cache', async t => {
  const source = new SyntheticSource(SIZE)
  const cache = new BlockCache(source, options)
  await collect(cache.read(0, SIZE))
  const { reads } = cache
  t.ok((await collect(cache.read(100, SIZE))).equals(bytesOf(100, SIZE)))
  t.equal(cache.reads, reads)
})

t.test('fetches one block for a new reader, and reads ahead in longer runs for a sequential one', async t => {
  const source = new SyntheticSource(SIZE)
  const cache = new BlockCache(source, { ...options, concurrency: 2 })
  await collect(cache.read(20 * BLOCK + 5, SIZE), 1)
  await turn()
  t.same(source.log, ['size', `${20 * BLOCK}-${21 * BLOCK}`])
  await collect(cache.read(30 * BLOCK, SIZE))
  const lengths = source.reads.slice(1).map(read => {
    const [start, end] = read.split('-').map(Number)
    return (end! - start!) / BLOCK
  })
  t.equal(lengths[0], 1)
  t.same(
    lengths.slice(0, -1),
    [...lengths.slice(0, -1)].sort((a, b) => a - b),
    `${lengths.join()} grow`,
  )
  t.ok(Math.max(...lengths) > 1, 'one read covers adjacent blocks')
  t.ok(Math.max(...lengths) <= 8)
})

t.test('uses all connections for a slow source, and no more', async t => {
  const source = new SyntheticSource(4 * SIZE, { before: (position, start) => position === start && turn() })
  const cache = new BlockCache(source, { ...options, concurrency: 3 })
  t.ok((await collect(cache.read(0, 4 * SIZE))).equals(bytesOf(0, 4 * SIZE)))
  t.equal(source.mostUnderWay, 3)
  t.equal(cache.bytesFetched, 4 * SIZE)
})

t.test('requests nothing past the last block', async t => {
  const source = new SyntheticSource(SIZE)
  const cache = new BlockCache(source, options)
  await collect(cache.read(0, 10 * BLOCK + 1))
  await turn()
  t.equal(cache.bytesFetched, 11 * BLOCK)
})

for (const bounded of [true, false]) {
  t.test(
    `needs about one read per block for two alternating readers (${bounded ? 'with' : 'without'} an end)`,
    async t => {
      const size = 64 * MiB
      const source = new SyntheticSource(size)
      const cache = new BlockCache(source, { cacheSize: 8 * MiB })
      const places = [0, size / 2]
      while (places[0]! < size / 2) {
        for (const n of [0, 1]) {
          const place = places[n]!
          const bytes = await collect(cache.read(place, bounded ? place + 8 * KiB : size), 8 * KiB)
          if (!bytes.subarray(0, 8 * KiB).equals(bytesOf(place, place + 8 * KiB)))
            t.fail(`wrong bytes at ${place}`)
          places[n] = place + 8 * KiB
        }
      }
      t.ok(cache.reads <= 1.2 * 64, `${cache.reads} reads`)
      t.ok(cache.bytesFetched <= 1.1 * size, `${cache.bytesFetched / MiB} MiB`)
      await cache.close()
    },
  )
}

t.test('shares a block in flight among all readers', async t => {
  const { open, opened } = gate()
  const source = new SyntheticSource(SIZE, { before: () => opened })
  const cache = new BlockCache(source, options)
  const readers = [0, 10, 20].map(start => collect(cache.read(start, BLOCK)))
  await turn()
  open()
  for (const [n, bytes] of (await Promise.all(readers)).entries()) t.ok(bytes.equals(bytesOf(10 * n, BLOCK)))
  t.same(source.reads, [`0-${BLOCK}`])
})

t.test('cancels the read-ahead of a leaving reader, but not its current block', async t => {
  const { open, opened } = gate()
  const at = 8 * BLOCK
  const source = new SyntheticSource(SIZE, {
    chunkSize: 4 * KiB,
    before: position => position > at && opened,
  })
  const cache = new BlockCache(source, { ...options, concurrency: 2 })
  await collect(cache.read(0, SIZE), at + 1)
  await turn()
  t.ok(
    source.log.some(line => line.startsWith('cut')),
    'the read-ahead was cancelled',
  )
  open()
  while (source.underWay > 0) await turn()
  const { reads } = cache
  t.ok((await collect(cache.read(at, at + BLOCK))).equals(bytesOf(at, at + BLOCK)))
  t.equal(cache.reads, reads, 'the block is cached')
  t.ok(cache.bytesFetched < at + 4 * BLOCK)
})

t.test('finishes the read-ahead of a reader that returned before', async t => {
  let gated: Promise<void> | undefined
  const { open, opened } = gate()
  const source = new SyntheticSource(SIZE, { chunkSize: 4 * KiB, before: () => gated })
  const cache = new BlockCache(source, { ...options, concurrency: 2 })
  await collect(cache.read(0, SIZE), 8 * BLOCK)
  await turn()
  const cuts = source.log.filter(line => line.startsWith('cut')).length
  for await (const chunk of cache.read(8 * BLOCK, SIZE)) {
    // Requests from here on are still in flight when the reader leaves.
    gated = opened
    if (chunk.length > 0 && source.underWay > 0) break
  }
  t.ok(source.underWay > 0)
  await turn()
  t.equal(source.log.filter(line => line.startsWith('cut')).length, cuts, 'no read was cancelled')
  open()
  await cache.close()
})

t.test('throws an AbortError for an aborted reader only', async t => {
  const { open, opened } = gate()
  const source = new SyntheticSource(SIZE, { before: () => opened })
  const cache = new BlockCache(source, options)
  const controller = new AbortController()
  const aborted = collect(cache.read(0, SIZE, controller.signal))
  const other = collect(cache.read(0, BLOCK))
  await turn()
  controller.abort()
  await t.rejects(aborted, { name: 'AbortError' })
  open()
  t.ok((await other).equals(bytesOf(0, BLOCK)))
  await t.rejects(collect(cache.read(0, 1, controller.signal)), { name: 'AbortError' })
})

t.test('rejects all waiting readers on failure, without caching it', async t => {
  const failure = new Error('on purpose')
  let failing = true
  const source = new SyntheticSource(SIZE, {
    before: async () => {
      await turn()
      if (failing) throw failure
    },
  })
  const cache = new BlockCache(source, options)
  for (const result of await Promise.allSettled([collect(cache.read(0, 9)), collect(cache.read(5, 9))])) {
    t.equal(result.status === 'rejected' && result.reason, failure)
  }
  t.same(source.reads, [`0-${BLOCK}`])
  failing = false
  t.ok((await collect(cache.read(0, 9))).equals(bytesOf(0, 9)))
})

t.test('reports a failed read-ahead at its position, and does not retry it before', async t => {
  const failure = new Error('on purpose')
  const bad = 12 * BLOCK
  const source = new SyntheticSource(SIZE, {
    before: position => {
      if (position === bad) throw failure
    },
    chunkSize: 4 * KiB,
  })
  const cache = new BlockCache(source, options)
  let delivered = 0
  let triesBefore = 0
  await t.rejects(async () => {
    for await (const chunk of cache.read(0, SIZE)) {
      delivered += chunk.length
      triesBefore = source.log.filter(line => line.endsWith(`at ${bad}`)).length
      await turn()
    }
  }, failure)
  t.equal(delivered, bad)
  t.equal(triesBefore, 1)
  await cache.close()
  t.equal(source.underWay, 0)
})

t.test('handles a read() that throws synchronously', async t => {
  const source = new SyntheticSource(SIZE)
  source.read = () => {
    throw new Error('on purpose')
  }
  await t.rejects(collect(new BlockCache(source, options).read(0, 5)), { message: 'on purpose' })
})

t.test('does not fetch seeded bytes', async t => {
  for (const length of [1, 100, BLOCK, BLOCK + 1, 3 * BLOCK - 1]) {
    const source = new SyntheticSource(SIZE)
    const cache = new BlockCache(source, options)
    cache.seed(bytesOf(0, length))
    t.ok((await collect(cache.read(0, length))).equals(bytesOf(0, length)))
    t.ok((await collect(cache.read(0, 3 * BLOCK))).equals(bytesOf(0, 3 * BLOCK)), `${length} bytes`)
    t.equal(cache.bytesFetched, 3 * BLOCK - length)
  }
  const small = new SyntheticSource(10)
  const cache = new BlockCache(small, options)
  cache.seed(bytesOf(0, 10))
  t.ok((await collect(cache.read(2, 10))).equals(bytesOf(2, 10)))
  t.same(small.log, ['size'], 'a fully seeded source is never read')
})

t.test('completes any number of readers with room for one block', async t => {
  const source = new SyntheticSource(8 * MiB, { before: () => turn() })
  const cache = new BlockCache(source, { cacheSize: MiB })
  const starts = [0, 2 * MiB, 5 * MiB + 7, 2 * MiB]
  const all = await Promise.all(starts.map(start => collect(cache.read(start, start + 2 * MiB))))
  for (const [n, bytes] of all.entries()) t.ok(bytes.equals(bytesOf(starts[n]!, starts[n]! + 2 * MiB)))
  t.equal(source.mostUnderWay, 1)
})

t.test('cancels everything on close, and resolves when all is cleaned up', async t => {
  const source = new SyntheticSource(SIZE, { before: () => new Promise(() => undefined) })
  const cache = new BlockCache(source, options)
  const readers = [0, 20 * BLOCK].map(start => collect(cache.read(start, SIZE)))
  const settled = Promise.allSettled(readers)
  await turn()
  t.equal(source.underWay, 2)
  await cache.close()
  t.equal(source.underWay, 0)
  for (const result of await settled) t.match(result, { status: 'rejected', reason: { name: 'AbortError' } })
  await t.rejects(collect(cache.read(0, 1)), { name: 'AbortError' })
  await cache.close()
})

t.test('requests a failed size again, and keeps a request others wait for', async t => {
  const source = new SyntheticSource(SIZE)
  const { open, opened } = gate()
  let tries = 0
  source.size = async () => {
    await opened
    if (++tries === 1) throw new Error('on purpose')
    return SIZE
  }
  const cache = new BlockCache(source, options)
  const controller = new AbortController()
  const impatient = cache.size(controller.signal)
  const patient = cache.size()
  controller.abort()
  await t.rejects(impatient, { name: 'AbortError' })
  open()
  await t.rejects(patient, { message: 'on purpose' })
  t.equal(await cache.size(), SIZE)
  t.equal(await cache.size(), SIZE)
  t.equal(tries, 2)
})

t.test('rejects a range the source does not have', async t => {
  const cache = new BlockCache(new SyntheticSource(10), options)
  await t.rejects(collect(cache.read(0, 11)), { code: 'AVIO_ERR_SOURCE_RANGE' })
  await t.rejects(collect(cache.read(5, 4)), { code: 'AVIO_ERR_SOURCE_RANGE' })
})

t.test('validates options', async t => {
  const source = new SyntheticSource(1)
  for (const wrong of [
    {},
    { cacheSize: 1000 },
    { cacheSize: MiB, blockSize: 2 * MiB },
    { cacheSize: MiB, blockSize: 100 },
    { cacheSize: MiB, concurrency: 0 },
    { cacheSize: MiB, cachesize: 1 },
    null,
  ]) {
    t.throws(() => new BlockCache(source, wrong as never), { code: 'AVIO_ERR_OPTION' })
  }
})
