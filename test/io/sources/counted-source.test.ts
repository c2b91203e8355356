import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { CountedSource } from '../../../lib/io/sources/counted-source.js'
import { readExactly } from '../../../lib/io/read-exactly.js'
import { LoggedAccess } from '../../support/random-accesses.js'

const BYTES = Buffer.alloc(200_000, 'counted')

t.test('counts received bytes and started reads, and changes nothing', async t => {
  const source = new CountedSource(new LoggedAccess(BYTES))
  t.equal(await source.size(), BYTES.length)
  t.same([source.bytes, source.reads], [0, 0], 'size() counts as no read')
  t.same(await readExactly(source, 10, 30), BYTES.subarray(10, 30))
  t.same(await readExactly(source, 0, 100_000), BYTES.subarray(0, 100_000))
  t.same([source.bytes, source.reads], [100_020, 2])
})

t.test('cancels the source’s read, and counts its bytes so far', async t => {
  const inner = new LoggedAccess(BYTES)
  const source = new CountedSource(inner)
  for await (const chunk of source.read(0, BYTES.length)) {
    t.equal(source.bytes, chunk.length)
    break
  }
  t.equal(inner.cancelled, 1)
})

t.test('passes errors and aborts on unchanged', async t => {
  const error = new Error('broken')
  const failing = new CountedSource(new LoggedAccess(BYTES, { failAt: 70_000, error }))
  await t.rejects(readExactly(failing, 0, 100_000), error)
  t.equal(failing.bytes, 70_000, 'bytes before the error are counted')
  await t.rejects(readExactly(failing, 0, 10, AbortSignal.abort()), { name: 'AbortError' })
})

t.test('counts reads into memory as well', async t => {
  const source = new CountedSource(new BytesSource({ bytes: BYTES }))
  const memory = Buffer.alloc(1000)
  let reported = 0
  await source.readInto(5, memory, { onProgress: bytes => (reported += bytes) })
  t.ok(memory.equals(BYTES.subarray(5, 1005)))
  t.same([source.bytes, source.reads, reported], [1000, 1, 1000])
  const error = new Error('broken')
  const failing = new CountedSource(new LoggedAccess(BYTES, { failAt: 70_000, error }))
  await t.rejects(failing.readInto(0, Buffer.alloc(100_000)), error)
  t.same([failing.bytes, failing.reads], [70_000, 1])
})
