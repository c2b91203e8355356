import { randomBytes, randomInt } from 'node:crypto'
import { getEventListeners } from 'node:events'
import type { Test } from 'tap'
import type { RandomAccess } from '../../lib/io/random-access.js'
import { BLOCK_SIZE } from '../../lib/io/memory/block-pool.js'
import { readInto } from '../../lib/io/read-into.js'

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

  readIntoSuite(t, name, open, code)
}

/** Memory of `length` bytes in pieces of at most `most`, between guards that must stay as they are. */
function memoryOf(length: number, most: number) {
  const whole = Buffer.alloc(length + 2 * GUARD, 0xee)
  const inner = whole.subarray(GUARD, GUARD + length)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < length; at += most) {
    // Plain Uint8Arrays: a Buffer is only one kind of them.
    pieces.push(new Uint8Array(inner.buffer, inner.byteOffset + at, Math.min(most, length - at)))
  }
  const isGuarded = () => [whole.subarray(0, GUARD), whole.subarray(GUARD + length)].every(isUntouched)
  return { inner, pieces, isGuarded }
}

const GUARD = 64

function isUntouched(bytes: Buffer): boolean {
  return bytes.every(byte => byte === 0xee)
}

/** What every `readInto()` promises, as tests: with the method of the source or, without one, by its `read()`. */
export function readIntoSuite(t: Test, name: string, open: OpenSource, code: string): void {
  const bytes = randomBytes(3 * BLOCK_SIZE + 1234)
  const size = bytes.length

  t.test(`${name}: fills memory, in one piece or many, and nothing beside it`, async t => {
    const source = await open(t, bytes)
    for (const most of [size, BLOCK_SIZE, 100_000, 4097]) {
      for (const [start, end] of [
        [0, size],
        [1, size - 1],
        [BLOCK_SIZE - 1, BLOCK_SIZE + 1],
        [size - 1, size],
      ] as const) {
        const { inner, pieces, isGuarded } = memoryOf(end - start, most)
        let reported = 0
        await readInto(source, start, pieces.length === 1 ? pieces[0]! : pieces, {
          onProgress: count => {
            const from = reported
            reported += count
            if (!inner.subarray(from, reported).equals(bytes.subarray(start + from, start + reported)))
              t.fail(`reported bytes ${from} to ${reported} are not there`)
          },
        })
        t.equal(reported, end - start, `${start} to ${end} in pieces of ${most}: all is reported`)
        t.ok(inner.equals(bytes.subarray(start, end)))
        t.ok(isGuarded())
      }
    }
  })

  t.test(`${name}: memory without room is filled at once, at either end too`, async t => {
    const source = await open(t, bytes)
    for (const place of [0, size]) {
      await readInto(source, place, [])
      await readInto(source, place, [new Uint8Array(0), new Uint8Array(0)])
    }
    await readInto(await open(t, Buffer.alloc(0)), 0, [])
  })

  t.test(`${name}: memory that reaches behind the end is refused before a byte is written`, async t => {
    for (const known of [false, true]) {
      const source = await open(t, bytes)
      if (known) await source.size()
      for (const [start, length] of [
        [size - 5, 6],
        [size, 1],
        [0, 2 * size],
      ] as const) {
        const { inner, pieces } = memoryOf(length, BLOCK_SIZE)
        const onProgress = () => t.fail('reported a byte')
        await t.rejects(readInto(source, start, pieces, { onProgress }), { code })
        t.ok(isUntouched(inner), `${start}, ${length} bytes of ${size}, ${known ? '' : 'un'}known`)
      }
    }
    const source = await open(t, bytes)
    for (const start of [-1, 0.5, NaN]) {
      await t.rejects(readInto(source, start, new Uint8Array(1)), {
        code: /^AVIO_ERR_(OPTION$|SOURCE_RANGE$)/,
      })
    }
    for (const wrong of [undefined, null, 5, 'text', new ArrayBuffer(4), [new Uint16Array(2)]]) {
      await t.rejects(readInto(source, 0, wrong as never), { code: 'AVIO_ERR_OPTION', option: 'memory' })
    }
  })

  t.test(`${name}: after an abort, before the read or under way, the memory stays as it is`, async t => {
    const source = await open(t, bytes)
    const before = memoryOf(size, 100_000)
    await t.rejects(readInto(source, 0, before.pieces, { signal: AbortSignal.abort() }), {
      name: 'AbortError',
    })
    t.ok(isUntouched(before.inner))

    const long = Buffer.concat(Array.from({ length: 16 }, () => bytes))
    const another = await open(t, long)
    const { inner, pieces } = memoryOf(long.length, 100_000)
    const controller = new AbortController()
    let reported = 0
    const reading = readInto(another, 0, pieces, {
      signal: controller.signal,
      onProgress: count => {
        t.notOk(controller.signal.aborted, 'nothing is reported after an abort')
        reported += count
        controller.abort(new Error('early-exit'))
      },
    })
    await t.rejects(reading, { name: 'AbortError', cause: { message: 'early-exit' } })
    t.ok(reported > 0 && reported < long.length)
    t.ok(inner.subarray(0, reported).equals(long.subarray(0, reported)), 'the reported bytes are good')
    // It is the caller's own again: whatever is written now must stay.
    inner.fill(0xdd)
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    t.ok(inner.equals(Buffer.alloc(inner.length, 0xdd)), 'nothing writes to it any more')
    t.equal(getEventListeners(controller.signal, 'abort').length, 0)
    t.ok(
      bytes.subarray(7, 9).equals(await collect(another.read(7, 9))),
      'and the source is as good as before',
    )
  })

  t.test(`${name}: several reads at once, each into its own memory`, async t => {
    const source = await open(t, bytes)
    const reads = [0, 99, BLOCK_SIZE].map(start => ({ start, ...memoryOf(size - start, BLOCK_SIZE) }))
    await Promise.all(reads.map(({ start, pieces }) => readInto(source, start, pieces)))
    for (const { start, inner } of reads) t.ok(inner.equals(bytes.subarray(start)), `from ${start}`)
  })
}
