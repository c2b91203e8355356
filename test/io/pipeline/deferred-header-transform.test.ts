import { once } from 'node:events'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { DeferredHeaderBuilder } from '../../../lib/io/pipeline/deferred-header-builder.js'
import { DeferredHeaderTransform } from '../../../lib/io/pipeline/deferred-header-transform.js'
import { Upstream } from '../../../lib/io/pipeline/upstream.js'

/** Writes the number of bytes into the header. */
class Counting implements DeferredHeaderBuilder {
  #bytes = 0
  write(chunk: Buffer): Buffer[] {
    if (chunk.includes('!')) throw new Error('not that')
    this.#bytes += chunk.length
    return [chunk.subarray(0, 1), chunk.subarray(1)]
  }
  end(): Buffer[] {
    return [Buffer.from('.')]
  }
  head(length = 0): Buffer {
    return Buffer.from(`${this.#bytes}:`.padEnd(length))
  }
}

class Sink extends Writable {
  readonly upstream = new Upstream(this, 'Sink', { claimsHeader: true })
  readonly chunks: Buffer[] = []
  file = ''
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.chunks.push(chunk)
    callback()
  }
  override _final(callback: () => void): void {
    this.file = Buffer.concat([this.upstream.header!.bytes(3), ...this.chunks]).toString()
    callback()
  }
}

const transform = (signal?: AbortSignal) =>
  new DeferredHeaderTransform({ name: 'Counter', assembly: new Counting(), signal, highWaterMark: undefined })

t.test('passes the body on, and gives the sink the header at the end', async t => {
  const sink = new Sink()
  await pipeline([Buffer.from('abc'), Buffer.from('de')], transform(), sink)
  t.equal(sink.file, '5: abcde.')
})

t.test('holds data until there is a reader', async t => {
  const source = transform()
  source.write('abc')
  await new Promise(setImmediate)
  const sink = new Sink()
  source.pipe(sink)
  source.end()
  await once(sink, 'finish')
  t.equal(sink.file, '3: abc.')
})

t.test('fails before its first byte if a reader has not claimed the header', async t => {
  const source = transform()
  source.end('abc')
  await t.rejects(text(source), { code: 'AVIO_ERR_HEADER_UNCLAIMED', message: /^Counter / })
  const piped = transform()
  const sink = new Writable({
    write: (_chunk, _encoding, callback) => {
      t.fail('the sink received a byte')
      callback()
    },
  })
  await t.rejects(pipeline([Buffer.from('abc')], piped, sink), { code: 'AVIO_ERR_HEADER_UNCLAIMED' })
})

t.test('fails with the builder’s error, and can be aborted', async t => {
  await t.rejects(pipeline([Buffer.from('a!')], transform(), new Sink()), { message: 'not that' })
  await t.rejects(pipeline([Buffer.from('a')], transform(AbortSignal.abort()), new Sink()), {
    name: 'AbortError',
  })
})
