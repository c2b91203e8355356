import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import type { FfmpegTransformOptions } from '../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { endProcess } from '../support/child.js'
import { fastStartMp4, transportStream } from '../support/media.js'
import { ChunkedSource, Collector } from '../support/sources.js'
import { failing, standIn } from '../support/transform.js'

/** Every failure of ffmpeg itself is an error downstream, with a code. */

const COPY = { output: { format: 'matroska', args: ['-c', 'copy'] } }

t.test('gives each error of ffmpeg about an argument its code', async t => {
  const media = await fastStartMp4()
  const output = (...args: string[]): FfmpegTransformOptions => ({ output: { format: 'mpegts', args } })
  const cases: [string, FfmpegTransformOptions][] = [
    ['AVIO_ERR_UNKNOWN_ENCODER', output('-c:v', 'libnope')],
    ['AVIO_ERR_UNKNOWN_DECODER', { ...output(), input: { args: ['-c:v', 'nope'] } }],
    ['AVIO_ERR_UNKNOWN_FILTER', output('-vf', 'nope')],
    ['AVIO_ERR_UNKNOWN_FORMAT', { ...output(), input: { format: 'nope' } }],
    ['AVIO_ERR_FFMPEG_ARGUMENT', output('-t', 'never')],
    ['AVIO_ERR_NO_SUCH_STREAM', output('-map', '0:7')],
    ['AVIO_ERR_CODEC_NOT_IN_CONTAINER', { output: { format: 'webm', args: ['-c', 'copy'] } }],
    ['AVIO_ERR_FFMPEG_NO_OUTPUT', output('-ss', '1000', '-c', 'copy')],
  ]
  for (const [code, options] of cases) {
    const error = await failing(t, media, options)
    t.match(error, { code, args: Array, ffmpegPath: String, stderrTail: String }, code)
  }
})

t.test('fails on an exit code while the source sends nothing more', async t => {
  const source = new PassThrough()
  source.write('some bytes')
  const error = await failing(t, source, standIn('exits-1'))
  t.match(error, { code: 'AVIO_ERR_FFMPEG_EXIT', exitCode: 1, message: /something went wrong/ })
})

t.test('does not count output before a failure as a success', async t => {
  const media = Buffer.alloc(100_000, 'x')
  t.match(await failing(t, media, standIn('says', { CODE: '3' })), {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    exitCode: 3,
  })
  t.match(await failing(t, media, standIn('closes-stdout', { CODE: '1' })), { exitCode: 1 })
  t.match(await failing(t, media, standIn('reads-some', { CODE: '1' })), { exitCode: 1, bytesOut: 6 })
})

t.test('judges output closed before the end of the input by its content', async t => {
  const ffmpeg = new FfmpegTransform(standIn('closes-stdout'))
  const sink = new Collector()
  await pipeline(new ChunkedSource(Buffer.alloc(300_000, 'x')), ffmpeg, sink)
  t.equal(sink.bytes.toString(), 'some', 'the exit code confirms that this is all')
})

t.test('fails when a signal ends ffmpeg, whoever sends it', async t => {
  for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
    const error = await failing(t, Buffer.from('some bytes'), standIn('kills-itself', { SIGNAL: signal }))
    t.match(error, { code: 'AVIO_ERR_FFMPEG_SIGNAL', signal })
  }
  const media = await transportStream()
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    const ffmpeg = new FfmpegTransform({ output: { format: 'mpegts', args: ['-c', 'copy'] } })
    ffmpeg.once('spawn', ({ pid }) => process.kill(pid, signal))
    const sink = new Collector()
    await t.rejects(pipeline(new ChunkedSource(media, { stallAfter: 65_536 }), ffmpeg, sink), {
      code: 'AVIO_ERR_FFMPEG_SIGNAL',
      signal,
    })
    t.equal(sink.sawEnd, false)
  }
})

t.test('rejects a program that cannot start', async t => {
  const bytes = Buffer.from('some bytes')
  t.match(await failing(t, bytes, { ...COPY, ffmpegPath: '/nonexistent/ffmpeg' }), {
    code: 'AVIO_ERR_FFMPEG_NOT_FOUND',
  })
  t.match(await failing(t, bytes, standIn('no-interpreter')), { code: 'AVIO_ERR_FFMPEG_SPAWN' })
  const long = { output: { format: 'mpegts', args: ['-metadata', `title=${'x'.repeat(200_000)}`] } }
  t.match(await failing(t, bytes, long), { code: 'AVIO_ERR_FFMPEG_SPAWN', cause: { code: 'E2BIG' } })
})

t.test('does not call output complete while another process holds it open', async t => {
  const ffmpeg = new FfmpegTransform(standIn('leaves-a-grandchild'))
  let grandchild = 0
  ffmpeg.on('log', ({ message }) => (grandchild ||= Number(/grandchild (\d+)/.exec(message)?.[1] ?? 0)))
  const sink = new Collector()
  await t.rejects(pipeline(new ChunkedSource(Buffer.from('some bytes')), ffmpeg, sink), {
    code: 'AVIO_ERR_FFMPEG_EXIT',
    message: /holds it open/,
  })
  t.equal(sink.sawEnd, false)
  t.equal(sink.bytes.toString(), 'some bytes')
  endProcess(grandchild)
})

t.test('emits "finish" only after a successful exit, not after the last write', async t => {
  const ffmpeg = new FfmpegTransform(standIn('says', { CODE: '1' }))
  ffmpeg.once('finish', () => t.fail('finished'))
  ffmpeg.resume()
  await t.rejects(pipeline(new ChunkedSource(Buffer.from('some bytes')), ffmpeg), {
    code: 'AVIO_ERR_FFMPEG_EXIT',
  })
})

t.test('neither blocks nor fills memory when ffmpeg floods stderr', async t => {
  const floods = [
    { MEGABYTES: '20', LINE: '' },
    { MEGABYTES: '4', LINE: '[info] a line' },
  ]
  for (const flood of floods) {
    const ffmpeg = new FfmpegTransform(standIn('spams-stderr', flood))
    let longest = 0
    ffmpeg.on('log', ({ message }) => (longest = Math.max(longest, message.length)))
    const output = buffer(ffmpeg)
    ffmpeg.end('some bytes')
    t.equal((await output).toString(), 'some bytes')
    t.ok(longest > 0 && longest <= 4096, `${longest} bytes`)
  }
})
