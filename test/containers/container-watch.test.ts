import t from 'tap'
import { ContainerWatch } from '../../lib/containers/container-watch.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { CountedSource } from '../../lib/io/sources/counted-source.js'
import { chunk, missingByPipe } from '../support/cut.js'

/** Enough chunks for several steps of the walk. */
const wav = Buffer.concat([
  Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'),
  chunk('fmt ', Buffer.alloc(18)),
  ...Array.from({ length: 5 }, (_, n) => chunk('JUNK', Buffer.alloc(n))),
  chunk('data', Buffer.alloc(500)),
])

t.test('finds the same however the stream is cut', async t => {
  for (const bytes of [wav, wav.subarray(0, wav.length - 300)]) {
    const expected = await missingByPipe(bytes, { size: bytes.length })
    for (let size = 1; size <= bytes.length; size++) {
      if ((await missingByPipe(bytes, { size }))?.reason !== expected?.reason) t.fail(`chunks of ${size}`)
    }
    for (let first = 1; first < bytes.length; first++) {
      const watch = new ContainerWatch(undefined)
      watch.see(0, bytes.subarray(0, first))
      watch.see(first, bytes.subarray(first))
      if ((await watch.finish())?.reason !== expected?.reason) t.fail(`cut at ${first}`)
    }
    t.equal(expected === undefined, bytes === wav)
  }
})

t.test('accepts bytes in any order, and twice, if the size is known', async t => {
  const bytes = wav.subarray(0, wav.length - 300)
  const source = new CountedSource(new BytesSource({ bytes }))
  const watch = new ContainerWatch(undefined, bytes.length)
  for (const [start, end] of [
    [200, 250],
    [0, 20],
    [0, 40],
    [10, 250],
  ] as const) {
    watch.see(start, bytes.subarray(start, end))
  }
  t.match(await watch.finish(source), {
    container: 'WAV',
    reason: /"data" states media up to byte \d+, but the input has only \d+/,
  })
  t.equal(source.reads, 0)
})

t.test('makes few reads of a source, and gives no verdict if they are not enough', async t => {
  const many = Buffer.concat([
    ...[wav.subarray(0, 12), ...Array.from({ length: 1000 }, () => chunk('JUNK', Buffer.alloc(100)))],
    chunk('data', Buffer.alloc(100), 1000),
  ])
  t.ok(await missingByPipe(many))
  const source = new CountedSource(new BytesSource({ bytes: many }))
  t.equal(await new ContainerWatch(undefined, many.length).finish(source), undefined)
  t.ok(source.reads <= 64)
})

t.test('gives up on endless empty headers', async t => {
  const steps = (count: number) => {
    const nothing = Buffer.concat(Array.from({ length: count }, () => chunk('JUNK', Buffer.alloc(0))))
    return Buffer.concat([wav.subarray(0, 12), nothing, chunk('data', Buffer.alloc(100), 1000)])
  }
  t.ok(await missingByPipe(steps(1000)))
  t.equal(await missingByPipe(steps(100_000)), undefined)
})

t.test('holds no media, whatever their size', async t => {
  const watch = new ContainerWatch(undefined)
  const piece = Buffer.alloc(2 ** 20)
  const head = Buffer.concat([wav.subarray(0, 12), chunk('data', Buffer.alloc(0), 0x7ffe0000)])
  watch.see(0, head)
  const before = process.memoryUsage().arrayBuffers
  for (let n = 0; n < 1000; n++) watch.see(head.length + n * piece.length, piece)
  t.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20)
  t.match(await watch.finish(), {
    reason: /states media up to byte 2147352596, but the input has only 1048576020 bytes/,
  })
})
