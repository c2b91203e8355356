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

/** Keeps its first bytes for last. */
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

t.test('each format with a held head streams without one, with a loss', async t => {
  for (const format of DEFERRED_HEADERS) {
    t.ok(deferredHeaderOf(format), format)
    t.not(deferredHeaderOf(format), deferredHeaderOf(format), 'each stream has its own')
    t.match(muxerOf(format), { streaming: 'as-is', deferredHeader: true, lost: /./ })
  }
})

t.test('any other has none, and gets no arguments', async t => {
  for (const format of ['mp4', 'mpegts', 'toString', '']) {
    t.equal(deferredHeaderOf(format), undefined)
    t.same(deferredHeaderArguments(format), [])
  }
  t.equal(muxerOf('matroska').deferredHeader, false)
})

t.test('the arguments take back the defaults that have no place for the head', async t => {
  const tone = audioInput({ seconds: 0.1, sampleRate: 44_100 })
  const write = (args: readonly string[]) => ffmpegToPipe([...tone, ...args, '-f', 'flv'])
  const { defaults } = muxerOf('flv')
  t.notOk((await write(defaults)).includes('filesize'))
  t.ok((await write([...defaults, ...deferredHeaderArguments('flv')])).includes('filesize'))
})

t.test('as a stream it makes the file of what is piped through', async t => {
  const args = [...audioInput({ seconds: 0.1, sampleRate: 8000 }), '-f', 'wav']
  const sink = new Sink()
  await pipeline([await ffmpegToPipe(args)], new DeferredHeader({ format: 'wav', highWaterMark: 64 }), sink)
  t.same(sink.file, await ffmpegToFile(args, 'media.wav'))
})

t.test('it fails where nobody claims the head, over other bytes, and at an abort', async t => {
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

t.test('options that break a rule are refused', async t => {
  const make = (options: object) => () => new DeferredHeader(options as { format: 'wav' })
  t.throws(make({}), { code: 'AVIO_ERR_OPTION', message: /"format" must be one of wav, flv, mp3, au/ })
  t.throws(make({ format: 'mp4' }), { message: /got "mp4"/ })
  t.throws(make({ format: 'wav', highWaterMark: -1 }), { message: /"highWaterMark"/ })
  t.throws(make({ format: 'wav', signal: {} }), { message: /"signal"/ })
  t.throws(make({ format: 'wav', length: 1 }), { message: /no option "length"/ })
})
