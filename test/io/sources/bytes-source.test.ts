import { runInNewContext } from 'node:vm'
import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { KiB } from '../../../lib/options.js'
import { collect, randomAccessSuite } from '../../support/random-access-suite.js'

randomAccessSuite(t, 'bytes in memory', (_t, bytes) => new BytesSource({ bytes }), 'AVIO_ERR_SOURCE_RANGE')

t.test('delivers slices of the given memory, in blocks of 256 KiB', async t => {
  const memory = new Uint8Array(600 * KiB + 8)
  const bytes = memory.subarray(8)
  const lengths: number[] = []
  for await (const chunk of new BytesSource({ bytes }).read(0, bytes.length)) {
    t.equal(chunk.buffer, memory.buffer)
    t.equal(chunk.byteOffset, 8 + lengths.reduce((sum, length) => sum + length, 0))
    lengths.push(chunk.length)
  }
  t.same(lengths, [256 * KiB, 256 * KiB, 88 * KiB])
})

t.test('ends a read on abort between two chunks', async t => {
  const controller = new AbortController()
  const chunks = new BytesSource({ bytes: new Uint8Array(600 * KiB) }).read(0, 600 * KiB, controller.signal)
  await chunks.next()
  controller.abort()
  await t.rejects(chunks.next(), { name: 'AbortError' })
})

t.test('rejects anything but bytes synchronously', async t => {
  for (const wrong of [undefined, null, 'text', [1, 2], new ArrayBuffer(3), new Uint16Array(3)]) {
    t.throws(() => new BytesSource({ bytes: wrong as never }), { code: 'AVIO_ERR_OPTION', option: 'bytes' })
  }
})

t.test('accepts bytes of another realm', async t => {
  const bytes = runInNewContext('new Uint8Array([1, 2, 3])') as Uint8Array
  t.notOk(bytes instanceof Uint8Array)
  t.same(await collect(new BytesSource({ bytes }).read(1, 3)), Buffer.from([2, 3]))
})
