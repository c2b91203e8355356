import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import type { RandomAccess } from '../../lib/io/random-access.js'
import { exists, resources, resourcesSince } from '../support/child.js'
import {
  AAC,
  audioInput,
  ffmpegToFile,
  ffprobeJson,
  indexLastMp4,
  packetsOf,
  videoInput,
  H264,
} from '../support/media.js'
import { LoggedAccess } from '../support/random-accesses.js'

const COPY = { format: 'matroska', args: ['-c', 'copy'] }

async function hashes(media: Buffer): Promise<string[]> {
  return (await packetsOf(media)).map(({ codec_type, data_hash }) => `${codec_type} ${data_hash}`).sort()
}

t.test('reads a source by seeking, and starts nothing before the first read', async t => {
  const media = await indexLastMp4({ seconds: 4 })
  const access = new LoggedAccess(media)
  const ffmpeg = new FfmpegReadable({ input: { source: access }, output: COPY })
  await new Promise(setImmediate)
  t.same(access.reads, [])
  t.same(await hashes(await buffer(ffmpeg)), await hashes(media))
  t.ok(ffmpeg.bytesFetched >= media.length)
  t.ok(ffmpeg.bytesServed >= media.length)
})

t.test('joins video and audio from two sources', async t => {
  const video = await ffmpegToFile([...videoInput({ seconds: 3 }), ...H264], 'video.mp4')
  const audio = await ffmpegToFile([...audioInput({ seconds: 3 }), ...AAC], 'audio.m4a')
  const output = await buffer(
    new FfmpegReadable({
      inputs: [{ source: new BytesSource({ bytes: video }) }, { source: new BytesSource({ bytes: audio }) }],
      output: { format: 'mp4', args: ['-map', '0:v', '-map', '1:a', '-c', 'copy'] },
    }),
  )
  t.same(await hashes(output), [...(await hashes(video)), ...(await hashes(audio))].sort())
})

t.test('does not fetch media that the arguments cut off', async t => {
  const highBitrate = ['-c:v', 'mpeg4', '-qscale:v', '1', '-g', '25']
  const media = await ffmpegToFile(
    [...videoInput({ seconds: 12, size: '1280x720' }), ...highBitrate],
    'high-bitrate.mp4',
  )
  t.ok(media.length > 12 * 1024 ** 2, `${media.length} bytes`)
  const source = new LoggedAccess(media)
  const ffmpeg = new FfmpegReadable({
    input: { source, args: ['-ss', '6', '-t', '1'] },
    output: { format: 'mpegts', args: ['-c', 'copy'] },
  })
  const output = await buffer(ffmpeg)
  const { format } = await ffprobeJson<{ format: { duration: string } }>(output, ['-show_format'])
  t.ok(Math.abs(Number(format.duration) - 1) < 0.2, format.duration)
  t.ok(ffmpeg.bytesFetched < media.length / 2, `${ffmpeg.bytesFetched} of ${media.length}`)
})

t.test('rejects a source that is empty, is not media, or breaks', async t => {
  const read = (source: LoggedAccess) => buffer(new FfmpegReadable({ input: { source }, output: COPY }))
  await t.rejects(read(new LoggedAccess(Buffer.alloc(0))), {
    code: 'AVIO_ERR_INPUT_INVALID',
    message: /is empty/,
  })
  for (const bytes of [Buffer.from('x'), Buffer.from('just some text\n'.repeat(50)), Buffer.alloc(5000, 1)]) {
    await t.rejects(read(new LoggedAccess(bytes)), { code: 'AVIO_ERR_INPUT_INVALID' })
  }
  const error = new Error('It broke')
  await t.rejects(read(new LoggedAccess(await indexLastMp4(), { failAt: 5000, error })), error)
  const unsized = new LoggedAccess(Buffer.alloc(10))
  unsized.size = () => Promise.reject(error)
  await t.rejects(read(unsized), error)
})

t.test('rejects a truncated MP4 instead of writing a shorter video', async t => {
  const media = await indexLastMp4({ seconds: 4 })
  const read = (source: Buffer) =>
    buffer(new FfmpegReadable({ input: { source: new BytesSource({ bytes: source }) }, output: COPY }))
  await t.rejects(read(media.subarray(0, media.length / 2)), { code: 'AVIO_ERR_MOOV_NOT_FOUND' })
})

t.test('leaves nothing behind when destroyed or aborted', async t => {
  const before = resources()
  const media = await indexLastMp4({ seconds: 10, size: '640x360' })
  const output = { format: 'mpegts', args: ['-c:v', 'libx264', '-preset', 'slow'] }
  const abort = new AbortController()
  for (const end of ['destroy', 'abort'] as const) {
    const ffmpeg = new FfmpegReadable({
      input: { source: new LoggedAccess(media) },
      output,
      signal: abort.signal,
    })
    ffmpeg.resume()
    const [{ pid }] = (await once(ffmpeg, 'spawn')) as [{ pid: number }]
    const closed = once(ffmpeg, 'close').catch((error: unknown) => error)
    if (end === 'destroy') ffmpeg.destroy()
    else abort.abort()
    await closed
    t.equal(exists(pid), false, end)
  }
  t.same(await resourcesSince(before), {})
  const late = new FfmpegReadable({
    input: { source: new LoggedAccess(media) },
    output,
    signal: abort.signal,
  })
  await t.rejects(buffer(late), { name: 'AbortError' })
})

t.test('keeps the token of the range server out of the arguments', async t => {
  const ffmpeg = new FfmpegReadable({
    input: { source: new BytesSource({ bytes: await indexLastMp4() }) },
    output: COPY,
  })
  ffmpeg.resume()
  const [{ args }] = (await once(ffmpeg, 'spawn')) as [{ args: string[] }]
  await once(ffmpeg, 'end')
  t.match(args.join(' '), /-protocol_whitelist http,tcp -format_whitelist \S+ .*-i http:/)
  t.notMatch(args.join(' '), /@|127\.0\.0\.1/)
})

t.test('names the object in an error', async t => {
  const garbage = new BytesSource({ bytes: Buffer.alloc(100_000, 'no media, this ') })
  const named = (name: string) => ({ name, size: () => garbage.size(), read: garbage.read.bind(garbage) })
  const stage = (...sources: RandomAccess[]) =>
    new FfmpegReadable({ inputs: sources.map(source => ({ source })), output: COPY })
  await t.rejects(buffer(stage(named('s3://masters/x.html'))), {
    code: 'AVIO_ERR_INPUT_INVALID',
    message: /exit code \d+: s3:\/\/masters\/x\.html: (?!.*avio-streams\.invalid)/,
  })
  const media = new BytesSource({ bytes: await indexLastMp4({ seconds: 1 }) })
  await t.rejects(buffer(stage(media, named('b.mov'))), { message: /: b\.mov: / })
  const twice = { message: /: inputs\[1\] \(BytesSource\): / }
  await t.rejects(buffer(stage(media, garbage)), twice, 'two sources with the same name')
  const unnamed = { size: () => garbage.size(), read: garbage.read.bind(garbage) }
  await t.rejects(buffer(stage(media, unnamed)), { message: /: inputs\[1\]: / }, 'a source without a name')
})
