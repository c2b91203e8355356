import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { GiB, MiB } from '../../lib/options.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import type { S3ReadSettings } from '../../lib/s3/read/read-options.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { LocalS3 } from '../../lib/testing/index.js'

const content = Buffer.from('0123456789abcdefghij')

async function local(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('bucket', 'k', content)
  const object = (more: Partial<S3ReadSettings> = {}) =>
    new S3Source({ client, uri: 's3://bucket/k', ...more })
  return { s3, client, object, ranges: () => s3.calls.map(call => call.range ?? 'whole') }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

t.test('requests the size once, with the first byte', async t => {
  const { object, ranges } = await local(t)
  const one = object()
  t.equal(one.info, undefined)
  t.equal(await one.size(), 20)
  t.equal(await one.size(), 20)
  t.match(one.info, { bucket: 'bucket', key: 'k', size: 20 })
  t.same(ranges(), ['bytes=0-0'])
})

t.test('learns the size from a read as well', async t => {
  const { object, ranges } = await local(t)
  const one = object()
  t.equal((await collect(one.read(3, 8))).toString(), '34567')
  t.equal(await one.size(), 20)
  t.same(ranges(), ['bytes=3-7'])
})

t.test('reads any range, in any order, several at a time', async t => {
  const { object } = await local(t)
  const one = object()
  for (let start = 0; start <= 20; start++) {
    const reads = Array.from({ length: 21 - start }, (_, length) => one.read(start, start + length))
    t.same(
      (await Promise.all(reads.map(collect))).map(String),
      reads.map((_, length) => content.toString('latin1', start, start + length)),
    )
  }
})

t.test('sends no request for an empty range, and one without a range for an empty object', async t => {
  const { s3, object, ranges } = await local(t)
  t.equal((await collect(object().read(7, 7))).length, 0)
  t.same(ranges(), [])
  await s3.put('bucket', 'k', '')
  const empty = object()
  t.equal(await empty.size(), 0)
  t.equal((await collect(empty.read(0, 0))).length, 0)
  t.same(ranges(), ['bytes=0-0', 'whole'])
})

t.test('rejects a read past the end, before its first byte', async t => {
  const { object, ranges } = await local(t)
  for (const [start, end] of [
    [15, 21],
    [20, 21],
    [90, 99],
  ] as const) {
    const one = object()
    const error = { code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE', message: /it has 20 bytes/ }
    await t.rejects(collect(one.read(start, end)), error)
    await one.size()
    const asked = ranges().length
    await t.rejects(collect(one.read(start, end)), error)
    t.equal(ranges().length, asked, 'no request when the size is known')
  }
})

t.test('rejects invalid offsets synchronously', async t => {
  const { object } = await local(t)
  for (const [start, end] of [
    [-1, 5],
    [5, 4],
    [0.5, 4],
    [0, NaN],
    [0, Infinity],
  ] as const) {
    t.throws(() => object().read(start, end), { code: 'AVIO_ERR_OPTION' })
  }
})

t.test('sends one request up to partSize bytes; several above, two at a time', async t => {
  const { object, ranges } = await local(t)
  const one = object({ partSize: 5 })
  await collect(one.read(2, 7))
  t.same(ranges(), ['bytes=2-6'])
  t.same(await collect(one.read(0, 20)), content)
  t.same(ranges().slice(1), ['bytes=0-4', 'bytes=5-9', 'bytes=10-14', 'bytes=15-19'])
})

t.test('waits for a slow reader, holding at most two ranges', async t => {
  const { s3, object } = await local(t)
  const size = 64 * MiB
  s3.putSynthetic('bucket', 'k', size, (start, end) => Buffer.alloc(end - start))
  let taken = 0
  for await (const chunk of object({ partSize: MiB }).read(0, size)) {
    taken += chunk.length
    await new Promise<void>(resolve => setImmediate(resolve))
    const sent = s3.calls.reduce((sum, call) => sum + call.bytesOut, 0)
    if (sent - taken > 2 * MiB) t.fail(`${sent - taken} bytes ahead`)
    if (taken > 8 * MiB) break
  }
  t.ok(taken > 8 * MiB)
})

t.test('cancels its requests when the loop ends early, and on abort', async t => {
  const { s3, object } = await local(t)
  s3.fault({ operation: 'GetObject', times: Infinity, stall: 3 })
  for await (const chunk of object().read(0, 20)) {
    t.equal(chunk.toString(), '012')
    break
  }
  await s3.idle()
  const abort = new AbortController()
  const chunks = object().read(0, 20, abort.signal)[Symbol.asyncIterator]()
  t.equal(String((await chunks.next()).value), '012')
  const next = chunks.next()
  abort.abort()
  await t.rejects(next, { name: 'AbortError' })
  await s3.idle()
  const sizing = object().size(abort.signal)
  await t.rejects(sizing, { name: 'AbortError' })
  t.same(
    s3.calls.map(call => call.aborted),
    [true, true],
  )
})

t.test('reads one version in all reads of one object, even concurrent first ones', async t => {
  const { s3, object } = await local(t)
  const one = object()
  t.equal((await collect(one.read(0, 5))).toString(), '01234')
  await s3.put('bucket', 'k', 'XXXXXXXXXXXXXXXXXXXX')
  await t.rejects(collect(one.read(5, 10)), { code: 'AVIO_ERR_OBJECT_CHANGED' })
  t.equal((await collect(object().read(5, 10))).toString(), 'XXXXX')
  const other = object()
  s3.fault({ operation: 'GetObject', nth: 2, changed: content })
  const both = await Promise.allSettled([collect(other.read(0, 5)), collect(other.read(5, 10))])
  t.same(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

t.test('reads at offsets above 4 GiB', async t => {
  const { s3, object, ranges } = await local(t)
  const size = 6 * GiB + 3
  s3.putSynthetic('bucket', 'k', size, (start, end) =>
    Buffer.alloc(end - start, `${Math.floor(start / GiB)}`),
  )
  const one = object()
  t.equal((await collect(one.read(5 * GiB, 5 * GiB + 4))).toString(), '5555')
  t.equal((await collect(one.read(size - 2, size))).toString(), '66')
  t.equal(await one.size(), size)
  t.same(ranges(), ['bytes=5368709120-5368709123', 'bytes=6442450945-6442450946'])
})

t.test('rejects invalid and misspelt options synchronously', async t => {
  const { client } = await local(t)
  t.throws(() => new S3Source(undefined as never), { code: 'AVIO_ERR_OPTION' })
  t.throws(() => new S3Source({ client, bucket: 'b' } as never), { code: 'AVIO_ERR_OPTION', option: 'key' })
  t.throws(() => new S3Source({ client, uri: 's3://b/k', partsize: 5 } as never), {
    code: 'AVIO_ERR_OPTION',
    message: /^S3Source has no option "partsize"/,
  })
})

t.test(
  'reads the version with the given etag in another process, or fails before its first byte',
  async t => {
    const { s3, client, object } = await local(t)
    const planner = object()
    await planner.size()
    const { etag } = planner.info!
    t.equal((await collect(object({ etag }).read(3, 8))).toString(), '34567')
    t.equal(s3.calls.at(-1)!.headers['if-match'], etag, 'the first request has the condition')
    const unquoted = object({ etag: etag!.slice(1, -1) })
    t.equal((await collect(unquoted.read(3, 8))).toString(), '34567', 'an etag without quotes works too')

    await s3.put('bucket', 'k', Buffer.from('another of the same length'.slice(0, 20)))
    for (const asked of [etag, etag!.slice(1, -1), `W/${etag}`]) {
      const error = {
        code: 'AVIO_ERR_OBJECT_CHANGED',
        retryable: false,
        message: /^s3:\/\/bucket\/k is no longer the version with the ETag .*: .*Plan the job again/,
      }
      await t.rejects(object({ etag: asked }).size(), error)
      await t.rejects(collect(object({ etag: asked }).read(0, 5)), error)
    }
    s3.delete('bucket', 'k')
    await t.rejects(object({ etag }).size(), {
      code: 'AVIO_ERR_OBJECT_CHANGED',
      message: /it no longer exists/,
    })
    await t.rejects(object().size(), { code: 'AVIO_ERR_NO_SUCH_KEY' }, 'without an etag it is a missing key')
    const elsewhere = new S3Source({ client, etag, uri: 's3://nowhere/k' })
    await t.rejects(elsewhere.size(), { code: 'AVIO_ERR_NO_SUCH_BUCKET' })
  },
)

t.test(
  'streams the object, or part of it, by createReadStream(), in the version pinned by the source',
  async t => {
    const { s3, object, ranges } = await local(t)
    const source = object()
    const stream = source.createReadStream()
    t.ok(stream instanceof S3RangeReadable)
    t.equal(ranges().length, 0, 'no request before the first read')
    t.same(await collect(stream), content)
    t.match(source.info, { size: 20 }, 'its first response pinned the source')
    t.equal(
      (await collect(source.createReadStream({ start: 3, end: 7 }))).toString(),
      '34567',
      'end is inclusive',
    )
    t.equal((await collect(source.createReadStream({ start: 15, end: 99 }))).toString(), 'fghij')
    t.equal((await collect(source.createReadStream({ start: 19 }))).toString(), 'j')
    await t.rejects(collect(source.createReadStream({ start: 20 })), {
      code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE',
    })
    await s3.put('bucket', 'k', '98765432100123456789')
    await t.rejects(collect(source.createReadStream()), { code: 'AVIO_ERR_OBJECT_CHANGED' })
    await t.rejects(source.read(0, 1)[Symbol.asyncIterator]().next(), { code: 'AVIO_ERR_OBJECT_CHANGED' })
  },
)

t.test('validates the options of createReadStream(), and observes its signal', async t => {
  const { object } = await local(t)
  const source = object()
  t.throws(() => source.createReadStream({ start: 5, end: 4 }), { code: 'AVIO_ERR_OPTION', option: 'end' })
  t.throws(() => source.createReadStream({ highWaterMark: 0 }), {
    code: 'AVIO_ERR_OPTION',
    option: 'highWaterMark',
  })
  t.throws(() => source.createReadStream({ from: 1 } as object), {
    message: 'createReadStream has no option "from"; it has start, end, signal, highWaterMark',
  })
  await t.rejects(collect(source.createReadStream({ signal: AbortSignal.abort() })), { name: 'AbortError' })
})
