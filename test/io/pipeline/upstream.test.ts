import { once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import { HeaderOffer } from '../../../lib/io/pipeline/header-claim.js'
import { LINK } from '../../../lib/io/pipeline/link.js'
import { Upstream } from '../../../lib/io/pipeline/upstream.js'

class Sink extends Writable {
  readonly upstream = new Upstream(this, 'Sink')
  override _write(_chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    callback()
  }
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.upstream.release()
    callback(error)
  }
}

t.test('destroys the sink of a plain pipe() with the source’s error', async t => {
  const source = new PassThrough()
  const sink = source.pipe(new Sink())
  const boom = new Error('boom')
  const failed = once(sink, 'error')
  source.destroy(boom)
  t.equal((await failed)[0], boom)
})

t.test('fails the sink if the source closes before its end', async t => {
  const source = new PassThrough()
  const sink = source.pipe(new Sink())
  const failed = once(sink, 'error')
  source.write('half')
  source.destroy()
  t.match((await failed)[0], { code: 'AVIO_ERR_UPSTREAM_CLOSED', message: /PassThrough piped into Sink/ })
})

t.test('leaves no error and no listener after the source ended', async t => {
  const source = new PassThrough()
  const sink = new Sink()
  const before = ['error', 'close'].map(event => source.listenerCount(event))
  source.pipe(sink)
  t.strictNotSame(
    ['error', 'close'].map(event => source.listenerCount(event)),
    before,
  )
  const closed = once(sink, 'close')
  source.end('all')
  await closed
  t.equal(sink.errored, null)
  t.equal(sink.upstream.source, undefined)
  t.same(
    ['error', 'close'].map(event => source.listenerCount(event)),
    before,
  )
})

t.test('releases an unpiped source', async t => {
  const source = new PassThrough()
  const sink = source.pipe(new Sink())
  t.equal(sink.upstream.source, source)
  source.unpipe(sink)
  t.equal(sink.upstream.source, undefined)
  source.destroy()
  await once(source, 'close')
  t.equal(sink.destroyed, false)
  sink.destroy()
})

t.test('keeps the source’s name after its end, for later errors', async t => {
  const source = Object.assign(new PassThrough(), {
    [LINK]: { randomAccess: { name: 's3://masters/x.html' } },
  })
  const sink = source.pipe(new Sink())
  source.end('short')
  await once(sink, 'finish')
  t.equal(sink.upstream.source, undefined)
  t.equal(sink.upstream.sourceName, 's3://masters/x.html')
})

t.test('stops the source through its link unless it has another consumer', async t => {
  const source = new PassThrough()
  let stopped = 0
  Object.defineProperty(source, LINK, { value: { stop: () => stopped++ } })
  const sink = source.pipe(new Sink())
  const tee = source.pipe(new PassThrough())
  t.equal(sink.upstream.stop(), false, 'with a tee')
  source.unpipe(tee)
  t.equal(sink.upstream.stop(), true, 'as the sole consumer')
  t.equal(stopped, 1)
  sink.destroy()
  t.equal(sink.upstream.stop(), false, 'after release')
})

t.test('ends a source without a link', async t => {
  const source = new PassThrough()
  const sink = source.pipe(new Sink())
  t.equal(sink.upstream.link, undefined)
  t.equal(sink.upstream.stop(), true)
  await once(sink, 'finish')
  t.equal(source.readableEnded, true)
  t.equal(new Sink().upstream.stop(), false, 'without a source')
})

t.test('claims the source’s header only if the stage can write its first bytes last', async t => {
  class Claimant extends Sink {
    override readonly upstream = new Upstream(this, 'Claimant', { claimsHeader: true })
  }
  const offer = new HeaderOffer('Maker')
  const linked = () => Object.assign(new PassThrough(), { [LINK]: { header: offer } })
  const other = linked()
  t.equal(other.pipe(new Sink()).upstream.header, undefined)
  t.ok(offer.unclaimed(other))

  const source = linked()
  const sink = source.pipe(new Claimant())
  t.equal(offer.unclaimed(source), undefined)
  source.unpipe(sink)
  t.equal(sink.upstream.header, undefined, 'released if unpiped before the end')
  t.ok(offer.unclaimed(source))

  source.pipe(sink)
  offer.complete(() => Buffer.from('head'))
  source.end('body')
  await once(sink, 'close')
  t.same(sink.upstream.header?.bytes(), Buffer.from('head'), 'kept after the end')
})

t.test('keeps the silent tracks of an ended source until another one is piped', async t => {
  const source = new PassThrough()
  Object.defineProperty(source, LINK, { value: { silentTracks: () => new Set([2]) } })
  const sink = new Sink()
  t.equal(sink.upstream.silentTracks, undefined)
  source.pipe(sink, { end: false })
  source.end()
  await once(source, 'end')
  t.equal(sink.upstream.source, undefined)
  t.same(sink.upstream.silentTracks!(), new Set([2]))
  new PassThrough().pipe(sink)
  t.equal(sink.upstream.silentTracks, undefined)
  sink.destroy()
})
