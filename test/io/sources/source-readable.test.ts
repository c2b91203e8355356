import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { linkOf } from '../../../lib/io/pipeline/link.js'
import type { RandomAccess } from '../../../lib/io/random-access.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { FileSource } from '../../../lib/io/sources/file-source.js'
import { HttpSource } from '../../../lib/io/sources/http-source.js'
import { type ReadStreamOptions, SourceReadable } from '../../../lib/io/sources/source-readable.js'
import { httpSource } from '../../support/http-origin.js'
import { collect } from '../../support/random-access-suite.js'
import { uncaught } from '../../support/uncaught.js'

const bytes = Buffer.from('0123456789abcdefghij')

interface Openable extends RandomAccess {
  createReadStream(options?: ReadStreamOptions): Readable
}

const sources: [name: string, open: (t: Test, bytes: Buffer) => Openable | Promise<Openable>][] = [
  ['BytesSource', (_, bytes) => new BytesSource({ bytes })],
  [
    'FileSource',
    (t, bytes) => {
      const path = join(t.testdir({}), 'a')
      writeFileSync(path, bytes)
      return new FileSource({ path })
    },
  ],
  ['HttpSource', async (t, bytes) => new HttpSource({ url: (await httpSource(t, bytes)).url })],
]

for (const [name, open] of sources) {
  t.test(`${name}: streams the whole source, or a part with an inclusive end`, async t => {
    const source = await open(t, bytes)
    const read = async (options?: ReadStreamOptions) =>
      String(await collect(source.createReadStream(options)))
    t.equal(await read(), String(bytes))
    t.equal(await read({ start: 3, end: 7 }), '34567')
    t.equal(await read({ start: 3, end: 3 }), '3')
    t.equal(await read({ start: 15, end: 99 }), 'fghij')
    t.equal(await read({ end: 0 }), '0')
    await t.rejects(read({ start: 20 }), { code: 'AVIO_ERR_SOURCE_RANGE', byteOffset: 20 })
    t.throws(() => source.createReadStream({ start: 2, end: 1 }), { code: 'AVIO_ERR_OPTION', option: 'end' })
  })

  t.test(`${name}: offers random access to the bytes of the stream`, async t => {
    const source = await open(t, bytes)
    t.equal(linkOf(source.createReadStream())!.randomAccess, source)
    const part = linkOf(source.createReadStream({ start: 3, end: 7 }))!.randomAccess!
    t.equal(await part.size(), 5)
    t.equal(String(await collect(part.read(1, 3))), '45')
    t.equal(part.name, source.name)
  })

  t.test(`${name}: streams an empty source`, async t => {
    t.equal((await collect((await open(t, Buffer.alloc(0))).createReadStream())).length, 0)
  })
}

/** A source with chunks of 10 bytes that counts what it delivers. */
class Counted implements RandomAccess {
  delivered = 0
  closed = 0
  failAt = Infinity
  size = () => Promise.resolve(1000)
  async *read(start: number, end: number, signal?: AbortSignal) {
    try {
      for (let at = start; at < end; at += 10) {
        if (at >= this.failAt) throw new Error('it broke')
        if (signal?.aborted) throw new Error('aborted')
        this.delivered += 10
        yield Buffer.alloc(10, at)
        await new Promise(resolve => setImmediate(resolve))
      }
    } finally {
      this.closed++
    }
  }
}

t.test('reads no more than its buffer has room for', async t => {
  const source = new Counted()
  const stream = new SourceReadable(source, { highWaterMark: 30 })
  t.equal(source.delivered, 0)
  const slow = new PassThrough({ highWaterMark: 20 })
  stream.pipe(slow)
  for (let n = 0; n < 300; n++) await new Promise(resolve => setImmediate(resolve))
  t.ok(source.delivered > 30 && source.delivered <= 100, `${source.delivered} of 1000 bytes`)
  stream.destroy()
  await once(stream, 'close')
  t.equal(source.closed, 1, 'the read has settled before close')
})

t.test('passes the source’s error on unchanged, after the bytes before it', async t => {
  const source = new Counted()
  source.failAt = 50
  const chunks: Buffer[] = []
  const read = async () => {
    for await (const chunk of new SourceReadable(source)) chunks.push(chunk as Buffer)
  }
  await t.rejects(read(), { message: 'it broke' })
  t.equal(Buffer.concat(chunks).length, 50)
  t.equal(source.closed, 1)
})

t.test('ends with an AbortError on abort, before or during the read', async t => {
  const source = new Counted()
  await t.rejects(collect(new SourceReadable(source, { signal: AbortSignal.abort() })), {
    name: 'AbortError',
  })
  t.equal(source.delivered, 0)
  const controller = new AbortController()
  const stream = new SourceReadable(source, { signal: controller.signal })
  stream.once('data', () => controller.abort())
  await t.rejects(once(stream, 'end'), { name: 'AbortError' })
  t.equal(source.closed, 1)
})

t.test('ends early without an error on stop()', async t => {
  const source = new Counted()
  const stream = new SourceReadable(source)
  const events: string[] = []
  for (const event of ['stop', 'end', 'close', 'error']) stream.on(event, () => events.push(event))
  stream.once('data', () => linkOf(stream)!.stop!())
  await once(stream, 'close')
  t.same(events, ['stop', 'end', 'close'])
  t.equal(source.closed, 1)
  t.ok(source.delivered < 1000)
})

t.test('loses no bytes if a data listener calls read()', async t => {
  const stream = new SourceReadable(new Counted(), { highWaterMark: 10 })
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    stream.read(0)
  })
  await once(stream, 'end')
  t.equal(bytes, 1000)
})

t.test('turns a listener’s error into an uncaught exception, and continues', async t => {
  const thrown = await uncaught(async () => {
    const stream = new SourceReadable(new Counted())
    stream.once('data', () => {
      throw new Error('mine')
    })
    await once(stream, 'end')
  })
  t.match(thrown, [{ message: 'mine' }])
})

t.test('works in pipeline()', async t => {
  const sink = new PassThrough()
  const all = collect(sink)
  await pipeline(new BytesSource({ bytes }).createReadStream(), sink)
  t.same(await all, bytes)
})
