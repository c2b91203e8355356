import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import { parseLogLine } from '../../../lib/ffmpeg/log/log.js'
import { MuxedPackets } from '../../../lib/ffmpeg/report/muxed-packets.js'
import { bothInputs, ffmpegToPipe } from '../../support/media.js'
import { ChunkedSource } from '../../support/sources.js'
import { failing } from '../../support/transform.js'

function muxed(...lines: string[]): MuxedPackets {
  const packets = new MuxedPackets()
  for (const line of lines) packets.see(parseLogLine(line))
  return packets
}

const sums = (overhead: string, audio = '0kB') =>
  `[info] video:0kB audio:${audio} subtitle:0kB other streams:0kB global headers:0kB muxing overhead: ${overhead}`

t.test('counts the packets of each output, as 5.1 and as later versions state them', async t => {
  const old = muxed(
    sums('unknown'),
    '[verbose] Input file #0 (pipe:0):',
    '[verbose]   Total: 138 packets (167380 bytes) demuxed',
    '[verbose] Output file #0 (pipe:1):',
    '[verbose]   Output stream #0:0 (video): 1 frames encoded; 1 packets muxed (20 bytes); ',
    '[verbose]   Total: 1 packets (20 bytes) muxed',
    '[verbose] Output file #1 (pipe:4):',
    '[verbose]   Total: 0 packets (0 bytes) muxed',
  )
  t.equal(old.countOf(0, false), 1)
  t.equal(old.countOf(1, false), 0)
  t.equal(old.countOf(2, false), undefined)
  const now = muxed(
    '[out#1/mpegts @ 0x5555939171c0] [verbose]   Total: 0 packets (0 bytes) muxed',
    '[out#0/mp4 @ 0x5555939171c0] [verbose]   Total: 88 packets (17620 bytes) muxed',
    '[in#0/mov,mp4 @ 0x5555939154c0] [verbose]   Total: 138 packets (167380 bytes) demuxed',
  )
  t.equal(now.countOf(0, false), 88)
  t.equal(now.countOf(1, false), 0)
})

t.test('needs only one of the lines', async t => {
  const video = '  Output stream #0:0 (video): 3 packets muxed (20 bytes); '
  const audio = '  Output stream #0:1 (audio): 9 frames encoded (88200 samples); 0 packets muxed (0 bytes); '
  t.equal(muxed(`[verbose] ${video}`, `[out#0/mp4 @ 0x1] [verbose] ${audio}`).countOf(0, true), 3)
  t.equal(muxed(`[verbose] ${audio}`).countOf(0, true), 0)
  const empty =
    '[warning] Output file is empty, nothing was encoded(check -ss / -t / -frames parameters if used)'
  t.equal(muxed(`[out#0/mp4 @ 0x1] ${empty}`).countOf(0, true), 0)
  t.equal(muxed(sums('2.713178%')).countOf(0, true), 1, 'a size is known')
  t.equal(muxed(sums('unknown', '172kB')).countOf(0, true), 1, 'sizes of a muxer that writes nothing')
  t.equal(muxed(`[out#0/null @ 0x1] ${sums('unknown').replaceAll('kB', 'KiB')}`).countOf(0, true), 0)
  t.equal(muxed(sums('2.7%')).countOf(0, false), undefined, 'one sum does not distinguish several outputs')
})

t.test('does not count a packet without bytes as audio or video', async t => {
  const flac =
    '[verbose]   Output stream #0:0 (audio): 0 frames encoded (0 samples); 1 packets muxed (0 bytes); '
  const cue = '[verbose]   Output stream #0:0 (subtitle): 1 packets muxed (0 bytes); '
  const total = '[verbose]   Total: 1 packets (0 bytes) muxed'
  t.equal(muxed(flac, total).countOf(0, true), 0)
  t.equal(muxed(cue, total).countOf(0, true), 1, 'a cue without text')
  t.equal(muxed(total).countOf(0, true), 1)
})

t.test('uses the last line, and only at the level verbose', async t => {
  const fake = '[verbose]   Total: 5 packets (100 bytes) muxed'
  const real = '[out#0/mp4 @ 0x1] [verbose]   Total: 0 packets (0 bytes) muxed'
  t.equal(muxed(fake, real).countOf(0, true), 0)
  t.equal(muxed('[info]   Total: 5 packets (100 bytes) muxed').countOf(0, true), undefined)
  const packets = new MuxedPackets()
  packets.see({ level: 'verbose', message: '  Total: 5 packets (100 bytes) muxed', continued: true })
  t.equal(packets.countOf(0, true), undefined, 'the continuation of a line')
})

const VIDEO_MUXERS =
  'mjpeg mpegts mpeg nut ogg gif image2pipe yuv4mpegpipe rawvideo m4v mpeg1video mpeg2video mp4 mov ismv matroska flv ' +
  'avi asf swf ivf webp framecrc framemd5 framehash crc md5 hash streamhash mkvtimestamp_v2 null'
const AUDIO_MUXERS =
  'mpegts mp4 ipod matroska webm adts ac3 mp2 mp3 flac wav au caf tta s16le u8 f32be alaw ogg opus nut flv framemd5 md5 null'
const TEXT_MUXERS = 'srt webvtt ass matroska'

const CODECS: Readonly<Record<string, string>> = {
  webp: '-c:v libwebp',
  ogg: '-c:v libtheora -c:a libvorbis',
  ivf: '-c:v libvpx -deadline realtime',
  image2pipe: '-c:v png',
  flv: '-c:v flv -c:a aac',
  mp4: '-c:v mpeg4 -c:a aac',
  mov: '-c:v mpeg4',
  ismv: '-c:v mpeg4',
  matroska: '-c:v mpeg4 -c:a aac',
}

const words = (line: string) => line.split(' ').filter(word => word !== '')
/** Uncompressed video and audio. */
const raw = () =>
  ffmpegToPipe([
    ...bothInputs({ seconds: 0.4, size: '176x144', sampleRate: 48_000, channels: 2 }),
    ...['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le', '-f', 'nut'],
  ])
const KINDS = [
  { kind: 'a frame', names: words(VIDEO_MUXERS), input: raw, args: ['-an', '-frames:v', '1'] },
  { kind: 'audio', names: words(AUDIO_MUXERS), input: raw, args: ['-vn', '-t', '0.01'] },
  {
    kind: 'a cue',
    names: words(TEXT_MUXERS),
    input: () => Promise.resolve(Buffer.from('1\n00:00:00,000 --> 00:00:01,000\nhello\n')),
    args: [],
  },
]

/** The arguments to encode for a muxer, or to copy. */
const codecsOf = (format: string, copies: boolean) => (copies ? ['-c', 'copy'] : words(CODECS[format] ?? ''))
const COPYING = words('nut matroska framecrc framemd5 md5 avi null')

for (const { kind, names, input, args } of KINDS) {
  t.test(`accepts the smallest output of every muxer, and rejects an empty one: ${kind}`, async t => {
    const bytes = await input()
    for (const format of names) {
      for (const copies of COPYING.includes(format) && kind !== 'a cue' ? [false, true] : [false]) {
        const output = { format, args: [...codecsOf(format, copies), ...args] }
        const name = `${format}${copies ? ', copied' : ''}`
        const ffmpeg = new FfmpegTransform({ output })
        new ChunkedSource(bytes).pipe(ffmpeg)
        const written = await buffer(ffmpeg).catch((error: unknown) => t.fail(name, { error }))
        t.equal(Buffer.isBuffer(written) && written.length > 0, format !== 'null', name)
        const nothing = { output: { format, args: [...output.args, '-ss', '1000'] } }
        t.match(await failing(t, bytes, nothing), { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT' }, `${name}, nothing`)
      }
    }
  })
}

t.test('counts metadata without packets as an output', async t => {
  const ffmpeg = new FfmpegTransform({ output: { format: 'ffmetadata' } })
  new ChunkedSource(await raw()).pipe(ffmpeg)
  t.match((await buffer(ffmpeg)).toString(), /^;FFMETADATA1/)
})
