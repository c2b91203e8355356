import t from 'tap'
import { BlockRun } from '../../../lib/io/cache/block-run.js'
import { Block } from '../../../lib/io/cache/block-store.js'
import { CountedMemory } from '../../../lib/io/cache/counted-memory.js'
import { BlockPool } from '../../../lib/io/memory/block-pool.js'
import { BoundedSource } from '../../../lib/io/sources/bounded-source.js'
import type { RandomAccess } from '../../../lib/io/random-access.js'
import { SyntheticSource, type SyntheticSourceOptions, bytesOf } from '../../support/synthetic-source.js'

const SIZE = 10

/** A run over ten-byte blocks, and a log of its callbacks. */
function start(source: RandomAccess, blocks: readonly Block[]) {
  const told = { fetched: 0, lost: [] as number[], errors: [] as Error[], bytes: [] as string[] }
  const first = blocks[0]!
  const begin = first.index * SIZE + first.filled
  const run = new BlockRun(source, blocks, begin, {
    onFetched: bytes => (told.fetched += bytes),
    onBytes: block => told.bytes.push(`${block.index}:${block.filled}`),
    onError: (error, lost) => {
      told.errors.push(error)
      told.lost.push(...lost.map(block => block.index))
    },
  })
  return { run, told }
}

function blocksOf(...indices: number[]): Block[] {
  return indices.map(index => new Block(index, SIZE))
}

function sourceOf(options: SyntheticSourceOptions = {}): SyntheticSource {
  return new SyntheticSource(100, { chunkSize: 4, ...options })
}

t.test('fills adjacent blocks with one read, wherever chunks are cut', async t => {
  for (let chunkSize = 1; chunkSize <= 31; chunkSize++) {
    const blocks = blocksOf(2, 3, 4)
    const source = sourceOf({ chunkSize })
    const { run, told } = start(source, blocks)
    t.ok(blocks.every(block => block.underWay))
    await run.settled
    t.same(source.log, ['20-50'])
    t.equal(told.fetched, 30)
    for (const block of blocks) {
      t.equal(block.underWay, false)
      t.ok(block.slice(0, SIZE).equals(bytesOf(block.index * SIZE, (block.index + 1) * SIZE)))
    }
  }
})

t.test('continues a partly filled block', async t => {
  const [block] = blocksOf(1)
  block!.write(bytesOf(10, 13))
  const source = sourceOf()
  await start(source, [block!]).run.settled
  t.same(source.log, ['13-20'])
  t.ok(block!.slice(0, SIZE).equals(bytesOf(10, 20)))
})

t.test('cancels unwanted blocks: after the last wanted one, or all at once', async t => {
  const blocks = blocksOf(0, 1, 2, 3)
  const source = sourceOf()
  const { run } = start(source, blocks)
  await Promise.resolve()
  t.same(
    run.trim(({ index }) => index === 1).map(block => block.index),
    [2, 3],
  )
  await run.settled
  t.ok(blocks[1]!.whole)
  t.equal(blocks[2]!.filled, 0)
  t.same(source.log, ['0-40', 'cut 0-40 at 20'])

  const waiting = sourceOf({ before: position => position > 0 && new Promise(() => undefined) })
  const [first, second] = blocksOf(0, 1)
  const cut = start(waiting, [first!, second!])
  await new Promise(setImmediate)
  t.equal(cut.run.trim(() => false).length, 2)
  t.equal(first!.underWay, false)
  await cut.run.settled
  t.equal(first!.filled, 4, 'received bytes are kept')
  t.same(waiting.log, ['0-20', 'cut 0-20 at 4'])
  t.same(cut.told.errors, [], 'no error was reported')
  t.same(
    cut.run.trim(() => false),
    [],
  )
})

t.test('requests nothing when cancelled before it began', async t => {
  const source = sourceOf()
  const { run } = start(source, blocksOf(0))
  run.trim(() => false)
  await run.settled
  t.same(source.log, [])
})

t.test('reports the incomplete blocks on failure', async t => {
  const failure = new Error('on purpose')
  const source = sourceOf({
    before: position => {
      if (position === 12) throw failure
    },
  })
  const { run, told } = start(source, blocksOf(0, 1, 2))
  await run.settled
  t.same(told.errors, [failure])
  t.same(told.lost, [1, 2])
})

t.test('fails if the source returns too little or too much', async t => {
  for (const [length, position] of [
    [7, 7],
    [13, 10],
  ] as const) {
    const source: RandomAccess = {
      size: async () => 100,
      async *read() {
        yield bytesOf(0, length)
      },
    }
    const { run, told } = start(source, blocksOf(0))
    await run.settled
    const [error] = told.errors
    if (length < SIZE) t.match(error, { code: 'AVIO_ERR_SOURCE_READ', byteOffset: position })
    t.equal(told.errors.length, 1)
  }
})

t.test('keeps memory that a source may still write to, and gives back that of any other', async t => {
  for (const heeds of [true, false]) {
    const pool = new BlockPool(SIZE)
    const block = new Block(0, SIZE, { make: size => new CountedMemory(size, SIZE, pool) })
    const source = new BoundedSource({
      size: async () => 100,
      read: () => t.fail('read() was used') as never,
      readInto: (_start, _memory, options) =>
        new Promise((_resolve, reject) => {
          if (heeds) options!.signal!.addEventListener('abort', () => reject(new Error('cancelled')))
        }),
    })
    const { run } = start(source, [block])
    await new Promise(setImmediate)
    t.ok(run.isReading)
    run.trim(() => false)
    block.drop()
    await run.settled
    t.notOk(run.isReading)
    pool.take()
    t.equal(pool.made, heeds ? 1 : 2, heeds ? 'it has ended' : 'it was given up')
  }
})
