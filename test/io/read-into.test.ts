import t from 'tap'
import { MiB } from '../../lib/options.js'
import type { RandomAccess } from '../../lib/io/random-access.js'
import { readInto } from '../../lib/io/read-into.js'
import { BlockCache } from '../../lib/io/cache/block-cache.js'
import { BoundedSource } from '../../lib/io/sources/bounded-source.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { CountedSource } from '../../lib/io/sources/counted-source.js'
import { SourceSlice } from '../../lib/io/sources/source-slice.js'
import { type OpenSource, readIntoSuite } from '../support/random-access-suite.js'

/** A source without the method. */
const plain = (bytes: Buffer): RandomAccess => {
  const inner = new BytesSource({ bytes })
  return { size: signal => inner.size(signal), read: (start, end, signal) => inner.read(start, end, signal) }
}

const OWN: Record<string, OpenSource> = {
  'a source without readInto': (_t, bytes) => plain(bytes),
  'a bounded source': (_t, bytes) => new BoundedSource(new BytesSource({ bytes })),
  'a bounded source without readInto': (_t, bytes) => new BoundedSource(plain(bytes)),
  'a counted source': (_t, bytes) => new CountedSource(new BytesSource({ bytes })),
  'a counted source without readInto': (_t, bytes) => new CountedSource(plain(bytes)),
  'a slice of a source without readInto': (_t, bytes) => new SourceSlice(plain(bytes), 0, bytes.length),
  'a cache': (_t, bytes) =>
    new BlockCache(new BytesSource({ bytes }), { cacheSize: 64 * MiB, blockSize: 65_536 }),
}
for (const [name, open] of Object.entries(OWN)) readIntoSuite(t, name, open, 'AVIO_ERR_SOURCE_RANGE')

t.test('reports all bytes of a readInto() that reports none', async t => {
  const source = {
    ...plain(Buffer.alloc(0)),
    readInto: async (_start: number, memory: unknown) => void (memory as Buffer).fill(7),
  }
  const memory = Buffer.alloc(5)
  const told: number[] = []
  await readInto(source, 0, memory, { onProgress: bytes => told.push(bytes) })
  t.same(told, [5])
  t.same(memory, Buffer.alloc(5, 7))
})

t.test('rejects a source that returns another number of bytes than requested', async t => {
  const of = (length: number): RandomAccess => ({
    size: async () => 100,
    async *read() {
      yield Buffer.alloc(length)
    },
  })
  const memory = Buffer.alloc(10)
  const wrong = { code: 'AVIO_ERR_SOURCE_READ', retryable: false }
  await t.rejects(readInto(of(7), 3, memory), {
    ...wrong,
    byteOffset: 10,
    message: /fewer bytes.*its read\(\)/,
  })
  await t.rejects(readInto(of(11), 3, memory), {
    ...wrong,
    byteOffset: 13,
    message: /more bytes.*its read\(\)/,
  })
  const own: RandomAccess = {
    ...of(0),
    readInto: async (_start, _memory, options) => options?.onProgress?.(11),
  }
  await t.rejects(readInto(own, 3, memory), { ...wrong, message: /more bytes.*its readInto\(\)/ })
})

t.test('passes the error of a source on, after the bytes before it', async t => {
  const failure = new Error('on purpose')
  const source: RandomAccess = {
    size: async () => 100,
    async *read() {
      yield Buffer.from('abc')
      throw failure
    },
  }
  const memory = Buffer.alloc(10)
  let reported = 0
  await t.rejects(readInto(source, 0, memory, { onProgress: bytes => (reported += bytes) }), failure)
  t.equal(memory.toString('latin1', 0, reported), 'abc')
})
