import { randomBytes, randomInt } from 'node:crypto'
import type { Test } from 'tap'
import type { RandomAccess } from '../../lib/io/random-access.js'
import { BLOCK_SIZE } from '../../lib/io/memory/block-pool.js'

/** Makes a source of `bytes` for one test, and takes down with that test what it needs. */
export type OpenSource = (t: Test, bytes: Buffer) => RandomAccess | Promise<RandomAccess>

/** All bytes of a read. */
export async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

/**
 * What every {@link RandomAccess} promises, as tests.
 *
 * @param name - of the kind, for the tests' titles
 * @param code - of the error for a read behind the end
 */
export function randomAccessSuite(t: Test, name: string, open: OpenSource, code: string): void {
  const bytes = randomBytes(3 * BLOCK_SIZE + 1234)
  const size = bytes.length

  t.test(`${name}: the size, however often it is asked for`, async t => {
    const source = await open(t, bytes)
    t.same(await Promise.all([source.size(), source.size()]), [size, size])
    t.equal(await source.size(), size)
  })

  t.test(`${name}: the whole, the first byte, the last byte`, async t => {
    const source = await open(t, bytes)
    t.ok(bytes.equals(await collect(source.read(0, size))))
    t.same(await collect(source.read(0, 1)), bytes.subarray(0, 1))
    t.same(await collect(source.read(size - 1, size)), bytes.subarray(size - 1))
  })

  t.test(`${name}: an empty range gives nothing, at either end too`, async t => {
    const source = await open(t, bytes)
    for (const place of [0, 1, size - 1, size]) t.equal((await collect(source.read(place, place))).length, 0)
  })

  t.test(`${name}: any range, in any order`, async t => {
    const source = await open(t, bytes)
    for (let n = 0; n < 40; n++) {
      const start = randomInt(size)
      const end = randomInt(start, size + 1)
      t.ok(
        bytes.subarray(start, end).equals(await collect(source.read(start, end))),
        `${start} to ${end} of ${size}`,
      )
    }
  })

  t.test(`${name}: ranges that begin and end beside the border of a block`, async t => {
    const source = await open(t, bytes)
    const places = [-1, 0, 1].flatMap(by => [BLOCK_SIZE + by, 2 * BLOCK_SIZE + by])
    for (const start of places) {
      for (const end of places.filter(place => place > start)) {
        t.ok(bytes.subarray(start, end).equals(await collect(source.read(start, end))), `${start} to ${end}`)
      }
    }
  })

  t.test(`${name}: chunks are of at most 256 KiB, and none is empty`, async t => {
    const source = await open(t, bytes)
    for await (const { length } of source.read(5, size)) {
      if (length === 0 || length > BLOCK_SIZE) t.fail(`a chunk of ${length} bytes`)
    }
  })

  t.test(`${name}: a read that reaches behind the end throws before a byte of it`, async t => {
    for (const known of [false, true]) {
      for (const [start, end] of [
        [size - 5, size + 1],
        [size, size + 1],
        [size + 7, size + 9],
        [0, 2 * size],
      ] as const) {
        const source = await open(t, bytes)
        if (known) await source.size()
        let delivered = 0
        const reading = async () => {
          for await (const chunk of source.read(start, end)) delivered += chunk.length
        }
        await t.rejects(reading(), { code }, `${start} to ${end} of ${size}, ${known ? '' : 'un'}known`)
        t.equal(delivered, 0)
      }
    }
  })

  t.test(`${name}: places that are none are refused, before or in place of the first chunk`, async t => {
    const source = await open(t, bytes)
    for (const [start, end] of [
      [-1, 5],
      [5, 4],
      [0.5, 4],
      [0, NaN],
      [0, Infinity],
    ] as const) {
      await t.rejects(async () => collect(source.read(start, end)), {
        code: /^AVIO_ERR_(OPTION$|SOURCE_RANGE$)/,
      })
    }
  })

  t.test(`${name}: the loop can be left early, and the source read again`, async t => {
    const source = await open(t, bytes)
    for await (const chunk of source.read(0, size)) {
      t.ok(chunk.equals(bytes.subarray(0, chunk.length)))
      break
    }
    t.ok(bytes.subarray(1, size - 1).equals(await collect(source.read(1, size - 1))))
  })

  t.test(`${name}: an abort before the read, and one under way, is an AbortError`, async t => {
    const source = await open(t, bytes)
    const aborted = AbortSignal.abort()
    await t.rejects(source.size(aborted), { name: 'AbortError' })
    await t.rejects(collect(source.read(0, size, aborted)), { name: 'AbortError' })
    const controller = new AbortController()
    let delivered = 0
    const reading = async () => {
      for await (const chunk of source.read(0, size, controller.signal)) {
        delivered += chunk.length
        controller.abort(new Error('early-exit'))
      }
    }
    await t.rejects(reading(), { name: 'AbortError', cause: { message: 'early-exit' } })
    t.ok(delivered > 0 && delivered < size)
    t.equal(await source.size(), size, 'and the source is as good as before')
    t.same(await collect(source.read(7, 9)), bytes.subarray(7, 9))
  })

  t.test(`${name}: two reads at once, each at its own pace`, async t => {
    const source = await open(t, bytes)
    const slow = source.read(0, size)[Symbol.asyncIterator]()
    const chunks = [(await slow.next()).value as Buffer]
    t.ok(bytes.subarray(99).equals(await collect(source.read(99, size))))
    for (let next = await slow.next(); next.done !== true; next = await slow.next()) chunks.push(next.value)
    t.ok(bytes.equals(Buffer.concat(chunks)))
  })

  t.test(`${name}: an empty source has a size and an empty range, and no byte`, async t => {
    const source = await open(t, Buffer.alloc(0))
    t.equal(await source.size(), 0)
    t.equal((await collect(source.read(0, 0))).length, 0)
    await t.rejects(collect(source.read(0, 1)), { code })
    const unasked = await open(t, Buffer.alloc(0))
    await t.rejects(collect(unasked.read(0, 1)), { code })
  })
}
