import { spawn } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { createInterface } from 'node:readline'
import { PassThrough, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { linkOf } from '../../lib/io/pipeline/link.js'
import { setMemoryBudget } from '../../lib/io/memory/memory-budget.js'
import { GiB, KiB, MiB } from '../../lib/options.js'
import { type ReadProgress, S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import type { LocalS3 } from '../../lib/testing/index.js'
import { heldBytes } from '../support/held-bytes.js'
import { local, pattern, read, turn } from '../support/reading.js'
import { uncaught } from '../support/uncaught.js'

/** Waits until the server has sent everything that was requested. */
async function quiet(s3: LocalS3): Promise<void> {
  for (let calls = -1; calls !== s3.calls.length;) {
    calls = s3.calls.length
    await s3.idle()
    for (let n = 0; n < 20; n++) await turn()
  }
}

const sentBy = (s3: LocalS3) => s3.calls.reduce((sum, call) => sum + call.bytesOut, 0)

// The first test, so that garbage of the others does not distort the measurement.
t.test('takes the documented memory for a stalled consumer', async t => {
  const program = fileURLToPath(new URL('../fixtures/range-server.mjs', import.meta.url))
  const server = spawn(process.execPath, [program, String(64 * GiB)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]()
  t.teardown(async () => {
    server.stdin.end()
    await once(server, 'exit')
  })
  const port = Number((await lines.next()).value)
  const sent = async () => {
    server.stdin.write('\n')
    return Number((await lines.next()).value)
  }
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  t.teardown(() => client.destroy())
  const before = await heldBytes()
  const readAhead = 24 * MiB
  const one = new S3RangeReadable({ client, bucket: 'bucket', key: 'k', readAhead, partSize: 4 * MiB })
  let consumed = 0
  for await (const chunk of one.iterator({ destroyOnReturn: false })) {
    consumed += (chunk as Buffer).length
    if (consumed > 200 * MiB) break
  }
  for (let last = -1, now = await sent(); now !== last;) {
    last = now
    await new Promise(resolve => setTimeout(resolve, 50))
    now = await sent()
  }
  t.ok((await sent()) - consumed <= readAhead)
  const held = (await heldBytes()) - before
  t.ok(held > readAhead / 2, `${held} bytes held`)
  t.ok(held <= readAhead + 6 * 64 * KiB + 256 * KiB, `${held} bytes held`)
  one.destroy()
  await once(one, 'close')
})

t.test('delivers every byte, in order, for objects around all boundaries', async t => {
  const { s3, source } = await local(t)
  for (const partSize of [1, 7, 10]) {
    for (const size of [0, 1, 2, 6, 7, 8, 9, 10, 11, 13, 14, 15, 19, 20, 21, 50]) {
      s3.putSynthetic('bucket', 'k', size, pattern)
      const { bytes, error } = await read(source({ partSize, readAhead: 40, concurrency: 3 }))
      t.equal(error, undefined)
      t.same(bytes, pattern(0, size), `${size} bytes in ranges of ${partSize}`)
    }
  }
})

t.test('delivers every byte of a larger object, with the defaults, at any response speed', async t => {
  const size = 20 * MiB + 1
  const { s3, source } = await local(t, size)
  s3.fault({
    operation: 'GetObject',
    times: Infinity,
    before: () => new Promise(resolve => setTimeout(resolve, Math.random() * 20)),
  })
  const { bytes, error } = await read(source())
  t.equal(error, undefined)
  t.ok(bytes.equals(pattern(0, size)))
  t.equal(sentBy(s3), size, 'no byte twice')
  t.match(s3.calls[0], { range: `bytes=0-${512 * KiB - 1}` }, 'the first request is small')
})

t.test('observes start and end', async t => {
  const { source, ranges } = await local(t)
  for (const [start, end] of [
    [0, 1],
    [0, 50],
    [7, 8],
    [7, 33],
    [49, 50],
    [7, undefined],
    [undefined, 13],
  ]) {
    const progress: ReadProgress[] = []
    const one = source({ start, end, partSize: 10 })
    one.on('progress', event => progress.push(event))
    const { bytes, error } = await read(one)
    t.equal(error, undefined)
    t.same(bytes, pattern(start ?? 0, end ?? 50), `${start} to ${end}`)
    t.same(progress.at(-1), { bytes: bytes.length, total: bytes.length })
  }
  t.equal(ranges()[0], 'bytes=0-0', 'not more than the range')
})

t.test('ends with the object if `end` is past it, and reports that total', async t => {
  const { source } = await local(t)
  const one = source({ start: 40, end: 5000, partSize: 10 })
  const totals = new Set<number>()
  one.on('progress', ({ total }) => totals.add(total))
  t.same(await read(one), { bytes: pattern(40, 50), error: undefined })
  t.same([...totals], [10])
})

t.test('rejects a start at or past the end', async t => {
  const { source } = await local(t)
  for (const start of [50, 51, 5 * GiB]) {
    t.match(await read(source({ start })), {
      bytes: { length: 0 },
      error: { code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE', byteOffset: start },
    })
  }
})

t.test('reads only the requested part of an object of many gigabytes', async t => {
  const size = 3 * 1024 * GiB
  const { s3, source } = await local(t, size)
  const start = size - 5 * MiB
  const { bytes, error } = await read(source({ start }))
  t.equal(error, undefined)
  t.ok(bytes.equals(pattern(start, size)))
  t.equal(sentBy(s3), 5 * MiB)
})

t.test('emits "object" once, before the first byte, and progress adds up to the total', async t => {
  const { s3, source } = await local(t, 0)
  const bytes = pattern(0, 5000)
  const { etag } = await s3.put('bucket', 'k', bytes, { contentType: 'video/mp4', metadata: { by: 'me' } })
  const log: string[] = []
  const one = source({ partSize: 1000, concurrency: 2 })
  t.equal(one.info, undefined)
  one.on('object', info => {
    log.push('object')
    t.match(info, {
      bucket: 'bucket',
      key: 'k',
      size: 5000,
      etag,
      contentType: 'video/mp4',
      metadata: { by: 'me' },
    })
    t.ok(info.lastModified instanceof Date)
    t.equal(info, one.info)
  })
  let delivered = 0
  one.on('data', (chunk: Buffer) => {
    log.push('data')
    delivered += chunk.length
  })
  one.on('progress', event => {
    log.push('progress')
    t.same(event, { bytes: delivered, total: 5000 })
  })
  await once(one, 'end')
  t.equal(delivered, 5000)
  t.equal(log[0], 'object')
  t.equal(log.filter(name => name === 'object').length, 1)
  t.equal(log.filter(name => name === 'progress').length, log.filter(name => name === 'data').length)
})

t.test('announces an empty object, and ends at once', async t => {
  const { source } = await local(t, 0)
  const one = source()
  const announced = once(one, 'object')
  t.same(await read(one), { bytes: Buffer.alloc(0), error: undefined })
  t.match(await announced, [{ size: 0 }])
})

t.test('sends no request before the first read', async t => {
  const { s3, source } = await local(t)
  const one = source()
  await turn()
  one.destroy()
  await once(one, 'close')
  t.equal(s3.calls.length, 0)
})

t.test('requests no more than readAhead ahead for a consumer that stops reading', async t => {
  const { s3, source } = await local(t, 64 * MiB)
  for (const [readAhead, partSize] of [
    [512 * KiB, 64 * KiB],
    [3 * MiB, MiB],
    [10 * MiB, MiB],
  ] as const) {
    s3.clearCalls()
    const one = source({ readAhead, partSize, concurrency: 4 })
    let consumed = 0
    for (const pause of [100 * KiB, 2 * MiB, 9 * MiB]) {
      while (consumed < pause) {
        const chunk = one.read() as Buffer | null
        if (chunk === null) await once(one, 'readable')
        else consumed += chunk.length
      }
      await quiet(s3)
      const ahead = sentBy(s3) - consumed
      t.ok(ahead <= readAhead, `${ahead} of ${readAhead} ahead after ${consumed}`)
      t.same(s3.openCalls, [], 'no connection is left half-read')
    }
    one.destroy()
    await once(one, 'close')
  }
})

t.test('requests what its consumer is expected to read before that waits for it', async t => {
  const { s3, source } = await local(t, 64 * MiB)
  const reader = source()
  const link = linkOf(reader)!
  link.expect!(1)
  await quiet(s3)
  t.equal(s3.calls.length, 0, 'nothing before the first read')
  reader.read(0)
  await once(reader, 'object')
  await quiet(s3)
  t.ok(sentBy(s3) <= MiB, `${sentBy(s3)} bytes for a consumer that has not begun`)
  link.expect!(3 * MiB)
  await quiet(s3)
  t.equal(sentBy(s3), 3 * MiB)
  const closed = once(reader, 'close')
  reader.destroy()
  await closed
  const calls = s3.calls.length
  link.expect!(30 * MiB)
  await quiet(s3)
  t.equal(s3.calls.length, calls, 'nothing after the end')
})

t.test('grows read-ahead for a fast consumer, and keeps it small for others', async t => {
  const { s3, source } = await local(t, 64 * MiB)
  const look = source()
  await once(look, 'readable')
  const head = look.read() as Buffer
  await quiet(s3)
  const delivered = head.length + look.readableLength
  t.ok(sentBy(s3) <= 512 * KiB + 8 * delivered, `${sentBy(s3)} for a look at ${delivered}`)
  look.destroy()

  s3.clearCalls()
  const slow = source()
  let taken = 0
  for await (const chunk of slow.iterator({ destroyOnReturn: false })) {
    taken += (chunk as Buffer).length
    await quiet(s3)
    if (taken > 2 * MiB) break
  }
  t.ok(sentBy(s3) - taken <= 2 * MiB, `${sentBy(s3) - taken} ahead of a slow consumer`)
  slow.destroy()

  s3.clearCalls()
  const held = s3.fault({ rangeBeyond: 32 * MiB, times: Infinity, hold: true })
  const reading = read(source({ partSize: 2 * MiB, concurrency: 5 }))
  while (s3.openCalls.length < 5) await turn()
  for (let n = 0; n < 20; n++) await turn()
  t.equal(s3.openCalls.length, 5, 'as many ranges as allowed, and no more')
  held.release()
  t.ok((await reading).bytes.equals(pattern(0, 64 * MiB)))
  t.equal(Math.max(...s3.calls.map(call => call.bytesOut)), 2 * MiB, 'as large as allowed, and no larger')
})

t.test('cancels every request on destroy before it calls back', async t => {
  const moments: Record<string, (s3: LocalS3, one: S3RangeReadable) => Promise<unknown>> = {
    'before the first response': async s3 => {
      await s3.fault({ operation: 'GetObject', hold: true }).reached
    },
    'in the first body': async (s3, one) => {
      s3.fault({ operation: 'GetObject', stall: 3 })
      await once(one, 'data')
    },
    'with several in flight': async s3 => {
      await s3.fault({ rangeBeyond: 30, times: Infinity, stall: 3 }).reached
    },
    'between two attempts': async s3 => {
      const fault = s3.fault({ operation: 'GetObject', times: Infinity, status: 503, retryAfter: 20 })
      await fault.reached
      await s3.idle()
    },
  }
  for (const [when, moment] of Object.entries(moments)) {
    for (const error of [undefined, new Error('changed my mind')]) {
      const { s3, source } = await local(t)
      const one = source({ partSize: 10, concurrency: 3 })
      const closed = new Promise<void>(resolve => one.once('close', resolve))
      const reached = moment(s3, one)
      one.resume()
      const failed = new Promise<unknown>(resolve =>
        one.once('error', resolve).once('close', () => resolve(undefined)),
      )
      await reached
      one.destroy(error)
      await closed
      t.equal(await failed, error, when)
      await s3.idle()
      const asked = s3.calls.length
      for (let n = 0; n < 20; n++) await turn()
      t.equal(s3.calls.length, asked, `${when}: no request follows`)
    }
  }
})

t.test('ends with an AbortError on abort, and leaves no listener on the signal', async t => {
  const { s3, source } = await local(t)
  const abort = new AbortController()
  const { signal } = abort
  const count = () => getEventListeners(signal, 'abort').length
  t.equal((await read(source({ signal, partSize: 10 }))).error, undefined)
  t.equal(count(), 0, 'after the end')
  s3.fault({ operation: 'GetObject', status: 403 })
  t.match(await read(source({ signal })), { error: { code: 'AVIO_ERR_ACCESS_DENIED' } })
  t.equal(count(), 0, 'after an error')
  const closed = source({ signal })
  closed.destroy()
  await once(closed, 'close')
  t.equal(count(), 0, 'after destroy')
  const stopped = source({ signal })
  linkOf(stopped)!.stop!()
  await read(stopped)
  t.equal(count(), 0, 'after stop')
  s3.fault({ operation: 'GetObject', stall: 3 })
  const one = source({ signal })
  const reading = read(one)
  await once(one, 'data')
  abort.abort(new Error('shutting down'))
  t.match((await reading).error, { name: 'AbortError', cause: { message: 'shutting down' } })
  t.equal(count(), 0, 'after the abort')
  const asked = s3.calls.length
  t.match((await read(source({ signal }))).error, { name: 'AbortError' })
  t.equal(s3.calls.length, asked, 'no request with an aborted signal')
})

t.test('ends without an error on stop, and closes its connections', async t => {
  const { s3, source } = await local(t)
  s3.fault({ rangeBeyond: 20, times: Infinity, stall: 3 })
  const one = source({ partSize: 10, concurrency: 3 })
  let stops = 0
  one.on('stop', () => stops++)
  const reading = read(one)
  while (s3.openCalls.length < 3) await turn()
  linkOf(one)!.stop!()
  linkOf(one)!.stop!()
  const { bytes, error } = await reading
  t.equal(error, undefined)
  t.ok(bytes.equals(pattern(0, bytes.length)))
  t.ok(bytes.length < 50)
  t.equal(stops, 1)
  await s3.idle()
  t.equal(s3.calls.filter(call => call.aborted).length, 3, 'the requests in flight were cancelled')
})

t.test(
  'sends no request after a stop before the first read; stop after the end, or destroy, does nothing',
  async t => {
    const { s3, source } = await local(t)
    const early = source()
    linkOf(early)!.stop!()
    t.same(await read(early), { bytes: Buffer.alloc(0), error: undefined })
    t.equal(s3.calls.length, 0)
    for (const one of [source(), source()]) {
      one.on('stop', () => t.fail('the stream had already ended'))
      await read(one)
      linkOf(one)!.stop!()
    }
    const destroyed = source()
    destroyed.on('stop', () => t.fail('the stream had already ended'))
    destroyed.destroy()
    linkOf(destroyed)!.stop!()
    await once(destroyed, 'close')
  },
)

t.test('can be stopped by a stage within its write', async t => {
  const { s3, source } = await local(t, 64 * MiB)
  const one = source()
  let taken = 0
  await pipeline(
    one,
    new Writable({
      write(chunk: Buffer, _encoding, callback) {
        taken += chunk.length
        if (taken > MiB) linkOf(one)!.stop!()
        callback()
      },
    }),
  )
  t.ok(one.readableEnded)
  t.ok(taken < 8 * MiB)
  await s3.idle()
  t.ok(sentBy(s3) < 32 * MiB)
})

t.test('offers the same bytes of the same version by random access through its link', async t => {
  const { s3, source, ranges } = await local(t)
  const text = async (chunks: AsyncIterable<Buffer>) => {
    const all: Buffer[] = []
    for await (const chunk of chunks) all.push(chunk)
    return Buffer.concat(all)
  }
  const whole = source({ partSize: 10 })
  await once(whole, 'readable')
  whole.destroy()
  const access = linkOf(whole)!.randomAccess!
  const before = ranges().length
  t.equal(await access.size(), 50)
  t.equal(ranges().length, before, 'the size is known from the first response')
  t.same(await text(access.read(30, 35)), pattern(30, 35))
  t.equal(s3.calls.at(-1)?.headers['if-match'], whole.info?.etag)
  const part = linkOf(source({ start: 10, end: 20 }))!.randomAccess!
  t.equal(await part.size(), 10)
  t.same(await text(part.read(2, 5)), pattern(12, 15))
})

t.test('supports every way of reading a stream', async t => {
  const size = 3 * MiB + 11
  const { s3, source } = await local(t, size)
  const whole = pattern(0, size)

  const iterated: Buffer[] = []
  for await (const chunk of source()) iterated.push(chunk as Buffer)
  t.ok(Buffer.concat(iterated).equals(whole), 'for await')

  const piped: Buffer[] = []
  const through = new PassThrough({ highWaterMark: 1000 })
  source().pipe(through)
  for await (const chunk of through) piped.push(chunk as Buffer)
  t.ok(Buffer.concat(piped).equals(whole), 'a pipe')

  const paused: Buffer[] = []
  const one = source({ highWaterMark: 10_000 })
  one.on('readable', () => {
    for (let chunk = one.read(7777) as Buffer | null; chunk; chunk = one.read(7777) as Buffer | null)
      paused.push(chunk)
  })
  await once(one, 'end')
  t.ok(Buffer.concat(paused).equals(whole), 'read(n)')

  let hex = ''
  for await (const text of source().setEncoding('hex')) hex += text as string
  t.equal(hex, whole.toString('hex'), 'text')

  const greedy: Buffer[] = []
  const nested = source()
  nested.on('data', (chunk: Buffer) => {
    greedy.push(chunk)
    nested.read()
  })
  await once(nested, 'end')
  t.ok(Buffer.concat(greedy).equals(whole), 'a data listener that calls read()')

  s3.clearCalls()
  for await (const chunk of source()) {
    t.ok((chunk as Buffer).length > 0)
    break
  }
  await s3.idle()
})

t.test('does not change retained chunks, each of which pins at most one block', async t => {
  const { source } = await local(t, 4 * MiB)
  const kept: Buffer[] = []
  const one = source({ partSize: 512 * KiB, readAhead: MiB })
  one.on('data', (chunk: Buffer) => kept.push(chunk))
  await once(one, 'end')
  t.ok(Buffer.concat(kept).equals(pattern(0, 4 * MiB)))
  t.ok(kept.every(chunk => chunk.buffer.byteLength <= 256 * KiB))
})

t.test('emits no warning for many readers with many requests', async t => {
  const { source } = await local(t, 200)
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const { signal } = new AbortController()
  const all = await Promise.all(
    Array.from({ length: 5 }, () => read(source({ signal, partSize: 10, concurrency: 20 }))),
  )
  for (const { bytes } of all) t.same(bytes, pattern(0, 200))
  await turn()
  t.same(
    warnings.filter(warning => warning.name === 'MaxListenersExceededWarning'),
    [],
  )
})

t.test('rejects invalid options synchronously, by name', async t => {
  const { source } = await local(t)
  const wrong: Record<string, unknown[]> = {
    start: [-1, 0.5, '0', null, Infinity],
    end: [0, -1, 1.5, '5', null],
    concurrency: [0, 257, 1.5, null],
    readAhead: [0, 1, Infinity, '1', null],
    highWaterMark: [0, 48 * MiB + 1, '1', null],
    signal: [{}, null, 'x'],
    partSize: [0, null],
    request: [{ Range: 'bytes=0-5' }],
    conurrency: [4],
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      t.throws(() => source({ [name]: value }), { code: 'AVIO_ERR_OPTION', message: new RegExp(name) }, name)
    }
  }
  t.throws(() => source({ start: 5, end: 5 }), { code: 'AVIO_ERR_OPTION', option: 'end' })
  t.throws(() => source({ uri: 's3://b/k' } as never), { message: /^S3RangeReadable takes either "uri"/ })
  t.throws(() => new S3RangeReadable(null as never), { code: 'AVIO_ERR_OPTION' })
  t.equal(source({ readAhead: 2 }).readableHighWaterMark, 1)
  t.equal(source().readableHighWaterMark, 256 * KiB)
})

t.test('leaves the error of a listener to the process, and continues reading', async t => {
  const { source } = await local(t, 3 * MiB)
  for (const event of ['object', 'progress', 'data'] as const) {
    const one = source()
    const bug = new TypeError(`a bug in the listener of ${event}`)
    let heard = 0
    one.once(event, () => {
      throw bug
    })
    const thrown = await uncaught(async () => {
      const { bytes, error } = await read(one.on('progress', () => heard++))
      t.equal(error, undefined, event)
      t.equal(bytes.length, event === 'data' ? bytes.length : 3 * MiB)
    })
    t.same(thrown, [bug], event)
    t.ok(heard > 3, event)
  }
})

t.test('leaves the error of a listener for stop to the process', async t => {
  const { source } = await local(t, 3 * MiB)
  const one = source()
  one.once('stop', () => {
    throw new TypeError('a bug')
  })
  one.read()
  const thrown = await uncaught(async () => {
    linkOf(one)!.stop!()
    t.match(await read(one), { error: undefined })
  })
  t.match(thrown, [{ message: 'a bug' }])
})

t.test('reads the version with the given etag, or fails before its first byte', async t => {
  const { s3, source } = await local(t, 1000)
  const planned = source()
  await read(planned)
  const { etag } = planned.info!
  const same = await read(source({ etag }))
  t.equal(same.bytes.length, 1000)
  t.equal(s3.calls.at(-1)!.headers['if-match'], etag)
  await s3.put('bucket', 'k', Buffer.alloc(1000))
  const late = await read(source({ etag }))
  t.match(late.error, { code: 'AVIO_ERR_OBJECT_CHANGED', retryable: false })
  t.equal(late.bytes.length, 0)
})

t.test('goes on when its own buffer, which held all that was allowed, is read', async t => {
  for (const budget of [Infinity, 24 * MiB]) {
    setMemoryBudget(budget)
    t.teardown(() => setMemoryBudget(Infinity))
    for (const readAhead of [MiB, 24 * MiB]) {
      for (const highWaterMark of [256 * KiB, MiB, 8 * MiB, 24 * MiB].filter(size => size <= readAhead)) {
        const { s3, source } = await local(t, 30 * MiB)
        const one = source({ highWaterMark, readAhead, partSize: 512 * KiB })
        one.read(0)
        await once(one, 'object')
        await quiet(s3)
        const { bytes } = await read(one)
        t.ok(bytes.equals(pattern(0, 30 * MiB)), `highWaterMark ${highWaterMark}, readAhead ${readAhead}`)
      }
    }
  }
})
