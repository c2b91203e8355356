import t from 'tap'
import { WatchedSource } from '../../lib/containers/watched-source.js'
import { BlockCache } from '../../lib/io/cache/block-cache.js'
import { LEND, type LentRead } from '../../lib/io/lent-read.js'
import { ReadWaits } from '../../lib/io/monitor/read-waits.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { CountedSource } from '../../lib/io/sources/counted-source.js'
import { MiB } from '../../lib/options.js'
import { chunk } from '../support/cut.js'

const wav = Buffer.concat([
  Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'),
  chunk('fmt ', Buffer.alloc(16)),
  chunk('data', Buffer.alloc(100_000)),
])

async function drain(source: WatchedSource, start: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const bytes of source.read(start, end)) chunks.push(bytes)
  return Buffer.concat(chunks)
}

t.test('passes bytes on, and reads none twice', async t => {
  for (const [bytes, isWhole] of [
    [wav, true],
    [wav.subarray(0, 50_000), false],
  ] as const) {
    const counted = new CountedSource(new BytesSource({ bytes }))
    const source = new WatchedSource(counted, undefined)
    t.same(await drain(source, 0, await source.size()), bytes)
    t.equal(counted.reads, 1)
    t.equal((await source.shortfall()) === undefined, isWhole)
    t.equal(counted.reads, 1)
  }
})

t.test('reads missing headers, and no media', async t => {
  const counted = new CountedSource(new BytesSource({ bytes: wav.subarray(0, 50_000) }))
  const source = new WatchedSource(counted, undefined)
  await drain(source, 40_000, 50_000)
  t.match(await source.shortfall(), { container: 'WAV' })
  t.ok(counted.bytes < 10_000 + 200, String(counted.bytes))
})

t.test('tells while a read waits for the source, however the read ends', async t => {
  const waits = new ReadWaits()
  const log: string[] = []
  waits.watch(() => log.push(waits.isWaiting ? 'waits' : 'goes on'))
  const of = (read: () => AsyncGenerator<Buffer>) =>
    new WatchedSource({ size: () => Promise.resolve(wav.length), read }, undefined, waits)
  const twice = async function* () {
    yield wav.subarray(0, 100)
    yield wav.subarray(100, 200)
  }
  await drain(of(twice), 0, 200)
  t.same(log.splice(0), ['waits', 'goes on', 'waits', 'goes on', 'waits', 'goes on'])
  for await (const bytes of of(twice).read(0, 200)) {
    t.equal(bytes.length, 100)
    t.equal(waits.isWaiting, false)
    break
  }
  t.same(log.splice(0), ['waits', 'goes on'], 'a reader that leaves')
  const failing = async function* () {
    yield wav.subarray(0, 100)
    throw new Error('gone')
  }
  await t.rejects(drain(of(failing), 0, 200), { message: 'gone' })
  t.same(log.splice(0), ['waits', 'goes on', 'waits', 'goes on'])

  const lent = await of(twice)[LEND](0, 200)
  for (let taken = 0; taken < 2;) {
    if (lent.take() !== undefined) taken++
    else await new Promise<void>(resolve => lent.onMore(resolve))
  }
  t.same(log.splice(0), ['waits', 'goes on', 'waits', 'goes on'], 'a lent read')
  await lent.close()
  // Such as a read of the block cache: nobody is called once it is closed.
  const silent: LentRead = {
    ...{
      isOver: false,
      prepaid: 7,
      take: () => undefined,
      onMore: () => undefined,
      giveBack: () => undefined,
    },
    ...{ keep: () => undefined, close: () => Promise.resolve() },
  }
  const lending = {
    size: () => Promise.resolve(wav.length),
    read: twice,
    [LEND]: () => Promise.resolve(silent),
  }
  const closed = await new WatchedSource(lending, undefined, waits)[LEND](0, 200)
  t.equal(closed.prepaid, 7)
  closed.onMore(() => undefined)
  t.equal(waits.isWaiting, true)
  await closed.close()
  t.equal(waits.isWaiting, false, 'a lent read that is closed while it waits')
})

t.test('passes on the error of a source', async t => {
  const error = new Error('gone')
  const source = new WatchedSource(
    {
      size: () => Promise.resolve(wav.length),
      async *read() {
        throw error
      },
    },
    undefined,
  )
  await t.rejects(drain(source, 0, 10), error)
  await t.rejects(source.shortfall(), error)
})

t.test('watches chunks that are lent, and passes loan and return on', async t => {
  for (const isCached of [true, false]) {
    const counted = new CountedSource(new BytesSource({ bytes: wav.subarray(0, 50_000) }))
    const cache = new BlockCache(counted, { cacheSize: MiB, blockSize: 8192 })
    const source = new WatchedSource(isCached ? cache : counted, undefined)
    const reading = await source[LEND](0, await source.size())
    const chunks: Buffer[] = []
    while (!reading.isOver) {
      const bytes = reading.take(1000)
      if (isCached) t.ok((bytes?.length ?? 0) <= 1000)
      if (bytes === undefined) await new Promise<void>(resolve => reading.onMore(resolve))
      else {
        chunks.push(Buffer.from(bytes))
        reading.giveBack()
      }
    }
    await reading.close()
    t.same(Buffer.concat(chunks), wav.subarray(0, 50_000))
    const { reads } = counted
    t.match(await source.shortfall(), { container: 'WAV' })
    t.equal(counted.reads, reads, 'it has seen the headers')
    await cache.close()
  }
})
