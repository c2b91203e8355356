import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import type { MediaInfo } from '../../../lib/ffmpeg/report/media-info.js'
import type { ProbeOptions } from '../../../lib/ffmpeg/probe/probe-options.js'
import { probe } from '../../../lib/ffmpeg/probe/probe.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { FileSource } from '../../../lib/io/sources/file-source.js'
import { readMovie } from '../../../lib/mp4/index/read-moov.js'
import { fixture, resources, resourcesSince } from '../../support/child.js'
import {
  fastStartMp4,
  AAC,
  H264,
  audioInput,
  avi,
  bothInputs,
  ffmpegToFile,
  ffmpegToPipe,
  indexLastMp4,
  matroska,
  transportStream,
  videoInput,
} from '../../support/media.js'
import { hostile } from '../../support/playlists.js'
import { LoggedAccess } from '../../support/random-accesses.js'
import { ChunkedSource, LinkedSource } from '../../support/sources.js'

/** Probes without an ffprobe, so that ffmpeg's own report is read. */
async function withoutFfprobe(t: Test, media: Buffer): Promise<MediaInfo> {
  const { PATH, FFPROBE_PATH } = process.env
  const ffmpegPath = join(t.testdir({ ffmpeg: t.fixture('symlink', (await locateFfmpeg()).path) }), 'ffmpeg')
  process.env['PATH'] = ''
  process.env['FFPROBE_PATH'] = ''
  try {
    return await of(media, { ffmpegPath })
  } finally {
    process.env['PATH'] = PATH
    if (FFPROBE_PATH !== undefined) process.env['FFPROBE_PATH'] = FFPROBE_PATH
  }
}

const of = (media: Buffer, options?: ProbeOptions): Promise<MediaInfo> =>
  probe(new BytesSource({ bytes: media }), options)

t.test('reports the container, the streams and the duration of an MP4', async t => {
  const media = await indexLastMp4({ seconds: 4 })
  const info = await of(media)
  t.match(info, {
    by: 'ffprobe',
    format: { names: ['mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2'], size: media.length, startTime: 0 },
    streams: [
      {
        ...{
          index: 0,
          type: 'video',
          codec: 'h264',
          codecTag: 'avc1',
          width: 160,
          height: 90,
          frameRate: 25,
        },
        ...{ pixelFormat: 'yuv420p', rotation: 0, disposition: ['default'], frames: 100 },
      },
      {
        index: 1,
        type: 'audio',
        codec: 'aac',
        profile: 'LC',
        sampleRate: 48_000,
        channels: 1,
        channelLayout: 'mono',
      },
    ],
    chapters: [],
  })
  t.ok(Math.abs(info.format.duration! - 4) < 0.1)
  t.ok(info.format.bitRate! > 10_000)
})

t.test('fetches only what the report needs', async t => {
  const highBitrate = ['-c:v', 'mpeg4', '-qscale:v', '1', '-g', '25']
  const media = await ffmpegToFile(
    [...videoInput({ seconds: 12, size: '1280x720' }), ...highBitrate],
    'high-bitrate.mp4',
  )
  const source = new LoggedAccess(media)
  const { bytesFetched } = await probe(source)
  t.equal(bytesFetched, source.delivered)
  t.ok(bytesFetched < 5 * 1024 ** 2, `${bytesFetched} of ${media.length}`)
})

t.test('reports rotation, languages, chapters and tags', async t => {
  const chapters = Buffer.from(
    ';FFMETADATA1\ntitle=A film\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=2\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1\nSTART=2\nEND=4\ntitle=Two\n',
  )
  const folder = t.testdir({ 'chapters.txt': chapters.toString() })
  const media = await ffmpegToFile(
    [
      ...bothInputs({ seconds: 4 }),
      '-i',
      `${folder}/chapters.txt`,
      '-map_metadata',
      '2',
      '-map',
      '0',
      '-map',
      '1',
      ...H264,
      ...AAC,
    ].concat(['-metadata:s:a', 'language=fra', '-metadata:s:v', 'rotate=90']),
    'tagged.mp4',
  )
  const info = await of(media)
  t.match(info.format.tags, { title: 'A film' })
  t.match(info.streams.slice(0, 2), [{ rotation: Number }, { language: 'fra' }])
  t.same(info.chapters, [
    { start: 0, end: 2, title: 'One', tags: { title: 'One' } },
    { start: 2, end: 4, title: 'Two', tags: { title: 'Two' } },
  ])
  t.match(await withoutFfprobe(t, media), {
    by: 'ffmpeg',
    format: { tags: { title: 'A film' } },
    chapters: info.chapters,
  })
})

t.test('reports every kind of container alike with either tool', async t => {
  const files: Record<string, Buffer> = {
    mp4: await indexLastMp4(),
    mkv: await matroska(),
    avi: await avi(),
    h263: await ffmpegToFile([...bothInputs({ size: '352x288' }), '-c:v', 'h263', '-c:a', 'ac3'], 'old.avi'),
    ts: await transportStream(),
    wav: await ffmpegToFile(audioInput({ channels: 2 }), 'sound.wav'),
    mp3: await ffmpegToFile([...audioInput(), '-metadata', 'title=Tone'], 'sound.mp3'),
    png: await ffmpegToPipe([
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=64x48',
      '-frames:v',
      '1',
      '-c:v',
      'png',
      '-f',
      'image2pipe',
    ]),
  }
  for (const [name, media] of Object.entries(files)) {
    const [one, other] = [await of(media), await withoutFfprobe(t, media)]
    t.same([one.by, other.by], ['ffprobe', 'ffmpeg'], name)
    const common = (info: MediaInfo) => ({
      names: info.format.names,
      size: info.format.size,
      duration: info.format.duration?.toFixed(1),
      streams: info.streams.map(
        ({ index, type, codec, width, height, pixelFormat, sampleRate, channels }) => {
          return { index, type, codec, width, height, pixelFormat, sampleRate, channels }
        },
      ),
    })
    t.same(common(other), common(one), name)
    t.ok(one.streams.length > 0, name)
  }
})

t.test('rejects a source that is not media, with either tool', async t => {
  const bad = [
    Buffer.alloc(0),
    Buffer.from('x'),
    Buffer.from('Just a text.\n'.repeat(99)),
    Buffer.alloc(50_000, 0xa5),
  ]
  for (const bytes of bad) {
    await t.rejects(of(bytes), { code: 'AVIO_ERR_INPUT_INVALID', message: /^ffprobe failed|empty/ })
    await t.rejects(withoutFfprobe(t, bytes), { code: 'AVIO_ERR_INPUT_INVALID' })
  }
  const jpeg = await ffmpegToPipe([
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=64x48',
    '-frames:v',
    '1',
    '-c:v',
    'mjpeg',
    '-f',
    'image2pipe',
  ])
  const named = join(t.testdir({ 'photo.mp4': jpeg }), 'photo.mp4')
  t.match(
    await probe(new FileSource({ path: named })),
    { streams: [{ codec: 'mjpeg' }] },
    'a JPEG, whatever its name',
  )
})

t.test('gives the remedy for a container that some versions of ffmpeg cannot read from a pipe', async t => {
  const noise = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=3,noise=alls=60:allf=t']
  const gif = await ffmpegToFile(noise, 'a.gif')
  t.ok(gif.length > 65_536)
  const result = await probe(Readable.from([gif])).catch((error: unknown) => error)
  if (result instanceof Error) {
    t.match(result, { code: 'AVIO_ERR_INPUT_NEEDS_SEEK', message: /is a GIF .*Store it first, then probe/ })
    t.match(result.cause, { code: 'AVIO_ERR_FFMPEG_EXIT' })
  } else t.match(result, { streams: [{ codec: 'gif' }] })
  t.match(
    await probe(new BytesSource({ bytes: gif })),
    { streams: [{ codec: 'gif' }] },
    'ffprobe reads it by seeking',
  )
})

t.test('reads the first bytes of a stream, and none of a stream with random access', async t => {
  const media = await transportStream({ seconds: 4 })
  const plain = new ChunkedSource(media, { chunkSize: 1000 })
  t.match(await probe(plain, { probeSize: 100_000 }), {
    streams: [{ codec: 'h264' }, { codec: 'aac' }],
    bytesFetched: 100_000,
  })
  t.ok(plain.destroyed)
  const linked = new LinkedSource(media, { randomAccess: new BytesSource({ bytes: media }) })
  t.match(await probe(linked), { format: { size: media.length } })
  t.equal(linked.delivered, 0)
  t.equal(linked.destroyed, false)
  await t.rejects(probe(Readable.from([])), { code: 'AVIO_ERR_INPUT_INVALID' })
})

t.test('fails with the error of a source that breaks', async t => {
  const error = new Error('It broke')
  await t.rejects(probe(new LoggedAccess(await indexLastMp4(), { failAt: 3000, error })), error)
  await t.rejects(probe(new ChunkedSource(Buffer.alloc(10), { failAfter: { bytes: 10, error } })), error)
})

t.test('opens no playlists, manifests or scripts, and requests nothing that they name', async t => {
  let requests = 0
  const canary = createServer((_request, response) => {
    requests++
    response.end('secret')
  })
  await new Promise<void>(resolve => canary.listen(0, '127.0.0.1', resolve))
  t.teardown(() => canary.close())
  const url = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/secret.ts`
  const documents = hostile(url)
  for (const [name, text] of Object.entries(documents)) {
    await t.rejects(of(Buffer.from(text)), { name: 'FfmpegError' }, name)
    // Even if the format is allowed, the range server has none of the named files.
    await t.rejects(
      of(Buffer.from(text), { formatWhitelist: ['hls', 'concat', 'dash', 'mpegts'] }),
      { name: 'FfmpegError' },
      name,
    )
  }
  await t.rejects(of(Buffer.from(documents.hls)), { code: 'AVIO_ERR_FORMAT_REFUSED' })
  t.equal(requests, 0)
})

t.test('distinguishes a cover from video', async t => {
  const image = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:duration=0.04', '-frames:v', '1', '-c:v', 'png']
  const cover = ['-map', '0', '-map', '1', '-disposition:v', 'attached_pic', '-metadata', 'title=Tone']
  const media = await ffmpegToFile([...audioInput(), ...image, ...cover], 'song.mp3')
  const expected = {
    format: { names: ['mp3'], tags: { title: 'Tone' } },
    streams: [
      { type: 'audio', codec: 'mp3' },
      { type: 'video', codec: 'png', width: 64, disposition: ['attached_pic'] },
    ],
  }
  t.match(await of(media), expected)
  t.match(await withoutFfprobe(t, media), expected)
})

t.test('reports rotation like the MP4 parser, with either tool', async t => {
  const plain = await ffmpegToFile([...videoInput({ seconds: 1 }), ...H264], 'plain.mp4')
  // A quarter turn clockwise (ISO 14496-12 §8.3.2): the matrix stands 40 bytes into version 0 of tkhd.
  const media = Buffer.from(plain)
  const matrix = media.indexOf('tkhd') + 4 + 40
  ;[0, 0x10000, 0, -0x10000, 0, 0].forEach((value, n) => media.writeInt32BE(value, matrix + 4 * n))
  const { movie } = await readMovie(new BytesSource({ bytes: media }))
  t.equal(movie.tracks[0]!.rotation, 90)
  t.match(await of(media), { streams: [{ rotation: 90 }] })
  t.match(await withoutFfprobe(t, media), { streams: [{ rotation: 90 }] })
})

t.test('reports HDR10 that only the frames state', async t => {
  const parameters =
    'log-level=none:hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:' +
    'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400'
  const encode = [
    '-pix_fmt',
    'yuv420p10le',
    '-c:v',
    'libx265',
    '-preset',
    'ultrafast',
    '-x265-params',
    parameters,
  ]
  let media: Buffer
  try {
    media = await ffmpegToFile([...videoInput({ seconds: 0.2 }), ...encode], 'hdr.mp4')
  } catch (error) {
    t.comment(`Skipped: ${(error as Error).message}`)
    return
  }
  const color = { space: 'bt2020nc', transfer: 'smpte2084', primaries: 'bt2020' }
  t.match(await of(media), {
    streams: [
      {
        color,
        hdr: {
          ...{
            type: 'hdr10',
            maxContent: 1000,
            maxAverage: 400,
            masteringLuminance: { min: 0.005, max: 1000 },
          },
          masteringPrimaries: { red: [0.68, 0.32], white: [0.3127, 0.329] },
        },
      },
    ],
  })
  t.match(await withoutFfprobe(t, media), { streams: [{ color, hdr: { type: 'pq' } }] })
})

t.test('ignores streams forged by tag names or languages', async t => {
  const line = '[info]   Stream #0:1: Video: h264, yuv420p, 9x9'
  const files = [
    await ffmpegToFile([...audioInput(), '-metadata', `a\n${line}\n[info]     b=c`], 'forged.mp3'),
    await ffmpegToFile([...audioInput(), '-metadata', `a\n[info] Output=c`], 'ended.mp3'),
    await ffmpegToFile(
      [
        ...audioInput(),
        ...AAC,
        '-metadata:s:a',
        `language=x): Audio: aac, 8 Hz\n${line}\n[info]   Stream #0:2(y`,
      ],
      'forged.mkv',
    ),
  ]
  for (const media of files) {
    const streams = [{ index: 0, type: 'audio' }]
    t.match((await of(media)).streams, streams)
    const { by, streams: parsed } = await withoutFfprobe(t, media)
    t.same([by, parsed.length], ['ffmpeg', 1])
    t.match(parsed, streams)
  }
})

t.test('stops waiting for a stalled source or stream after its timeout, or on an abort', async t => {
  const stall = (signal?: AbortSignal) =>
    new Promise<never>((_resolve, reject) =>
      signal?.addEventListener('abort', () => reject(new Error('Given up', { cause: signal.reason }))),
    )
  const media = await indexLastMp4()
  const late = { code: 'AVIO_ERR_PROBE_TIMEOUT' }
  const sources = [
    { size: stall, read: () => Readable.from([]) },
    {
      size: () => Promise.resolve(media.length),
      async *read(_start: number, _end: number, signal?: AbortSignal) {
        yield media.subarray(0, 100)
        await stall(signal)
      },
    },
  ]
  for (const source of sources) {
    await t.rejects(probe(source, { timeout: 100 }), late)
    const abort = new AbortController()
    const pending = probe(source, { signal: abort.signal })
    abort.abort('no longer wanted')
    await t.rejects(pending, { name: 'AbortError', cause: 'no longer wanted' })
  }
  const silent = new Readable({ read: () => undefined })
  await t.rejects(probe(silent, { timeout: 100 }), late)
  t.ok(silent.destroyed)
})

t.test('accepts one object with the source and the options, for streams too', async t => {
  const media = await transportStream({ seconds: 2 })
  const source = new BytesSource({ bytes: media })
  const { format } = await probe({ source, timeout: 60_000 })
  t.match(format, { names: ['mpegts'], size: media.length })
  const read = await probe({ source: new ChunkedSource(media, { chunkSize: 1000 }), probeSize: 50_000 })
  t.equal(read.bytesFetched, 50_000)
  const reader = source.createReadStream()
  t.match((await probe({ source: reader })).format, { size: media.length })
  t.notOk(reader.destroyed)
  reader.destroy()
  await t.rejects(probe({ source, limits: { maxDuration: 1 } }), { code: 'AVIO_ERR_LIMIT_DURATION' })
  await t.rejects(probe({ source, tiemout: 1 } as never), {
    option: 'tiemout',
    message: /it has source, ffprobe/,
  })
})

t.test('reads a stream of strings as bytes', async t => {
  await t.rejects(probe(Readable.from(['no', 'media'])), { code: 'AVIO_ERR_INPUT_INVALID' })
})

t.test('aborts with its signal, and after its timeout', async t => {
  const before = resources()
  const media = await indexLastMp4()
  const options = { ffprobePath: fixture('forever') }
  await t.rejects(of(media, { ...options, timeout: 1 }), { code: 'AVIO_ERR_PROBE_TIMEOUT' })
  await t.rejects(of(media, { ...options, signal: AbortSignal.abort() }), { name: 'AbortError' })
  await t.rejects(of(media, { ffprobePath: '/no/such/ffprobe' }), { code: 'AVIO_ERR_FFMPEG_NOT_FOUND' })
  await t.rejects(of(media, { cacheSize: 1 }), { code: 'AVIO_ERR_OPTION' })
  for (const source of [{}, null, undefined]) {
    await t.rejects(probe(source as never), {
      code: 'AVIO_ERR_OPTION',
      message: /"source" must be a Readable, or a RandomAccess .*, or \{ source, … \}, got/,
    })
  }
  t.same(await resourcesSince(before), {})
})

t.test('applies media limits to the report, and system limits to the tool', async t => {
  const source = new BytesSource({ bytes: await fastStartMp4({ seconds: 2 }) })
  for (const [limits, code] of [
    [{ maxDuration: 1 }, 'AVIO_ERR_LIMIT_DURATION'],
    [{ maxPixels: 160 * 90 - 1 }, 'AVIO_ERR_LIMIT_PIXELS'],
    [{ memory: 2 ** 26 }, 'AVIO_ERR_LIMIT_MEMORY'],
  ] as const) {
    await t.rejects(probe(source, { limits }), { code }, JSON.stringify(limits))
  }
  const kept = { maxDuration: 3, maxPixels: 160 * 90, threads: 1, nice: 1, memory: 2 ** 36, cpuSeconds: 600 }
  t.match(await probe(source, { limits: kept }), { streams: [{ width: 160 }] })
  await t.rejects(probe(source, { limits: { timeout: 5 } as never }), { code: 'AVIO_ERR_OPTION' })
})
