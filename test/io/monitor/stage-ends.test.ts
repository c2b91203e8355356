import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type * as stream from 'node:stream'
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { ReadableEnd, WritableEnd } from '../../../lib/io/monitor/stage-ends.js'

const otherMake = createRequire(import.meta.url)('readable-stream') as typeof stream
const nothing = () => undefined

/** A sink that takes a chunk when told to. */
function gated(options: object = {}) {
  const callbacks: (() => void)[] = []
  const sink = new Writable({ ...options, write: (_chunk, _encoding, callback) => callbacks.push(callback) })
  return { sink, take: () => callbacks.shift()!() }
}

t.test('a writable end waits except while the stage works on a write', async t => {
  const { sink, take } = gated()
  let changes = 0
  const end = new WritableEnd(sink, () => changes++)
  t.equal(end.isWaiting, true)
  sink.write('ab')
  t.equal(end.isWaiting, false)
  t.equal(end.buffered, 2)
  take()
  t.equal(end.isWaiting, true)
  t.ok(changes >= 2)
  sink.write('c')
  sink.write(Buffer.from('de'))
  take()
  t.equal(end.isWaiting, false, 'the next write follows at once')
  take()
  t.equal(end.bytes, 5)
  sink.end()
  await once(sink, 'finish')
  t.equal(end.isEnded, true)
})

t.test('a writable end counts batches and strings in bytes, and objects not at all', async t => {
  const written = async (sink: Writable, chunks: unknown[]) => {
    const end = new WritableEnd(sink, nothing)
    sink.cork()
    for (const chunk of chunks) sink.write(chunk)
    sink.end()
    await once(sink, 'finish')
    return end.bytes
  }
  const writev = (_chunks: unknown, callback: () => void) => callback()
  const write = (_chunk: unknown, _encoding: unknown, callback: () => void) => callback()
  t.equal(await written(new Writable({ writev }), ['ab', Buffer.alloc(3), 'ü']), 7)
  t.equal(await written(new Writable({ write, decodeStrings: false }), ['ab', 'ü']), 4)
  t.equal(await written(new Writable({ write, objectMode: true }), [{ a: 1 }, [1]]), 0)
  t.equal(await written(new PassThrough().resume(), ['ab', 'c']), 3)
})

t.test('a writable end works on its end until that is done', async t => {
  let done: () => void = nothing
  const sink = new Writable({ write: nothing, final: callback => void (done = callback) })
  const end = new WritableEnd(sink, nothing)
  sink.end()
  await new Promise(setImmediate)
  t.equal(end.isWaiting, false)
  t.equal(end.isEnded, false)
  done()
  await once(sink, 'finish')
  t.equal(end.isEnded, true)
})

t.test('a readable end waits while nobody takes what it has', async t => {
  const source = new Readable({ highWaterMark: 4, read: nothing })
  const end = new ReadableEnd(source, nothing)
  t.equal(end.isWaiting, true, 'before anyone reads')
  source.read()
  t.equal(end.isWaiting, false)
  source.push('ab')
  t.equal(end.isWaiting, false)
  source.push('cd')
  t.equal(end.isWaiting, true)
  t.equal(end.buffered, 4)
  source.read()
  t.equal(end.isWaiting, false)
  t.equal(end.bytes, 4)
  source.push(null)
  t.equal(end.isEnded, true)
})

t.test('knows the state of a stream that is under way already', async t => {
  const { sink, take } = gated()
  sink.write('ab')
  const end = new WritableEnd(sink, nothing)
  t.equal(end.isWaiting, false)
  take()
  t.equal(end.isWaiting, true, 'the callback of that write went past the hook')
  sink.write('c')
  t.equal(end.isWaiting, false)
  const source = new Readable({ highWaterMark: 4, read: nothing })
  source.pause()
  t.equal(new ReadableEnd(source, nothing).isWaiting, false)
  source.push('abcd')
  t.equal(new ReadableEnd(source, nothing).isWaiting, true)
  const over = Readable.from([])
  over.resume()
  await once(over, 'close')
  t.equal(new ReadableEnd(over, nothing).isEnded, true)
})

t.test('does not wait for a reader of answers that nobody reads', async t => {
  const socket = new Duplex({ read: nothing, write: nothing })
  t.equal(new ReadableEnd(socket, nothing).isWaiting, false)
  const stage = new Transform({ transform: (chunk, _encoding, callback) => callback(null, chunk) })
  const end = new ReadableEnd(stage, nothing)
  stage.pipe(gated({ highWaterMark: 1 }).sink)
  stage.write(Buffer.alloc(stage.readableHighWaterMark + stage.writableHighWaterMark))
  stage.write(Buffer.alloc(stage.readableHighWaterMark))
  await new Promise(setImmediate)
  t.equal(end.isWaiting, true)
})

t.test('changes neither the flow nor what arrives, and leaves nothing behind', async t => {
  const make = [
    () => new PassThrough(),
    () => new otherMake.PassThrough(),
    () => new Transform({ transform: (chunk, _encoding, callback) => callback(null, chunk) }),
  ]
  for (const [n, stream] of make.entries()) {
    const stage = stream()
    const shape = () => ({
      keys: Reflect.ownKeys(stage).filter(key => !/^_events/.test(String(key))),
      listeners: stage
        .eventNames()
        .map(name => [name, stage.listenerCount(name)])
        .filter(([, count]) => count !== 0),
      flowing: stage.readableFlowing,
    })
    const before = shape()
    const ends = [new WritableEnd(stage, nothing), new ReadableEnd(stage, nothing)]
    t.equal(stage.listenerCount('data') + stage.listenerCount('readable'), 0)
    t.equal(stage.readableFlowing, before.flowing)
    for (const end of ends) end.release()
    t.same(shape(), before, `stream ${n}`)
    const again = [new WritableEnd(stage, nothing), new ReadableEnd(stage, nothing)]
    const arrived: Buffer[] = []
    const sink = new Writable({
      write: (chunk, _e, callback) => callback(void arrived.push(chunk as Buffer)),
    })
    const bytes = Buffer.from('x'.repeat(300_000))
    await pipeline(Readable.from([bytes]), stage, sink)
    t.ok(Buffer.concat(arrived).equals(bytes))
    t.same(
      again.map(end => end.bytes),
      [bytes.length, bytes.length],
    )
  }
})

t.test('measures a response of node:http by what write() returns', async t => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const request = get({ port: (server.address() as AddressInfo).port, agent: false })
  const [, response] = (await once(server, 'request')) as [unknown, Writable]
  const changes: boolean[] = []
  const end: WritableEnd = new WritableEnd(response, () => changes.push(end.isWaiting))
  t.equal(end.isWaiting, true)
  while (response.write(Buffer.alloc(1024 * 1024)));
  t.equal(end.isWaiting, false)
  const drained = once(response, 'drain')
  const [answer] = (await once(request, 'response')) as [Readable]
  answer.resume()
  await drained
  t.equal(changes.at(-1), true, 'told of the drain')
  t.equal(end.isWaiting, true)
  t.ok(end.bytes >= 1024 * 1024)
  response.end()
  await once(response, 'finish')
  t.equal(end.isEnded, true)
  end.release()
  t.equal(response.listenerCount('drain'), 0)
  server.close()
})
