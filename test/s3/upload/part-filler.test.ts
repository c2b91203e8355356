import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { memoryUse, openShare, setMemoryBudget } from '../../../lib/io/memory/memory-budget.js'
import { GiB, MiB } from '../../../lib/options.js'
import type { PartBuffer } from '../../../lib/s3/upload/part-buffer.js'
import { PartFiller, PendingChunks } from '../../../lib/s3/upload/part-filler.js'
import type { PartUploads } from '../../../lib/s3/upload/part-uploads.js'
import { target } from '../../support/upload-store.js'

/** Parts that stay in flight until the test lets them go. */
class HeldParts {
  readonly parts: PartBuffer[] = []
  active = 0
  /** The number of earlier parts. */
  earlier = 0
  get started() {
    return this.earlier + this.parts.length
  }
  start(part: PartBuffer) {
    this.parts.push(part)
    this.active++
  }
  leaveFirst() {
    this.earlier++
  }
  startFirst(part: PartBuffer) {
    this.earlier--
    this.start(part)
  }
}

function open(sizes: { partSize?: number; concurrency?: number; partGrowth?: boolean } = {}) {
  const held = new HeldParts()
  const all = { partSize: 10, concurrency: 2, partGrowth: false, ...sizes }
  const client = new S3Client({ region: 'us-east-1' })
  const filler = new PartFiller(target(client), all, held as unknown as PartUploads)
  return { held, filler }
}

const pending = (...chunks: string[]) => new PendingChunks(chunks.map(chunk => Buffer.from(chunk)))
const text = (part: PartBuffer) => Buffer.concat([...part.slices()]).toString()

t.test('cuts bytes into parts at any chunk boundary', async t => {
  for (let size = 1; size <= 25; size++) {
    const { held, filler } = open({ concurrency: 9 })
    const letters = 'abcdefghijklmnopqrstuvwxy'
    const chunks: string[] = []
    for (let from = 0; from < letters.length; from += size) chunks.push(letters.slice(from, from + size))
    t.equal(filler.copy(pending(...chunks)), true)
    t.equal(filler.send(), true)
    t.same(held.parts.map(text), ['abcdefghij', 'klmnopqrst', 'uvwxy'], `chunks of ${size}`)
    t.equal(filler.bytes, 25)
  }
})

t.test('sends a part as soon as it is full, but the first only when there is more', async t => {
  const { held, filler } = open()
  filler.copy(pending('1234567890'))
  t.equal(held.started, 0)
  t.equal(filler.isWhole, true, 'it may be the whole object')
  filler.copy(pending('1'))
  t.equal(held.started, 1)
  t.equal(filler.isWhole, false)
  filler.copy(pending('23456789'))
  t.equal(held.started, 1)
  filler.copy(pending('0'))
  t.equal(held.started, 2)
})

t.test('holds the writer back when one part more than the limit is full, until one is sent', async t => {
  const { held, filler } = open()
  const chunks = pending('1234567890', '1234567890', '1234567890')
  t.equal(filler.copy(chunks), false, 'though all bytes are copied')
  t.equal(filler.bytes, 30)
  t.equal(held.started, 2)
  t.equal(filler.copy(chunks), false, 'asking again changes nothing')
  held.active--
  t.equal(filler.copy(chunks), true)
  t.equal(held.started, 3)
})

t.test('stops at the exact byte without room, in the middle of a chunk', async t => {
  const { held, filler } = open({ concurrency: 1 })
  const chunks = pending('1234567890123456789012345')
  t.equal(filler.copy(chunks), false)
  t.match(chunks, { index: 0, offset: 20 })
  held.active--
  t.equal(filler.copy(chunks), true)
  t.equal(filler.bytes, 25)
  t.equal(filler.send(), false, 'the rest waits like any other part')
  held.active--
  t.equal(filler.send(), true)
  t.same(held.parts.map(text), ['1234567890', '1234567890', '12345'])
})

t.test('starts the next part only when fewer are in flight, if parts grow', async t => {
  const { held, filler } = open({ partSize: 8 * MiB, concurrency: 4, partGrowth: true })
  held.earlier = 2000
  held.active = 4
  const chunks = pending('x')
  t.equal(filler.copy(chunks), false, 'no part of 10 MiB starts beside four others')
  held.active = 3
  t.equal(filler.copy(chunks), true)
  t.equal(filler.whole().capacity, 10 * MiB)
})

t.test('accepts bytes for 10,000 parts, and not one more', async t => {
  const { held, filler } = open()
  held.earlier = 9999
  t.equal(filler.copy(pending('1234567890')), true)
  t.equal(held.started, 10_000)
  t.throws(() => filler.copy(pending('1')), {
    code: 'AVIO_ERR_OBJECT_TOO_LARGE',
    byteOffset: 100_000,
    message: /"partSize", or leave "partGrowth" on/,
  })
  t.equal(filler.copy(pending('')), true, 'an empty chunk adds nothing')
})

t.test('returns bytes short of a part whole, empty without input', async t => {
  const { filler } = open()
  t.equal(filler.whole().size, 0)
  const other = open().filler
  other.copy(pending('abc'))
  t.equal(text(other.whole()), 'abc')
  other.clear()
  t.equal(other.whole().size, 0)
})

t.test('holds the first part back besides those in flight, until the header is there', async t => {
  const { held, filler } = open({ concurrency: 1 })
  filler.holdFirst(undefined)
  t.equal(filler.copy(pending('1234567890')), true)
  t.ok(filler.isWhole, 'so far it is one part')
  t.equal(filler.copy(pending('abcdefghij', 'ABCDEFGHIJ')), false)
  t.notOk(filler.isWhole)
  t.equal(filler.bytes, 30)
  t.same(held.parts.map(text), ['abcdefghij'])
  filler.prepend(Buffer.from('head'))
  t.equal(filler.bytes, 34)
  t.equal(filler.sendHeld(), false, 'it waits its turn')
  held.active--
  t.equal(filler.send(), true)
  held.active--
  t.equal(filler.sendHeld(), true)
  t.equal(filler.sendHeld(), true, 'nothing is left to send')
  t.same(held.parts.map(text), ['abcdefghij', 'ABCDEFGHIJ', 'head1234567890'])
})

t.test('shortens the first part by the header’s reserve', async t => {
  const { held, filler } = open({ concurrency: 9 })
  filler.holdFirst(4)
  filler.copy(pending('123456', 'abcdefghij', 'A'))
  filler.prepend(Buffer.from('head'))
  filler.send()
  filler.sendHeld()
  t.same(held.parts.map(text), ['abcdefghij', 'A', 'head123456'])
})

t.test('returns one part with its header, or only a header, whole', async t => {
  for (const bytes of ['', '12345', '1234567890']) {
    const { filler } = open()
    filler.holdFirst(undefined)
    filler.copy(pending(bytes))
    t.ok(filler.isWhole)
    filler.prepend(Buffer.from('head'))
    t.equal(text(filler.whole()), `head${bytes}`)
    filler.clear()
    t.equal(filler.whole().size, 0)
  }
})

t.test('rejects a first part that its header makes too large', async t => {
  const { filler } = open()
  filler.holdFirst(undefined)
  const head = { length: 6 * GiB } as Buffer
  t.throws(() => filler.prepend(head), {
    code: 'AVIO_ERR_OBJECT_TOO_LARGE',
    partNumber: 1,
    message: /the limit is 5368709120\. Lower "partSize"/,
  })
})

t.test('begins a further part only if the budget has room for it, and one in any case', async t => {
  const others = openShare({ min: 100 * MiB, max: 100 * MiB })
  setMemoryBudget(108 * MiB)
  t.teardown(() => {
    others.close()
    setMemoryBudget(Infinity)
  })
  const { held, filler } = open({ partSize: 5 * MiB, concurrency: 4 })
  filler.activate()
  t.equal(memoryUse().stages, 2)
  const chunks = new PendingChunks([Buffer.alloc(20 * MiB)])
  t.equal(filler.copy(chunks), false)
  t.equal(held.started, 1, 'one part is sent, and no second one begun')
  t.equal(filler.bytes, 5 * MiB)
  t.equal(filler.copy(chunks), false, 'asking again changes nothing')
  held.active--
  held.parts[0]!.release()
  t.equal(filler.copy(chunks), false)
  t.equal(filler.bytes, 10 * MiB, 'the next part is begun when none is in flight')
  others.close()
  t.equal(filler.copy(chunks), true, 'and further ones when others end')
  t.equal(filler.bytes, 20 * MiB)
  for (const part of held.parts) part.release()
  filler.clear()
  t.match(memoryUse(), { held: 0, stages: 0 })
  filler.activate()
  const unused = open().filler
  unused.clear()
  unused.activate()
  t.equal(memoryUse().stages, 0, 'an upload that is over counts no more')
})

t.test('counts a deferred header’s first part beside the others', async t => {
  setMemoryBudget(24 * MiB)
  t.teardown(() => setMemoryBudget(Infinity))
  const other = openShare({ min: MiB, max: 64 * MiB })
  const { filler } = open({ partSize: 5 * MiB, concurrency: 4 })
  filler.activate()
  t.equal(other.limit, 9 * MiB, 'half of what a newcomer leaves')
  filler.holdFirst(undefined)
  filler.copy(new PendingChunks([Buffer.alloc(6 * MiB)]))
  t.equal(other.limit, 8 * MiB, 'two parts are the minimum of the upload')
  filler.clear()
  other.close()
})
