import { fork } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { giveBack } from '../../../lib/io/memory/loans.js'
import { memoryUse, setMemoryBudget } from '../../../lib/io/memory/memory-budget.js'
import { Upstream } from '../../../lib/io/pipeline/upstream.js'
import { KiB, MiB } from '../../../lib/options.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import type { LocalClientConfig } from '../../../lib/testing/index.js'
import { avioWarnings } from '../../support/avio-warnings.js'
import { heldBytes } from '../../support/held-bytes.js'
import { budgetOf } from '../../support/most-held.js'
import { programOf } from '../../support/program.js'
import { PART, UploadStore } from '../../support/upload-store.js'
import { DATA, failureOf, source, writer } from '../../support/uploads.js'

/** What one pipeline has beside its shares: chunks between the stages, and Node's buffers of its connections. */
const BETWEEN = 2 * MiB

const NOTHING = { held: 0, stages: 0 }

/** A client of a store in another process, whose memory does not count, with an object of `size` bytes. */
async function openFar(t: Test, size: number) {
  const { path, execArgv } = programOf(new URL('../../support/store-process.ts', import.meta.url))
  const child = fork(path, { execArgv })
  const [config] = (await once(child, 'message')) as [LocalClientConfig]
  const httpAgent = { maxSockets: 400 }
  const client = new S3Client({ ...config, requestHandler: { httpAgent } })
  t.teardown(async () => {
    client.destroy()
    child.disconnect()
    await once(child, 'exit')
  })
  const sink = new S3MultipartWritable({ client, bucket: 'uploads', key: 'in' })
  await pipeline(source(Buffer.alloc(size), MiB), sink)
  return client
}

t.test('32 pipelines hold no more than the budget together, and all of them finish', async t => {
  const [count, size, budget] = [32, 12 * MiB, 256 * MiB]
  const client = await openFar(t, size)
  const warnings = avioWarnings(t)
  const most = budgetOf(t, budget)
  const before = await heldBytes()
  let measured = 0
  const run = async (n: number) => {
    const reader = new S3RangeReadable({ client, bucket: 'uploads', key: 'in', verify: 'off' })
    const sink = new S3MultipartWritable({
      ...{ client, bucket: 'uploads', key: `out${n}`, partSize: PART },
      payloadSigning: 'unsigned',
    })
    await pipeline(reader, sink)
    const { bytes, parts } = await sink.result
    return [bytes, parts]
  }
  const done = Promise.all(Array.from({ length: count }, (_, n) => run(n)))
  const state = { isDone: false }
  void done.then(() => (state.isDone = true))
  while (!state.isDone) measured = Math.max(measured, (await heldBytes()) - before)
  const results = await done
  t.same(new Set(results.map(String)), new Set([`${size},3`]))
  t.ok(most() > budget / 4, `the budget is used: ${most()}`)
  t.ok(most() <= budget, `${most()} of ${budget} bytes are accounted for`)
  const bound = budget + count * BETWEEN
  t.ok(measured <= bound, `${measured} of ${bound} bytes are in buffers`)
  t.match(memoryUse(), NOTHING, 'all shares are given back')
  t.same(await warnings(), [])
})

/** Resolves when the stream has closed, with or without an error. */
async function closed(stream: Readable | Writable): Promise<void> {
  stream.on('error', () => undefined)
  if (!stream.closed) await new Promise(resolve => stream.once('close', resolve))
}

t.test('a late pipeline goes on beside an early one that is full and stalled', async t => {
  const size = 40 * MiB
  const client = await openFar(t, size)
  const warnings = avioWarnings(t)
  const budget = 32 * MiB
  const most = budgetOf(t, budget)
  const early = new S3RangeReadable({ client, bucket: 'uploads', key: 'in', verify: 'off' })
  let isWaiting = true
  const read = pipeline(
    early,
    new PassThrough({ highWaterMark: 1 }),
    async function (chunks: AsyncIterable<Buffer>) {
      let bytes = 0
      for await (const chunk of chunks) {
        bytes += chunk.length
        // The reader has the full window once it has delivered some megabytes.
        if (bytes > 8 * MiB && isWaiting) {
          await late()
          isWaiting = false
        }
      }
      return bytes
    },
  )
  async function late() {
    const sink = new S3MultipartWritable({ client, bucket: 'uploads', key: 'late', partSize: PART })
    await pipeline(source(Buffer.alloc(18 * MiB), 64 * KiB), sink)
    t.equal((await sink.result).bytes, 18 * MiB)
  }
  t.equal(await read, size)
  t.ok(most() <= budget, `${most()} of ${budget}`)
  t.match(memoryUse(), NOTHING)
  t.same(await warnings(), [])
})

t.test('a writer with nothing but its minimum sends one part after the other', async t => {
  const store = await UploadStore.open(t)
  budgetOf(t, 24 * MiB)
  const readers = Array.from({ length: 12 }, () => new S3RangeReadable({ client: store.client, ...IN }))
  await store.s3.put('uploads', 'in', DATA)
  for (const reader of readers) reader.read(0)
  const sink = writer(store, { concurrency: 4 })
  await pipeline(source(DATA), sink)
  const parts = store.calls('UploadPart')
  t.equal(parts.length, 4)
  for (const [n, part] of parts.entries()) {
    if (n > 0) t.ok(part.startedAt >= parts[n - 1]!.endedAt!, `part ${n + 1} begins after part ${n}`)
  }
  for (const reader of readers) {
    reader.destroy()
    await closed(reader)
  }
  t.match(memoryUse(), NOTHING)
})

const IN = { bucket: 'uploads', key: 'in', verify: 'off' } as const

t.test('a stage that ends in any way gives its share back', async t => {
  const store = await UploadStore.open(t)
  const { client, s3 } = store
  budgetOf(t, 24 * MiB)
  await s3.put('uploads', 'in', DATA)
  const reader = () => new S3RangeReadable({ client, ...IN })
  const given = (name: string) => t.match(memoryUse(), NOTHING, name)

  const unread = reader()
  const unwritten = writer(store)
  given('stages that were only made')
  unread.destroy()
  unwritten.destroy()
  await Promise.all([closed(unread), closed(unwritten)])

  for (const [name, operation] of [
    ['success', undefined],
    ['a failed reader', 'GetObject'],
    ['a failed writer', 'UploadPart'],
  ] as const) {
    if (operation) s3.fault({ operation, nth: 2, times: Infinity, status: 403 })
    const [from, to] = [reader(), writer(store)]
    const error = await failureOf(pipeline(from, to))
    t.equal(error?.['code'], operation && 'AVIO_ERR_ACCESS_DENIED')
    await Promise.all([closed(from), closed(to)])
    s3.clearFaults()
    given(name)
  }

  const held = s3.fault({ operation: 'UploadPart', nth: 1, hold: true })
  const [from, to] = [reader(), writer(store)]
  const done = failureOf(pipeline(from, to))
  await held.reached
  t.equal(memoryUse().stages, 2)
  to.destroy(new Error('enough'))
  t.match(await done, { message: 'enough' })
  held.release()
  await Promise.all([closed(from), closed(to)])
  given('a destroyed pipeline')

  const piped = writer(store)
  const silent = new Readable({ read: () => undefined })
  silent.pipe(piped)
  t.equal(memoryUse().stages, 1, 'a writer counts from being piped into')
  piped.destroy()
  await closed(piped)
  given('a writer that got no byte')

  const over = writer(store)
  over.end('x')
  await closed(over)
  const refused = new Readable({ read: () => undefined })
  refused.pipe(over)
  await closed(refused)
  given('a writer that was over before')

  const stopped = reader()
  for await (const chunk of stopped as AsyncIterable<Buffer>) {
    t.ok(chunk.length > 0)
    break
  }
  await closed(stopped)
  given('a reader that was left early')
})

/** Takes chunks and gives their memory back, one at a time while its gate is open. */
class GivingSink extends Writable {
  readonly upstream = new Upstream(this, 'GivingSink', { givesBack: () => true })
  bytes = 0
  /** The most that the stages held while this took the last quarter of `size` bytes. */
  late = 0

  constructor(
    readonly size: number,
    readonly onQuarter: () => Promise<unknown>,
  ) {
    super({ highWaterMark: 1 })
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    const isTime = this.bytes < this.size / 4 && this.bytes + chunk.length >= this.size / 4
    this.bytes += chunk.length
    if (this.bytes > (3 * this.size) / 4) this.late = Math.max(this.late, memoryUse().held)
    giveBack(chunk)
    if (isTime) this.onQuarter().then(() => callback(), callback)
    else callback()
  }
}

t.test('a reader drops the blocks of a window that its share no longer has room for', async t => {
  const size = 128 * MiB
  const client = await openFar(t, size)
  budgetOf(t, 512 * MiB)
  const reader = new S3RangeReadable({ client, bucket: 'uploads', key: 'in', verify: 'off' })
  let full = 0
  const sink = new GivingSink(size, async () => {
    // The reader fills its window while nothing is taken.
    for (let last = -1; full !== last;) {
      last = full
      full = await heldBytes()
    }
    setMemoryBudget(24 * MiB)
  })
  await pipeline(reader, sink)
  t.equal(sink.bytes, size)
  t.ok(full > 24 * MiB, `the window was full: ${full}`)
  t.ok(sink.late <= 18 * MiB, `${sink.late} bytes are held at the end, free blocks included`)
  t.match(memoryUse(), NOTHING)
})
