import { getEventListeners } from 'node:events'
import t from 'tap'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { LEND, type LentRead } from '../../../lib/io/lent-read.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { KiB, MiB } from '../../../lib/options.js'
import { SyntheticSource, bytesOf } from '../../support/synthetic-source.js'

const SIZE = 4 * MiB

const more = (reading: LentRead) => new Promise<void>(resolve => reading.onMore(resolve))

async function next(reading: LentRead): Promise<Buffer> {
  for (;;) {
    const chunk = reading.take()
    if (chunk !== undefined) return chunk
    await more(reading)
  }
}

t.test('lends views of blocks, which stay as they are until they are given back', async t => {
  const bytes = bytesOf(0, SIZE)
  const cache = new BlockCache(new BytesSource({ bytes }), { cacheSize: MiB, blockSize: 256 * KiB })
  const slow = await cache[LEND](0, SIZE)
  const kept: Buffer[] = []
  for (let length = 0; length < 512 * KiB;) {
    kept.push(await next(slow))
    length += kept.at(-1)!.length
    t.ok(kept.at(-1)!.length <= 64 * KiB)
  }
  // Everything else passes through the cache meanwhile, twice, and takes the places of the blocks of these chunks.
  for (let round = 0; round < 2; round++) {
    const reading = await cache[LEND](MiB, SIZE)
    for (let at = MiB; at < SIZE;) {
      const chunk = await next(reading)
      if (!chunk.equals(bytes.subarray(at, at + chunk.length))) t.fail(`wrong bytes at ${at}`)
      at += chunk.length
      reading.giveBack()
    }
    await reading.close()
  }
  t.ok(Buffer.concat(kept).equals(bytes.subarray(0, 512 * KiB)))
  t.equal(cache.piecesMade, 4 + 2, 'the cache holds four blocks, and the chunks two')
  kept.forEach(() => slow.giveBack())
  await slow.close()
  await cache.close()
})

t.test('lends as much as it is asked for, of one piece of memory', async t => {
  const bytes = bytesOf(0, 2 * MiB)
  const cache = new BlockCache(new BytesSource({ bytes }), { cacheSize: 2 * MiB })
  const reading = await cache[LEND](100 * KiB, 2 * MiB)
  await next(reading)
  while (cache.bytesFetched < MiB) await new Promise(resolve => setImmediate(resolve))
  const sizes = [1000, 200 * KiB, 256 * KiB].map(most => reading.take(most)!.length)
  // A piece of memory has 256 KiB.
  t.same(sizes, [1000, 92 * KiB - 1000, 256 * KiB])
  await reading.close()
  await cache.close()
})

t.test('counts the rest of a block that it has begun as prepaid', async t => {
  const cache = new BlockCache(new SyntheticSource(MiB), { cacheSize: MiB, blockSize: 256 * KiB })
  const reading = await cache[LEND](100 * KiB, 600 * KiB)
  t.equal(reading.prepaid, 0, 'nothing is fetched yet')
  const prepaid: number[] = []
  for (let taken = 0; taken < 500 * KiB;) {
    taken += (await next(reading)).length
    reading.giveBack()
    prepaid.push(reading.prepaid + taken)
  }
  const [first, second, third] = [156, 412, 500].map(length => length * KiB)
  t.same([...new Set(prepaid)], [first, second, third], 'to the ends of its blocks, and its own')
  await reading.close()
  await cache.close()
})

t.test('never uses the memory of chunks again that read() delivered', async t => {
  const bytes = bytesOf(0, SIZE)
  const cache = new BlockCache(new BytesSource({ bytes }), { cacheSize: MiB, blockSize: 256 * KiB })
  const chunks: Buffer[] = []
  for await (const chunk of cache.read(0, SIZE)) chunks.push(chunk)
  t.ok(Buffer.concat(chunks).equals(bytes))
  await cache.close()
  t.ok(Buffer.concat(chunks).equals(bytes), 'nor after the cache is closed')
})

t.test('never uses memory again that another’s readInto() has seen', async t => {
  const bytes = bytesOf(0, SIZE)
  const inner = new BytesSource({ bytes })
  const seen: Uint8Array[] = []
  const source = {
    size: () => inner.size(),
    read: inner.read.bind(inner),
    readInto: (...args: Parameters<BytesSource['readInto']>) => {
      for (const piece of [args[1]].flat<readonly (Uint8Array | readonly Uint8Array[])[]>()) {
        if (seen.some(other => other.buffer === piece.buffer)) t.fail('memory was given twice')
        seen.push(piece)
      }
      return inner.readInto(...args)
    },
  }
  const cache = new BlockCache(source, { cacheSize: MiB, blockSize: 256 * KiB })
  const reading = await cache[LEND](0, SIZE)
  while (!reading.isOver) {
    await next(reading)
    reading.giveBack()
  }
  await reading.close()
  await cache.close()
  t.equal(seen.length, 16)
  t.equal(cache.piecesMade, undefined)
})

t.test('throws where the signal is aborted, and leaves no listener', async t => {
  const source = new SyntheticSource(SIZE, { before: () => new Promise(() => undefined) })
  const cache = new BlockCache(source, { cacheSize: MiB })
  const controller = new AbortController()
  const reading = await cache[LEND](0, SIZE, controller.signal)
  t.equal(reading.take(), undefined)
  const woken = more(reading)
  t.equal(getEventListeners(controller.signal, 'abort').length, 1)
  controller.abort()
  await woken
  t.throws(() => reading.take(), { name: 'AbortError' })
  await reading.close()
  t.ok(reading.isOver)
  t.equal(reading.take(), undefined)
  t.equal(getEventListeners(controller.signal, 'abort').length, 0)
  await cache.close()
})

t.test('ends with the cache', async t => {
  const source = new SyntheticSource(SIZE, { before: () => new Promise(() => undefined) })
  const cache = new BlockCache(source, { cacheSize: MiB })
  const reading = await cache[LEND](0, SIZE)
  t.equal(reading.take(), undefined)
  const woken = more(reading)
  const closed = cache.close()
  await woken
  t.throws(() => reading.take(), { name: 'AbortError' })
  await reading.close()
  await closed
})

t.test('rejects a range that the source does not have', async t => {
  const cache = new BlockCache(new SyntheticSource(10), { cacheSize: MiB })
  await t.rejects(cache[LEND](0, 11), { code: 'AVIO_ERR_SOURCE_RANGE' })
})
