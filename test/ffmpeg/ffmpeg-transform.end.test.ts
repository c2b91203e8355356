import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { exists } from '../support/child.js'
import {
  avi,
  fastStartMp4,
  ffmpegToPipe,
  indexLastMp4,
  matroska,
  transportStream,
  videoInput,
} from '../support/media.js'
import { ChunkedSource, Collector } from '../support/sources.js'
import { failing } from '../support/transform.js'

/** Promise 1: an error is never an end. Every fault of the input is an error downstream. */

const COPY = { output: { format: 'matroska', args: ['-c', 'copy'] } }

t.test('rejects a truncated file if its container shows it, though ffmpeg exits with 0', async t => {
  const files = { fastStartMp4, matroska, avi }
  for (const [name, make] of Object.entries(files)) {
    const media = await make({ seconds: 3 })
    for (const share of [0.3, 0.6, 0.97]) {
      const cut = media.subarray(0, Math.floor(media.length * share))
      const error = await failing(t, cut, {
        output: { format: 'mpegts', args: ['-c:v', 'mpeg2video', '-c:a', 'mp2'] },
      })
      t.match(
        error,
        { code: 'AVIO_ERR_INPUT_PARTIAL', exitCode: 0, bytesIn: cut.length },
        `${name} at ${share}`,
      )
    }
  }
})

t.test('rejects an MP4 cut within or before its index', async t => {
  const media = await fastStartMp4()
  t.match(await failing(t, media.subarray(0, 1500), COPY), { code: 'AVIO_ERR_INPUT_INVALID' })
  const last = await indexLastMp4({ seconds: 1 })
  t.match(await failing(t, last.subarray(0, 20_000), { ...COPY, sniffSize: 1024 * 1024 }), {
    code: 'AVIO_ERR_MOOV_NOT_FOUND',
  })
})

t.test('accepts media before the index if ffmpeg can seek back, and rejects it otherwise', async t => {
  const small = await indexLastMp4({ seconds: 1 })
  t.ok(small.length < 64 * 1024)
  const sink = new Collector()
  await pipeline(new ChunkedSource(small), new FfmpegTransform(COPY), sink)
  t.ok(sink.bytes.length > small.length / 2)
  const large = await indexLastMp4({ seconds: 4, size: '320x180' })
  t.match(await failing(t, large, { ...COPY, sniffSize: 16 * 1024 * 1024 }), {
    code: 'AVIO_ERR_INPUT_NEEDS_SEEK',
    message: /before its index/,
  })
})

t.test('rejects empty input, garbage and text', async t => {
  t.match(await failing(t, Buffer.alloc(0), COPY), { code: 'AVIO_ERR_INPUT_INVALID', message: /empty/ })
  t.match(await failing(t, Buffer.alloc(1), COPY), { code: 'AVIO_ERR_INPUT_INVALID' })
  t.match(await failing(t, Buffer.alloc(100_000, 'no media, this '), COPY), {
    code: 'AVIO_ERR_INPUT_INVALID',
  })
})

t.test('does not pass off a header alone as output', async t => {
  const ss = ['-ss', '1000']
  const media = await fastStartMp4()
  for (const format of ['mp4', 'wav', 'null', 'matroska']) {
    const error = await failing(t, media, { output: { format, args: ss } })
    t.match(error, { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT', exitCode: 0 }, format)
  }
})

t.test('accepts the null muxer, which writes nothing', async t => {
  const ffmpeg = new FfmpegTransform({ output: { format: 'null' } })
  const output = buffer(ffmpeg)
  new ChunkedSource(await fastStartMp4()).pipe(ffmpeg)
  t.equal((await output).length, 0)
})

t.test('ignores error messages in the metadata of the media', async t => {
  const words = 'stream 0, offset 0x30: partial file\nmoov atom not found\npartial file'
  const media = await ffmpegToPipe([
    ...videoInput({ seconds: 1 }),
    ...['-metadata', `title=${words}`, '-metadata', `comment=${words}`, '-c:v', 'mpeg4', '-f', 'matroska'],
  ])
  const sink = new Collector()
  await pipeline(new ChunkedSource(media), new FfmpegTransform(COPY), sink)
  t.equal(sink.sawEnd, true)
})

t.test('fails with the error of its source, and ends the child', async t => {
  const boom = new Error('boom')
  const media = await transportStream()
  for (const bytes of [0, 65_536, 131_072]) {
    const source = new ChunkedSource(media, { endless: true, failAfter: { bytes, error: boom } })
    t.equal(
      await failing(t, source, { output: { format: 'mpegts', args: ['-c', 'copy'] } }),
      boom,
      `after ${bytes}`,
    )
  }
})

t.test('fails with its source in a plain pipe() too, where Node itself would wait forever', async t => {
  const boom = new Error('boom')
  const source = new PassThrough()
  const ffmpeg = new FfmpegTransform({ output: { format: 'mpegts', args: ['-c', 'copy'] } })
  const sink = new Collector()
  source.pipe(ffmpeg).pipe(sink)
  source.write(await transportStream())
  const [{ pid }] = (await once(ffmpeg, 'spawn')) as [{ pid: number }]
  source.destroy(boom)
  const closed = new Promise(resolve => ffmpeg.once('close', resolve))
  const error = await new Promise(resolve => ffmpeg.once('error', resolve))
  await closed
  t.equal(error, boom)
  t.equal(exists(pid), false)
  t.equal(sink.sawEnd, false)
  sink.destroy()
})

t.test('fails if its source closes without an end', async t => {
  const source = new PassThrough()
  source.write(await transportStream())
  const ffmpeg = new FfmpegTransform({ output: { format: 'mpegts', args: ['-c', 'copy'] } })
  source.pipe(ffmpeg).resume()
  await once(ffmpeg, 'spawn')
  source.destroy()
  t.match((await once(ffmpeg, 'error'))[0], { code: 'AVIO_ERR_UPSTREAM_CLOSED' })
  t.equal(ffmpeg.readableEnded, false)
})
