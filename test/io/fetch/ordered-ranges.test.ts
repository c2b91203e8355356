import { getEventListeners } from 'node:events'
import t from 'tap'
import { inOrder, OrderedRanges } from '../../../lib/io/fetch/ordered-ranges.js'
import type { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { ReadAheadWindow } from '../../../lib/io/fetch/read-ahead-window.js'

/** A source whose ranges the test answers by hand. */
class Source {
  readonly bytes: Buffer
  readonly open: { into: RangeBuffer; resolve: () => void; reject: (error: Error) => void }[] = []
  readonly log: string[] = []

  constructor(size: number) {
    this.bytes = Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 7))
  }

  readonly fetch = (into: RangeBuffer, signal: AbortSignal): Promise<void> => {
    this.log.push(`${into.start}-${into.end}`)
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.log.push(`abort ${into.start}`)
        reject(new Error('aborted'))
      })
      this.open.push({ into, resolve, reject })
    })
  }

  /** Sends `length` bytes of the range at `start`, or all of it. */
  send(start: number, length = Infinity): void {
    const { into, resolve } = this.open.find(entry => entry.into.start === start)!
    into.write(this.bytes.subarray(into.received, Math.min(into.end, into.received + length)))
    if (into.complete) resolve()
  }

  fail(start: number, error: Error): void {
    this.open.find(entry => entry.into.start === start)!.reject(error)
  }
}

const plan = (size: number, concurrency = 3, readAhead = 30, partSize = 10) => {
  const ahead = new ReadAheadWindow({
    start: 0,
    end: size,
    firstSize: 10,
    partSize,
    concurrency,
    readAhead,
  })
  ahead.bound(size)
  for (let n = 0; n < 5; n++) ahead.starved(1000)
  return ahead
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

t.test('shares what has not arrived among the connections', async t => {
  const source = new Source(100)
  const ranges = new OrderedRanges(plan(100, 2, 100, 40), source.fetch, () => undefined)
  ranges.fill(0)
  t.same(source.log, ['0-40', '40-80'])
  t.match(ranges, { underWay: 2, bytesLacking: 80 })
  source.send(40, 30)
  source.send(0)
  await turn()
  t.match(ranges, { underWay: 1, bytesLacking: 10 })
  ranges.fill(0)
  t.same(source.log.slice(2), ['80-95'], '30 bytes lack, 15 for each of two')
  t.equal(ranges.bytesLacking, 25)
  await ranges.cancel()
})

t.test('delivers bytes in order when ranges arrive backwards', async t => {
  const source = new Source(30)
  const ranges = new OrderedRanges(plan(30), source.fetch, () => undefined)
  ranges.fill(0)
  t.same(source.log, ['0-10', '10-20', '20-30'])
  source.send(20)
  source.send(10)
  await turn()
  t.equal(ranges.take(), undefined)
  source.send(0, 4)
  t.equal(ranges.bytesHeld, 24, 'of all ranges, what has arrived and is not taken')
  t.same(ranges.take(), source.bytes.subarray(0, 4), 'the current range is delivered as it arrives')
  t.equal(ranges.take(), undefined)
  source.send(0)
  await turn()
  const rest: Buffer[] = []
  for (let chunk = ranges.take(); chunk; chunk = ranges.take()) rest.push(chunk)
  t.same(Buffer.concat(rest), source.bytes.subarray(4))
  t.ok(ranges.ended)
  t.equal(ranges.bytesHeld, 0)
})

t.test('requests only within the window, and uses a free connection', async t => {
  const source = new Source(100)
  const ranges = new OrderedRanges(plan(100, 2, 30), source.fetch, () => undefined)
  ranges.fill(0)
  t.same(source.log, ['0-10', '10-20'])
  source.send(10)
  await turn()
  ranges.fill(0)
  t.same(source.log, ['0-10', '10-20', '20-30'])
  source.send(20)
  await turn()
  ranges.fill(0)
  t.equal(source.log.length, 3, 'the window is full until bytes are consumed')
  source.send(0)
  await turn()
  t.equal(ranges.take()?.length, 10)
  ranges.fill(9)
  t.equal(source.log.length, 3)
  ranges.fill(10)
  t.equal(source.log[3], '30-40')
})

t.test('ends a range only with its request', async t => {
  const source = new Source(20)
  const ranges = new OrderedRanges(plan(20), source.fetch, () => undefined)
  ranges.fill(0)
  const [first] = source.open
  first!.into.write(source.bytes.subarray(0, 10))
  source.send(10)
  await turn()
  t.equal(ranges.take()?.length, 10)
  t.equal(ranges.take(), undefined, 'the response may still be too long')
  first!.resolve()
  await turn()
  t.equal(ranges.take()?.length, 10)
})

t.test('reports an error after all bytes before it, and aborts the requests after it', async t => {
  const source = new Source(50)
  let changes = 0
  const ranges = new OrderedRanges(plan(50), source.fetch, () => changes++)
  ranges.fill(0)
  source.send(10, 3)
  const broken = new Error('broken')
  source.fail(10, broken)
  await turn()
  t.equal(ranges.error, undefined, 'the error waits for the bytes before it')
  t.same(source.log, ['0-10', '10-20', '20-30', 'abort 20'])
  ranges.fill(10)
  t.equal(source.log.length, 4, 'no further request was sent')
  source.send(0)
  await turn()
  t.equal(ranges.take()?.length, 10)
  t.equal(ranges.error, undefined)
  t.equal(ranges.take()?.length, 3)
  t.equal(ranges.error, broken)
  t.equal(ranges.take(), undefined)
  t.notOk(ranges.ended)
  t.ok(changes > 0)
})

t.test('fails if a fetch resolves with bytes missing', async t => {
  const source = new Source(10)
  const ranges = new OrderedRanges(plan(10), source.fetch, () => undefined)
  ranges.fill(0)
  source.send(0, 9)
  source.open[0]!.resolve()
  await turn()
  t.equal(ranges.take()?.length, 9)
  t.match(ranges.error, { message: /incomplete/ })
  t.notOk(ranges.ended)
})

t.test(
  'aborts requests in flight on cancel(), resolves once they settle, and makes no more callbacks',
  async t => {
    const source = new Source(30)
    let changes = 0
    const ranges = new OrderedRanges(plan(30), source.fetch, () => changes++)
    ranges.fill(0)
    source.send(10)
    await turn()
    changes = 0
    await ranges.cancel()
    t.same(source.log.slice(3), ['abort 0', 'abort 10', 'abort 20'])
    t.equal(changes, 0)
    t.equal(ranges.take(), undefined)
    ranges.fill(0)
    t.equal(source.log.length, 6)
    await ranges.cancel()
  },
)

t.test('yields everything from inOrder(), consuming a chunk when the next is requested', async t => {
  const source = new Source(40)
  const chunks: Buffer[] = []
  const reading = (async () => {
    for await (const chunk of inOrder(plan(40, 2, 20), source.fetch)) chunks.push(chunk)
  })()
  for (const start of [0, 10, 20, 30]) {
    await turn()
    source.send(start)
    await turn()
  }
  await reading
  t.same(Buffer.concat(chunks), source.bytes)
})

t.test('requests nothing before inOrder() is read, and aborts everything when the loop exits', async t => {
  const source = new Source(40)
  const iterable = inOrder(plan(40), source.fetch)
  t.same(source.log, [])
  const first = iterable.next()
  await turn()
  source.send(0, 5)
  t.equal((await first).value?.length, 5)
  await iterable.return()
  t.same(source.log, ['0-10', '10-20', '20-30', 'abort 0', 'abort 10', 'abort 20'])
})

t.test('throws an error from inOrder() after the bytes before it', async t => {
  const source = new Source(20)
  const chunks: Buffer[] = []
  const reading = (async () => {
    for await (const chunk of inOrder(plan(20), source.fetch)) chunks.push(chunk)
  })()
  await turn()
  source.fail(10, new Error('broken'))
  await turn()
  source.send(0)
  await t.rejects(reading, { message: 'broken' })
  t.same(Buffer.concat(chunks), source.bytes.subarray(0, 10))
})

t.test('ends inOrder() on abort, whether it or its consumer waits, and leaves no listener', async t => {
  for (const taken of [0, 1]) {
    const source = new Source(20)
    const abort = new AbortController()
    const iterable = inOrder(plan(20), source.fetch, abort.signal)
    let next = iterable.next()
    await turn()
    if (taken) {
      source.send(0, 5)
      t.equal((await next).value?.length, 5)
      abort.abort()
      next = iterable.next()
    } else {
      abort.abort()
    }
    await t.rejects(next, { name: 'AbortError' })
    t.same(source.log.slice(2), ['abort 0', 'abort 10'])
    t.equal(getEventListeners(abort.signal, 'abort').length, 0)
  }
})

t.test('cancel() resolves only when every request has settled', async t => {
  const settle: (() => void)[] = []
  const fetch = (_into: RangeBuffer, signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => settle.push(() => reject(new Error('aborted'))))
    })
  const ranges = new OrderedRanges(plan(20), fetch, () => undefined)
  ranges.fill(0)
  let isOver = false
  const over = ranges.cancel().then(() => (isOver = true))
  await turn()
  t.equal(settle.length, 2)
  t.equal(isOver, false)
  for (const one of settle) one()
  await over
})

t.test('inOrder leaves no listener on its signal, read to the end or not', async t => {
  const { signal } = new AbortController()
  const fetch = (into: RangeBuffer) => {
    into.write(Buffer.alloc(into.end - into.start))
    return Promise.resolve()
  }
  for await (const chunk of inOrder(plan(30), fetch, signal)) t.ok(chunk.length)
  for await (const chunk of inOrder(plan(30), fetch, signal)) if (chunk.length > 0) break
  t.same(getEventListeners(signal, 'abort'), [])
})

t.test('requests no more than a limit, and goes on when bytes are consumed', async t => {
  const source = new Source(60)
  const ranges = new OrderedRanges(plan(60), source.fetch, () => undefined)
  ranges.fill(0, 20)
  t.same(source.log, ['0-10', '10-20'])
  ranges.fill(9, 20)
  t.equal(source.log.length, 2)
  ranges.fill(10, 20)
  t.same(source.log.slice(2), ['20-30'])
  await ranges.cancel()
})
