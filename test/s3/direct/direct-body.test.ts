import { once } from 'node:events'
import type { Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import t from 'tap'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { DirectBody } from '../../../lib/s3/direct/direct-body.js'

/** A body of `length` bytes, and a log of its calls. */
function body(length: number) {
  const log: string[] = []
  const socket = { resume: () => log.push('resume') } as unknown as Socket
  return {
    log,
    one: new DirectBody(length, socket, isComplete => log.push(isComplete ? 'complete' : 'given up')),
  }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

t.test('copies bytes received with the header, and reads the rest in place', async t => {
  const { log, one } = body(10)
  t.equal(one.copy(Buffer.from('01')), false, 'no destination yet: stop reading')
  t.equal(one.copy(Buffer.from('23')), false)
  t.equal(one.space, undefined)
  const into = new RangeBuffer({ start: 0, end: 10 })
  let heard = 0
  const done = one.into(into, () => heard++)
  t.same(log, ['resume'])
  t.equal(one.copy(Buffer.from('4')), true, 'read before the destination was known')
  const { space } = one
  t.equal(space?.length, 5)
  space!.write('567')
  t.equal(one.filled(3), true)
  one.space!.write('89')
  t.equal(one.filled(2), true)
  await done
  t.same(log, ['resume', 'complete'])
  t.equal(into.take()?.toString(), '0123456789')
  t.equal(heard, 4)
})

t.test('keeps the connection reading after a body received whole with its header', async t => {
  const { log, one } = body(3)
  t.equal(one.copy(Buffer.from('abc')), false)
  const into = new RangeBuffer({ start: 0, end: 3 })
  await one.into(into, () => undefined)
  t.same(log, ['complete', 'resume'])
  t.equal(into.take()?.toString(), 'abc')
})

t.test('works as an ordinary stream', async t => {
  const { log, one } = body(6)
  one.copy(Buffer.from('ab'))
  const text = (async () => {
    let all = ''
    for await (const chunk of one) all += String(chunk)
    return all
  })()
  while (log.length === 0) await new Promise<void>(resolve => setImmediate(resolve))
  const reused = Buffer.from('cd')
  one.copy(reused)
  reused.write('XX')
  one.copy(Buffer.from('ef'))
  t.equal(await text, 'abcdef')
  t.ok(log.includes('complete'))
})

t.test('pauses the connection for a slow reader of the stream', async t => {
  const { log, one } = body(200_000)
  t.equal(one.read(), null)
  t.same(log, ['resume'])
  t.equal(one.copy(Buffer.alloc(50_000)), true)
  t.equal(one.copy(Buffer.alloc(50_000)), false)
  await once(one, 'readable')
  // From Node 26 on, read() returns one chunk at a time.
  let length = 0
  for (let chunk; (chunk = one.read() as Buffer | null) !== null;) length += chunk.length
  t.equal(length, 100_000)
  t.same(log, ['resume', 'resume'])
})

t.test('rejects more bytes than announced', async t => {
  const { log, one } = body(3)
  const done = one.into(new RangeBuffer({ start: 0, end: 3 }), () => undefined)
  t.equal(one.copy(Buffer.from('abcd')), false)
  t.match(await failure(done), { message: /longer than announced/ })
  t.same(log, ['resume', 'given up'])
})

t.test('rejects a range whose length differs from the body’s', async t => {
  const { log, one } = body(3)
  t.match(await failure(one.into(new RangeBuffer({ start: 0, end: 4 }), () => undefined)), {
    message: /body of 3 bytes/,
  })
  t.same(log, ['given up'])
})

t.test('passes the reason of a closed or abandoned connection to the reader', async t => {
  const gone = new Error('gone')
  const failed = body(3)
  const failing = failed.one.into(new RangeBuffer({ start: 0, end: 3 }), () => undefined)
  failed.one.fail(gone)
  t.equal(await failure(failing), gone)
  t.same(failed.log, ['resume'], 'the connection is not told again')

  const given = body(3)
  const giving = given.one.into(new RangeBuffer({ start: 0, end: 3 }), () => undefined)
  given.one.destroy()
  t.match(await failure(giving), { message: 'The body was abandoned' })
  t.same(given.log, ['resume', 'given up'])

  const before = body(3)
  before.one.destroy(gone)
  t.equal(await failure(before.one.into(new RangeBuffer({ start: 0, end: 3 }), () => undefined)), gone)

  const stream = body(3)
  stream.one.fail(gone)
  await new Promise<void>(resolve => setImmediate(resolve))
  t.equal(await failure(finished(stream.one)), gone, 'a later reader gets it too')
})
