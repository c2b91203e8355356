import t from 'tap'
import { BlockFetcher } from '../../../lib/io/cache/block-fetcher.js'
import { BlockStore } from '../../../lib/io/cache/block-store.js'
import { SyntheticSource, type SyntheticSourceOptions } from '../../support/synthetic-source.js'

/** A fetcher of ten-byte blocks that retains the `wanted` ones. */
function fetching(
  places: number,
  concurrency: number,
  wanted: number[] = [],
  options: SyntheticSourceOptions = {},
) {
  const source = new SyntheticSource(95, { chunkSize: 5, ...options })
  const store = new BlockStore(places)
  const told = { bytes: [] as number[], errors: [] as Error[], lost: [] as number[], rooms: 0 }
  const fetcher = new BlockFetcher({
    source,
    store,
    blockSize: 10,
    concurrency,
    lengthOf: index => Math.min(10, 95 - 10 * index),
    isWanted: index => wanted.includes(index),
    onBytes: block => told.bytes.push(block.index),
    onError: (error, lost) => {
      told.errors.push(error)
      told.lost.push(...lost.map(block => block.index))
    },
    onRoom: () => told.rooms++,
  })
  const idle = async () => {
    while (source.underWay > 0 || fetcher.busy) await new Promise(setImmediate)
  }
  return { source, store, fetcher, told, idle }
}

const never = { before: () => new Promise(() => undefined) }

t.test('limits a run to the free places and the end of the source', async t => {
  const { fetcher, source, told, idle, store } = fetching(4, 1)
  t.ok(fetcher.start(8, 2, true))
  await idle()
  t.ok(fetcher.start(0, 9, false), 'unwanted blocks are evicted')
  await idle()
  t.same(source.log, ['80-95', '0-40'])
  t.equal(store.count, 4)
  t.equal(fetcher.bytesFetched, 55)
  t.equal(fetcher.reads, 2)
  t.equal(told.rooms, 2)
  t.same(told.bytes.slice(0, 3), [8, 8, 9])
})

t.test('limits the number of runs in flight', async t => {
  const { fetcher } = fetching(9, 2, [], never)
  t.ok(fetcher.start(0, 1, true))
  t.ok(fetcher.start(1, 1, true))
  t.ok(fetcher.busy)
  t.notOk(fetcher.start(2, 1, true))
  await fetcher.close()
  t.notOk(fetcher.busy)
})

t.test('evicts a wanted block only for one a reader waits for', async t => {
  const { fetcher, store, idle } = fetching(1, 1, [0])
  fetcher.start(0, 1, true)
  await idle()
  t.notOk(fetcher.start(5, 1, false))
  t.ok(store.peek(0))
  t.ok(fetcher.start(5, 1, true))
  t.notOk(store.peek(0))
  t.notOk(fetcher.start(6, 1, true), 'a block in flight is never evicted')
  await idle()
})

t.test('cancels unwanted blocks and frees their places', async t => {
  const wanted = [0, 1, 5]
  const { fetcher, store, source } = fetching(9, 3, wanted, never)
  fetcher.start(0, 4, true)
  fetcher.start(5, 1, true)
  await new Promise(setImmediate)
  fetcher.trim()
  t.equal(store.count, 3)
  wanted.splice(0, 2)
  fetcher.trim()
  await new Promise(setImmediate)
  t.equal(store.count, 1)
  t.same(source.log, ['0-40', '50-60', 'cut 0-40 at 0'])
  await fetcher.close()
  t.equal(source.underWay, 0)
})

t.test('frees the places on failure, except for a partly filled block', async t => {
  const failure = new Error('on purpose')
  const { fetcher, store, told, idle } = fetching(9, 1, [], {
    before: position => {
      if (position === 15) throw failure
    },
  })
  fetcher.start(0, 4, true)
  await idle()
  t.same(told.errors, [failure])
  t.same(told.lost, [1, 2, 3])
  t.equal(store.count, 2)
  t.match(store.peek(1), { filled: 5, underWay: false })
})

t.test('holds the places of cancelled blocks until the source has let go of their memory', async t => {
  const store = new BlockStore(2)
  let end!: () => void
  const ended = new Promise<void>(resolve => (end = resolve))
  let rooms = 0
  const fetcher = new BlockFetcher({
    source: {
      size: async () => 100,
      read: () => t.fail('read() was used') as never,
      readInto: async () => {
        await ended
        throw new Error('cancelled')
      },
    },
    store,
    blockSize: 10,
    concurrency: 2,
    lengthOf: () => 10,
    isWanted: () => false,
    onBytes: () => undefined,
    onError: error => t.fail(error.message),
    onRoom: () => rooms++,
  })
  fetcher.start(0, 2, true)
  await new Promise(setImmediate)
  fetcher.trim()
  t.equal(store.count, 0)
  t.notOk(fetcher.start(5, 1, true), 'no place is free')
  const before = rooms
  end()
  while (fetcher.busy || rooms === before) await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.equal(store.held, 0)
  t.ok(fetcher.start(5, 1, true))
  await fetcher.close()
})
