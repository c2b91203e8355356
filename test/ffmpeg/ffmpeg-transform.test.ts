import { once } from 'node:events'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { FfmpegSpawn } from '../../lib/ffmpeg/run/ffmpeg-events.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { locateFfmpeg } from '../../lib/ffmpeg/binary/locate-ffmpeg.js'
import type { FfmpegLogEntry } from '../../lib/ffmpeg/log/log.js'
import type { FfmpegProgress } from '../../lib/ffmpeg/log/progress.js'
import { BLOCK_SIZE } from '../../lib/io/memory/block-pool.js'
import { fixture } from '../support/child.js'
import { heldBytes } from '../support/held-bytes.js'
import {
  avi,
  fastStartMp4,
  fragmentedMp4,
  indexLastMp4,
  matroska,
  packetsOf,
  transportStream,
} from '../support/media.js'
import { ChunkedSource, Collector, LinkedSource, StalledSink } from '../support/sources.js'

const COPY = { output: { format: 'matroska', args: ['-c', 'copy'] } }
const STAND_IN = { ffmpegPath: fixture('copies'), output: { format: 'mpegts' } }

/** Type and hash of each packet, which do not depend on the container. */
async function hashes(media: Buffer): Promise<string[]> {
  return (await packetsOf(media)).map(({ codec_type, data_hash }) => `${codec_type} ${data_hash}`).sort()
}

t.test('passes an MP4 through intact, in chunks of any size', async t => {
  const media = await fastStartMp4()
  const expected = await hashes(media)
  for (const chunkSize of [37, 1000, 65_536, media.length]) {
    const sink = new Collector()
    await pipeline(new ChunkedSource(media, { chunkSize }), new FfmpegTransform(COPY), sink)
    t.same(await hashes(sink.bytes), expected, `${chunkSize} bytes at a time`)
  }
})

t.test('passes media through byte by byte as well', async t => {
  const media = await transportStream({ seconds: 1 })
  const ffmpeg = new FfmpegTransform(STAND_IN)
  const result = buffer(ffmpeg)
  for (const byte of media) ffmpeg.write(Buffer.of(byte))
  ffmpeg.end()
  t.same(await result, media)
})

t.test('passes common containers through', async t => {
  const files = { avi, fragmentedMp4, matroska, transportStream }
  for (const [name, make] of Object.entries(files)) {
    const media = await make()
    const format = name === 'transportStream' ? 'mpegts' : 'matroska'
    const ffmpeg = new FfmpegTransform({ output: { format, args: ['-c', 'copy'] } })
    const sink = new Collector()
    await pipeline(new ChunkedSource(media), ffmpeg, sink)
    t.same(await hashes(sink.bytes), await hashes(media), name)
  }
})

t.test('reads a raw input with the named format', async t => {
  const ffmpeg = new FfmpegTransform({
    input: { format: 's16le', args: ['-ar', '8000', '-ac', '1'] },
    output: { format: 's16be' },
  })
  const output = buffer(ffmpeg)
  // The first bytes look like an mdat box, which means nothing in a raw input.
  ffmpeg.end(Buffer.from('\0\0\0\0mdat'))
  t.same(await output, Buffer.from('\0\0\0\0dmta'))
})

t.test('emits "spawn" at the first bytes and not before', async t => {
  const ffmpeg = new FfmpegTransform({
    ...COPY,
    globalArgs: ['-threads', '1'],
    input: { args: ['-ss', '0'] },
  })
  let spawned: FfmpegSpawn | undefined
  ffmpeg.once('spawn', child => (spawned = child))
  ffmpeg.resume()
  await setTimeout(20)
  t.equal(spawned, undefined)
  await pipeline(new ChunkedSource(await fastStartMp4()), ffmpeg)
  t.match(spawned, { ...(await locateFfmpeg()), pid: Number })
  const args = spawned!.args.join(' ')
  t.match(args, /-progress pipe:3 .*-threads 1 .*-ss 0 -i pipe:0 .*-c copy .*-f matroska pipe:1$/)
})

t.test('holds an MP4 back only until its first boxes are known', async t => {
  const media = await fragmentedMp4()
  const ffmpeg = new FfmpegTransform(STAND_IN)
  ffmpeg.resume()
  ffmpeg.write(media.subarray(0, 31))
  await setTimeout(20)
  t.equal(ffmpeg.listenerCount('error'), 0)
  const spawned = once(ffmpeg, 'spawn')
  ffmpeg.write(media.subarray(31, 44))
  await spawned
  ffmpeg.destroy()
  await once(ffmpeg, 'close')
})

t.test('emits "log" with lines of ffmpeg by level', async t => {
  const ffmpeg = new FfmpegTransform(COPY)
  const entries: FfmpegLogEntry[] = []
  ffmpeg.on('log', entry => entries.push(entry))
  ffmpeg.resume()
  await pipeline(new ChunkedSource(await fastStartMp4()), ffmpeg)
  t.ok(entries.some(({ level, message }) => level === 'info' && message.startsWith('Input #0, mov,mp4')))
  t.ok(entries.every(({ level }) => level !== 'unknown'))
})

t.test('brings "progress" to 100 percent if ffmpeg knows the duration', async t => {
  const ffmpeg = new FfmpegTransform({ output: { format: 'matroska', args: ['-c', 'copy', '-t', '1'] } })
  const reports: FfmpegProgress[] = []
  ffmpeg.on('progress', report => reports.push(report))
  ffmpeg.resume()
  await pipeline(new ChunkedSource(await fastStartMp4({ seconds: 3 })), ffmpeg)
  const last = reports.at(-1)!
  t.match(last, { done: true, frame: 25, totalSize: Number })
  t.ok(last.percent! > 90 && last.percent! <= 100, `${last.percent} percent`)
  // 9.0 may count frames that it reads past the end to reorder them.
  t.ok(last.outTime! > 0.9 && last.outTime! <= 1.25, `${last.outTime} s`)
})

t.test('measures "progress" in bytes if only the source knows its size', async t => {
  const media = await transportStream()
  const signals: unknown[] = []
  const size = async (signal?: AbortSignal) => {
    signals.push(signal)
    return media.length
  }
  const read = () => Readable.from([])
  const ffmpeg = new FfmpegTransform({ output: { format: 'mpegts', args: ['-c', 'copy'] } })
  const reports: FfmpegProgress[] = []
  ffmpeg.on('progress', report => reports.push(report))
  await pipeline(new LinkedSource(media, { randomAccess: { size, read } }), ffmpeg, new Collector())
  t.match(signals, [AbortSignal], 'the size is requested once')
  t.match(reports.at(-1), { done: true, percent: 100 })
})

t.test('measures no "progress" in bytes where only a part of the input is read', async t => {
  const media = await transportStream()
  let asked = 0
  const randomAccess = { size: async () => media.length + 0 * ++asked, read: () => Readable.from([]) }
  const ffmpeg = new FfmpegTransform({ output: { format: 'mpegts', args: ['-c', 'copy', '-t', '1'] } })
  const reports: FfmpegProgress[] = []
  ffmpeg.on('progress', report => reports.push(report))
  await pipeline(new LinkedSource(media, { randomAccess }), ffmpeg, new Collector())
  t.ok(reports.length > 0)
  t.ok(reports.every(({ percent, eta }) => percent === undefined && eta === undefined))
  t.equal(asked, 0, 'the size is not even requested')
})

t.test('pauses the source for a stalled sink, with memory within the formula', async t => {
  const highWaterMark = 256 * 1024
  const chunkSize = 64 * 1024
  const before = await heldBytes()
  const source = new ChunkedSource(Buffer.alloc(1024 * 1024, 'x'), { endless: true, chunkSize })
  const ffmpeg = new FfmpegTransform({ ...STAND_IN, highWaterMark })
  const sink = new StalledSink()
  const ended = pipeline(source, ffmpeg, sink)
  await once(sink, 'stalled')
  let delivered
  do {
    delivered = source.delivered
    await setTimeout(100)
  } while (source.delivered !== delivered)
  // The rest is in the pipes (some 200 KiB each way) and in the program.
  t.ok(source.delivered < 4 * 1024 * 1024, `${source.delivered} bytes read from the source`)
  const held = (await heldBytes()) - before
  // As in docs/memory.md: the last term is the block that output is read into.
  const formula = 2 * highWaterMark + 64 * 1024 + 4 * chunkSize + BLOCK_SIZE
  t.ok(held <= 1024 * 1024 + formula, `${held} bytes held, one MiB of them by the test itself`)
  source.destroy(new Error('early-exit'))
  await t.rejects(ended, { message: 'early-exit' })
})

t.test('delivers the bytes in the pipe after ffmpeg ends, however late they are read', async t => {
  const media = Buffer.from(Array.from({ length: 150_000 }, (_, n) => n % 251))
  const ffmpeg = new FfmpegTransform({ ...STAND_IN, highWaterMark: 16_384 })
  await pipeline(new ChunkedSource(media), ffmpeg)
  t.ok(ffmpeg.readableLength < media.length)
  t.equal(ffmpeg.readableEnded, false)
  t.same(await buffer(ffmpeg), media)
})

t.test('waits for a source that stalls, and then continues', async t => {
  const media = await transportStream()
  const ffmpeg = new FfmpegTransform(STAND_IN)
  const output = buffer(ffmpeg)
  ffmpeg.write(media.subarray(0, 1000))
  await once(ffmpeg, 'readable')
  ffmpeg.write(media.subarray(1000, 2000))
  await setTimeout(50)
  ffmpeg.end(media.subarray(2000))
  t.same(await output, media)
})

t.test('passes the given environment, and no secrets of the parent', async t => {
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'
  t.teardown(() => delete process.env['AWS_SECRET_ACCESS_KEY'])
  const ffmpeg = new FfmpegTransform({
    ...STAND_IN,
    ffmpegPath: fixture('prints-environment'),
    env: { COLOUR: 'blue' },
  })
  const output = buffer(ffmpeg)
  ffmpeg.end('anything at all')
  const { env } = JSON.parse((await output).toString()) as { env: Record<string, string> }
  t.equal(env['COLOUR'], 'blue')
  t.equal(env['AWS_SECRET_ACCESS_KEY'], undefined)
})

t.test('checks its options in the constructor', async t => {
  t.throws(() => new FfmpegTransform({} as never), { code: 'AVIO_ERR_OPTION', option: 'output' })
  const format = 'mp4'
  t.equal(new FfmpegTransform({ output: { format }, highWaterMark: 1000 }).writableHighWaterMark, 1000)
  t.equal(new FfmpegTransform({ output: { format }, highWaterMark: 1000 }).readableHighWaterMark, 1000)
})

t.test('refuses an MP4 with media before the index without reading it all', async t => {
  const media = await indexLastMp4({ seconds: 4, size: '320x180' })
  const source = new ChunkedSource(media, { chunkSize: 4096, endless: true })
  const ffmpeg = new FfmpegTransform(COPY)
  const sink = new Collector()
  ffmpeg.once('spawn', () => t.fail('ffmpeg started'))
  await t.rejects(pipeline(source, ffmpeg, sink), { code: 'AVIO_ERR_INPUT_NEEDS_SEEK' })
  t.ok(source.delivered <= 3 * 4096, `${source.delivered} bytes were read`)
  t.equal(source.destroyed, true)
  t.equal(sink.sawEnd, false)
})
