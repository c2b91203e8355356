import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import type { FfmpegSeek } from '../../lib/ffmpeg/route/seek-reason.js'
import type { FfmpegTransformOptions } from '../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import type { FfmpegProgress } from '../../lib/ffmpeg/log/progress.js'
import { badlyInterleaved } from '../support/bad-interleave.js'
import { exists, resources, resourcesSince } from '../support/child.js'
import {
  AAC,
  H264,
  avi,
  bothInputs,
  fastStartMp4,
  ffmpegToFile,
  ffmpegToPipe,
  indexLastMp4,
  matroska,
  packetsOf,
  transportStream,
} from '../support/media.js'
import { LoggedAccess } from '../support/random-accesses.js'
import { ChunkedSource, Collector, LinkedSource } from '../support/sources.js'

const TS_COPY = { output: { format: 'mpegts', args: ['-c', 'copy'] } }
const COPY = { output: { format: 'matroska', args: ['-c', 'copy'] } }

/** Type and hash of each packet, which do not depend on the container. */
async function hashes(media: Buffer): Promise<string[]> {
  return (await packetsOf(media)).map(({ codec_type, data_hash }) => `${codec_type} ${data_hash}`).sort()
}

interface Passed {
  readonly output: Buffer
  readonly seeks: FfmpegSeek[]
  readonly source: LinkedSource
  readonly access: LoggedAccess
}

/** Sends media with random access through a transform. */
async function pass(
  media: Buffer,
  options: FfmpegTransformOptions = COPY,
  access = new LoggedAccess(media),
): Promise<Passed> {
  const source = new LinkedSource(media, { randomAccess: access })
  const ffmpeg = new FfmpegTransform(options)
  const seeks: FfmpegSeek[] = []
  ffmpeg.on('seek', seek => seeks.push(seek))
  const sink = new Collector()
  await pipeline(source, ffmpeg, sink)
  return { output: sink.bytes, seeks, source, access }
}

t.test('reads an MP4 with its index last by seeking, and stops its source', async t => {
  const media = await indexLastMp4({ seconds: 10, size: '640x360' })
  const { output, seeks, source } = await pass(media)
  t.same(await hashes(output), await hashes(media))
  t.match(seeks, [{ reason: 'index-last', stopped: true }])
  t.equal(source.stops, 1)
  t.ok(source.delivered < media.length / 2, `${source.delivered} of ${media.length} bytes were piped`)
  t.equal(seeks[0]!.bytesSniffed, 64 * 1024, 'one chunk is enough')
})

t.test('pipes what can be read in order', async t => {
  for (const media of [await fastStartMp4(), await transportStream(), await matroska()]) {
    const { output, seeks, source, access } = await pass(media, TS_COPY)
    t.equal((await packetsOf(output)).length, (await packetsOf(media)).length)
    t.same(seeks, [])
    t.same(access.reads, [])
    t.equal(source.stops, 0)
  }
})

t.test('reads by seeking if tracks lie far apart, even with the index first', async t => {
  const highBitrate = ['-c:v', 'mpeg4', '-qscale:v', '1', '-g', '25', '-c:a', 'pcm_s16le']
  const source = [...bothInputs({ seconds: 12, size: '1280x720' }), ...highBitrate, '-movflags', '+faststart']
  const media = await ffmpegToFile(source, 'high-bitrate.mov')
  t.same((await pass(media)).seeks, [], 'interleaved')
  const apart = badlyInterleaved(media)
  const { output, seeks } = await pass(apart)
  t.match(seeks, [{ reason: 'far-apart', stopped: true }])
  t.same(await hashes(output), await hashes(media))
})

t.test('seeks for arguments that need it', async t => {
  const media = await transportStream({ seconds: 6 })
  for (const args of [
    ['-ss', '3'],
    ['-sseof', '-2'],
    ['-ss', '1', '-to', '2'],
    ['-stream_loop', '1'],
  ]) {
    const { output, seeks } = await pass(media, { input: { args }, ...TS_COPY })
    t.match(seeks, [{ reason: 'arguments' }], args.join(' '))
    t.ok(output.length > 0)
  }
})

t.test(
  'reads from the start for -ss without random access, and refuses arguments that no pipe supports',
  async t => {
    const media = await transportStream({ seconds: 6 })
    const cut = new Collector()
    await pipeline(
      new ChunkedSource(media),
      new FfmpegTransform({ input: { args: ['-ss', '3'] }, ...TS_COPY }),
      cut,
    )
    t.ok(cut.bytes.length > 0)
    const refused: [object, RegExp][] = [
      [{ args: ['-sseof', '-2'] }, /"-sseof" needs to seek/],
      [{ args: ['-stream_loop', '1'] }, /"-stream_loop" needs to seek/],
      [{ seek: 'always' }, /"input.seek" needs to seek/],
    ]
    for (const [input, message] of refused) {
      const source = new ChunkedSource(media)
      const failed = pipeline(source, new FfmpegTransform({ input, ...TS_COPY }), new Collector())
      await t.rejects(failed, { code: 'AVIO_ERR_INPUT_NEEDS_SEEK', message })
      t.ok(source.delivered < media.length)
    }
  },
)

t.test('uses only the pipe with seek "never", and never the pipe with "always"', async t => {
  const last = await indexLastMp4({ seconds: 10, size: '640x360' })
  await t.rejects(pass(last, { input: { seek: 'never' }, ...COPY }), { code: 'AVIO_ERR_INPUT_NEEDS_SEEK' })
  const media = await matroska()
  const { output, seeks } = await pass(media, { input: { seek: 'always' }, ...COPY })
  t.match(seeks, [{ reason: 'option' }])
  t.same(await hashes(output), await hashes(media))
})

t.test('does not stop a source with other readers, which get all of it', async t => {
  const media = await indexLastMp4({ seconds: 10, size: '640x360' })
  const source = new LinkedSource(media, { randomAccess: new LoggedAccess(media) })
  const branch = new PassThrough()
  const other = buffer(branch)
  source.pipe(branch)
  const ffmpeg = new FfmpegTransform(COPY)
  const seek = once(ffmpeg, 'seek')
  const sink = new Collector()
  await pipeline(source, ffmpeg, sink)
  t.match(await seek, [{ reason: 'index-last', stopped: false }])
  t.equal(source.stops, 0)
  t.same(await other, media)
  t.same(await hashes(sink.bytes), await hashes(media))
})

t.test('fails with the error of a source that breaks, wherever it breaks', async t => {
  const media = {
    ts: await transportStream({ seconds: 4 }),
    mkv: await matroska({ seconds: 4 }),
    mp4: await indexLastMp4({ seconds: 4 }),
    avi: await avi({ seconds: 4 }),
  }
  for (const [name, bytes] of Object.entries(media)) {
    for (let tenth = 1; tenth < 10; tenth++) {
      const error = new Error('The connection was cut')
      const access = new LoggedAccess(bytes, { failAt: Math.floor((bytes.length * tenth) / 10), error })
      const failure = await pass(bytes, { input: { seek: 'always' }, ...TS_COPY }, access).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      t.equal(failure, error, `${name} at ${tenth}0 %`)
    }
  }
})

t.test('fails for a source that breaks on the pipe, wherever it breaks, without an end', async t => {
  const media = {
    ts: await transportStream({ seconds: 4 }),
    mkv: await matroska({ seconds: 4 }),
    mp4: await fastStartMp4({ seconds: 4 }),
    avi: await avi({ seconds: 4 }),
  }
  for (const [name, bytes] of Object.entries(media)) {
    for (let tenth = 1; tenth < 10; tenth++) {
      const error = new Error('The connection was cut')
      const failAfter = { bytes: Math.floor((bytes.length * tenth) / 10), error }
      const source = new ChunkedSource(bytes, { failAfter, chunkSize: 1000 })
      const sink = new Collector()
      await t.rejects(pipeline(source, new FfmpegTransform(TS_COPY), sink), error, `${name} at ${tenth}0 %`)
      t.equal(sink.sawEnd, false)
    }
  }
})

t.test('leaves nothing behind when destroyed while ffmpeg reads by seeking', async t => {
  const before = resources()
  const media = await indexLastMp4({ seconds: 10, size: '640x360' })
  const source = new LinkedSource(media, { randomAccess: new LoggedAccess(media) })
  const ffmpeg = new FfmpegTransform({
    output: { format: 'mpegts', args: ['-c:v', 'libx264', '-preset', 'slow'] },
  })
  source.pipe(ffmpeg)
  ffmpeg.resume()
  const [{ pid }] = (await once(ffmpeg, 'spawn')) as [{ pid: number }]
  ffmpeg.destroy()
  await once(ffmpeg, 'close')
  t.equal(exists(pid), false)
  t.same(await resourcesSince(before), {})
})

t.test('reports in progress the bytes sent to ffmpeg', async t => {
  const media = await indexLastMp4({ seconds: 10, size: '640x360' })
  const reports: FfmpegProgress[] = []
  const ffmpeg = new FfmpegTransform(COPY)
  ffmpeg.on('progress', report => reports.push(report))
  await pipeline(new LinkedSource(media, { randomAccess: new LoggedAccess(media) }), ffmpeg, new Collector())
  const { bytesIn = 0, percent } = reports.at(-1)!
  t.ok(bytesIn > media.length * 0.9, `${bytesIn} of ${media.length}`)
  t.equal(percent, 100)
})

t.test('leaves out the cover of an MP4 with its index last, too', async t => {
  const picture = await ffmpegToPipe([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=1000x700,noise=alls=100:allf=u', '-frames:v', '1'],
    ...['-c:v', 'png', '-f', 'image2pipe'],
  ])
  t.ok(picture.length > 300_000)
  const tagged = await ffmpegToFile(
    [
      ...bothInputs({ seconds: 4 }),
      '-f',
      'lavfi',
      '-i',
      // One frame: since ffmpeg 7, `-frames` of one stream ends the others as well.
      'testsrc2=size=1000x700:rate=25:duration=0.04,noise=alls=100:allf=u',
      ...H264,
      ...AAC,
    ]
      .concat(['-map', '0', '-map', '1', '-map', '2', '-c:v:1', 'png', '-disposition:v:1', 'attached_pic'])
      .concat(['-t', '4']),
    'covered.mp4',
  )
  const { output, seeks } = await pass(tagged, {
    output: { format: 'mp4', args: ['-map', '0', '-c', 'copy'] },
  })
  t.match(seeks, [{ reason: 'index-last' }])
  t.same([...new Set((await packetsOf(output)).map(({ stream_index }) => stream_index))].sort(), [0, 1])
})

t.test('opens no playlist when reading by seeking', async t => {
  const playlist = Buffer.from(
    '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/segment.ts\n#EXT-X-ENDLIST\n',
  )
  await t.rejects(pass(playlist, { input: { seek: 'always' }, ...COPY }), { code: 'AVIO_ERR_FORMAT_REFUSED' })
})
