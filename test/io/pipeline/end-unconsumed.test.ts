import { once } from 'node:events'
import { PassThrough, Readable, Writable, pipeline } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { destroyQuietly, endWhenUnconsumed } from '../../../lib/io/pipeline/end-unconsumed.js'
import { Upstream } from '../../../lib/io/pipeline/upstream.js'
import { uncaught } from '../../support/uncaught.js'

/** A stream with one byte more in each turn. */
function endless(t: Test): Readable {
  const stream: Readable = new Readable({ read: () => void setImmediate().then(() => stream.push('x')) })
  endWhenUnconsumed(stream, 'Endless')
  t.teardown(() => stream.destroy())
  return stream
}

/** A destination that takes one chunk and no more. */
const stuck = () => new Writable({ highWaterMark: 1, write: () => undefined })

/** Long enough for the destruction that must not come. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await setImmediate()
}

const CLOSED = { code: 'AVIO_ERR_OUTPUT_CLOSED', message: /Writable that Endless was piped into closed/ }

t.test('destroys the stream when its only destination closes', async t => {
  const stream = endless(t)
  const failed = once(stream, 'error')
  stream.pipe(stuck()).destroy()
  t.match((await failed)[0], { ...CLOSED, retryable: true, cause: undefined })
  t.equal(stream.closed, true)
})

t.test('has the failure of the destination as its cause', async t => {
  const stream = endless(t)
  const boom = new Error('disk full')
  const failed = once(stream, 'error')
  stream
    .pipe(stuck())
    .on('error', () => undefined)
    .destroy(boom)
  t.match((await failed)[0], { ...CLOSED, cause: boom })
})

t.test('causes no uncaught exception if nothing listens for the error', async t => {
  const stream = endless(t)
  const thrown = await uncaught(async () => {
    const closed = new Promise(resolve => stream.once('close', resolve))
    stream.pipe(stuck()).destroy()
    await closed
    await turns()
  })
  t.same(thrown, [])
  t.match(stream.errored, CLOSED)
})

t.test('closes after the last of several destinations', async t => {
  const stream = endless(t)
  const [first, second] = [stuck(), stuck()]
  stream.pipe(first)
  stream.pipe(second)
  first.destroy()
  await turns()
  t.equal(stream.destroyed, false, 'the second one is left')
  second.destroy()
  await once(stream, 'error')
})

t.test('destroys the stream that is piped into a destination already destroyed', async t => {
  const stream = endless(t)
  const gone = stuck().destroy()
  await once(gone, 'close')
  stream.pipe(gone)
  t.match((await once(stream, 'error'))[0], CLOSED)
})

t.test('keeps a stream whose live destination the user unpiped', async t => {
  const stream = endless(t)
  const first = stuck()
  stream.pipe(first)
  stream.unpipe(first)
  first.destroy()
  await turns()
  stream.pipe(stuck())
  stream.unpipe()
  await turns()
  t.equal(stream.destroyed, false)
  const third = new PassThrough()
  stream.pipe(third)
  t.equal(String((await once(third, 'data'))[0])[0], 'x', 'it can be piped on')
})

t.test('keeps a stream whose destination was ended', async t => {
  const stream = endless(t)
  const first = new PassThrough()
  stream.pipe(first)
  first.resume().end()
  await once(first, 'close')
  await turns()
  t.equal(stream.destroyed, false)
})

t.test('keeps a stream that is piped on when its destination closes', async t => {
  const stream = endless(t)
  const first = stuck()
  const second = new PassThrough()
  first.once('close', () => stream.pipe(second))
  stream.pipe(first)
  first.destroy()
  await once(second, 'data')
  await turns()
  t.equal(stream.destroyed, false)
})

t.test('keeps a stream with a consumer of another kind', async t => {
  const kinds: Record<string, (stream: Readable) => unknown> = {
    'a listener for data': stream => stream.on('data', () => undefined),
    'a listener for readable': stream => stream.on('readable', () => undefined),
    'an iterator': stream => stream[Symbol.asyncIterator]().next(),
    'a web stream': stream => Readable.toWeb(stream),
  }
  for (const [kind, consume] of Object.entries(kinds)) {
    const stream = endless(t)
    const first = stuck()
    stream.pipe(first)
    await consume(stream)
    first.destroy()
    await turns()
    t.equal(stream.destroyed, false, kind)
    stream.on('error', () => undefined)
  }
})

t.test('keeps a stream that is resumed to discard the rest', async t => {
  const stream = endless(t)
  const first = stuck()
  stream.pipe(first)
  first.once('close', () => stream.resume())
  first.destroy()
  await once(first, 'close')
  await turns()
  t.equal(stream.destroyed, false)
})

t.test('leaves the error of a pipeline as it is', async t => {
  const stream = endless(t)
  const sink = stuck()
  const failure = new Promise(resolve => pipeline(stream, sink, resolve))
  sink.destroy()
  t.match(await failure, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  await turns()
  t.match(stream.errored, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

t.test('leaves the error of a stage that was used before', async t => {
  class Sink extends Writable {
    readonly upstream = new Upstream(this, 'Sink')
  }
  const sink = new Sink().destroy()
  const stream = endless(t)
  stream.pipe(sink)
  t.match((await once(stream, 'error'))[0], { code: 'AVIO_ERR_STAGE_USED' })
  await turns()
  t.match(stream.errored, { code: 'AVIO_ERR_STAGE_USED' })
})

t.test('does nothing after the end', async t => {
  const stream = Readable.from(['all'], { autoDestroy: false })
  endWhenUnconsumed(stream, 'Short')
  const sink = stream.pipe(new PassThrough().resume())
  await once(sink, 'close')
  await turns()
  t.equal(stream.destroyed, false)
  t.equal(stream.errored, null)
})

t.test('does nothing if the destination is destroyed at the end', async t => {
  const stream = Readable.from(['all'], { autoDestroy: false })
  endWhenUnconsumed(stream, 'Short')
  const sink = new PassThrough().resume()
  stream.once('end', () => sink.destroy())
  stream.pipe(sink)
  await once(sink, 'close')
  await turns()
  t.equal(stream.destroyed, false)
})

t.test('works for a chain: each stream closes the one before it', async t => {
  const source = endless(t)
  const middle = new PassThrough()
  endWhenUnconsumed(middle, 'Middle')
  source.pipe(middle).pipe(stuck()).destroy()
  await Promise.all([once(middle, 'error'), once(source, 'error')])
  t.match(source.errored, { cause: middle.errored })
})

t.test('calls the pipe() and unpipe() of a subclass', async t => {
  const calls: string[] = []
  class Own extends PassThrough {
    constructor() {
      super()
      endWhenUnconsumed(this, 'Own')
    }
    override pipe<T extends NodeJS.WritableStream>(to: T, options?: { end?: boolean }): T {
      calls.push(`pipe ${options?.end}`)
      return super.pipe(to, options)
    }
    override unpipe(to?: NodeJS.WritableStream): this {
      calls.push('unpipe')
      return super.unpipe(to)
    }
  }
  const stream = new Own()
  const to = new PassThrough()
  t.equal(stream.pipe(to, { end: false }), to)
  t.equal(stream.unpipe(to), stream)
  t.same(calls, ['pipe false', 'unpipe'])
  t.same(Object.keys(stream).includes('pipe'), false, 'no property that console.log() shows')
})

t.test('destroys a stream quietly, and tells those who listen', async t => {
  const [silent, heard] = [new PassThrough(), new PassThrough()]
  const boom = new Error('boom')
  const thrown = await uncaught(async () => {
    destroyQuietly(silent, boom)
    destroyQuietly(heard, boom)
    t.equal((await once(heard, 'error'))[0], boom)
    await turns()
  })
  t.same(thrown, [])
  t.equal(silent.errored, boom)
})
