import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import {
  DEFERRED_HEADERS,
  DeferredHeader,
  deferredHeaderArguments,
  deferredHeaderOf,
} from '../../../lib/ffmpeg/headers/deferred-header.js'
import { muxerOf } from '../../../lib/ffmpeg/args/muxers.js'
import { Upstream } from '../../../lib/io/pipeline/upstream.js'
import { audioInput, ffmpegToFile, ffmpegToPipe } from '../../support/media.js'

/** A sink that writes the header last. */
class Sink extends Writable {
  readonly upstream = new Upstream(this, 'Sink', { claimsHeader: true })
  readonly chunks: Buffer[] = []
  file = Buffer.alloc(0)
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.chunks.push(chunk)
    callback()
  }
  override _final(callback: () => void): void {
    this.file = Buffer.concat([this.upstream.header!.bytes(), ...this.chunks])
    callback()
  }
}

t.test('states a loss for each format that streams without its deferred header', async t => {
  for (const format of DEFERRED_HEADERS) {
    t.ok(deferredHeaderOf(format), format)
    t.not(deferredHeaderOf(format), deferredHeaderOf(format), 'each stream gets its own')
    t.match(muxerOf(format), { streaming: 'as-is', deferredHeader: true, lost: /./ })
  }
})

t.test('adds no header and no arguments for other formats', async t => {
  for (const format of ['mp4', 'mpegts', 'toString', '']) {
    t.equal(deferredHeaderOf(format), undefined)
    t.same(deferredHeaderArguments(format), [])
  }
  t.equal(muxerOf('matroska').deferredHeader, false)
})

t.test('adds arguments that undo defaults without room for the header', async t => {
  const tone = audioInput({ seconds: 0.1, sampleRate: 44_100 })
  const write = (args: readonly string[]) => ffmpegToPipe([...tone, ...args, '-f', 'flv'])
  const { defaults } = muxerOf('flv')
  t.notOk((await write(defaults)).includes('filesize'))
  t.ok((await write([...defaults, ...deferredHeaderArguments('flv')])).includes('filesize'))
})

t.test('turns the piped stream into the file', async t => {
  const args = [...audioInput({ seconds: 0.1, sampleRate: 8000 }), '-f', 'wav']
  const sink = new Sink()
  await pipeline([await ffmpegToPipe(args)], new DeferredHeader({ format: 'wav', highWaterMark: 64 }), sink)
  t.same(sink.file, await ffmpegToFile(args, 'media.wav'))
})

t.test('fails without a claimed header, on other bytes, and on abort', async t => {
  const unclaimed = new DeferredHeader({ format: 'wav' })
  unclaimed.end('RIFF')
  await t.rejects(text(unclaimed), { code: 'AVIO_ERR_HEADER_UNCLAIMED' })
  const through = (options: { signal?: AbortSignal } = {}) =>
    pipeline(
      [Buffer.from('OggS, and then something else')],
      new DeferredHeader({ format: 'wav', ...options }),
      new Sink(),
    )
  await t.rejects(through(), { code: 'AVIO_ERR_HEADER_INVALID' })
  await t.rejects(through({ signal: AbortSignal.abort() }), { name: 'AbortError' })
})

t.test('rejects options that break a rule', async t => {
  const make = (options: object) => () => new DeferredHeader(options as { format: 'wav' })
  t.throws(make({}), { code: 'AVIO_ERR_OPTION', message: /"format" must be one of wav, flv, mp3, au/ })
  t.throws(make({ format: 'mp4' }), { message: /got "mp4"/ })
  t.throws(make({ format: 'wav', highWaterMark: -1 }), { message: /"highWaterMark"/ })
  t.throws(make({ format: 'wav', signal: {} }), { message: /"signal"/ })
  t.throws(make({ format: 'wav', length: 1 }), { message: /no option "length"/ })
})
