import t from 'tap'
import { InputDump } from '../../../lib/ffmpeg/report/input-dump.js'
import { LogReader } from '../../../lib/ffmpeg/log/log.js'

/** Reads a log as ffmpeg writes it under `-loglevel level+info`, without the levels. */
const read = (text: string) => readRaw(text.replace(/^/gm, '[info] '))

function readRaw(text: string) {
  const dump = new InputDump()
  const log = new LogReader(entry => dump.push(entry))
  log.push(Buffer.from(text))
  log.end()
  return dump.info
}

const MP4 = `Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'http://avio-streams.invalid/0/input':
  Metadata:
    major_brand     : isom
    title           : A film: the second
  Duration: 01:00:10.50, start: -0.040000, bitrate: 1796 kb/s
  Chapters:
    Chapter #0:0: start 0.000000, end 5.000000
      Metadata:
        title           : One
    Chapter #0:1: start 5.000000, end 10.000000
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), 1920x1080 [SAR 1:1 DAR 16:9], 1794 kb/s, 23.98 fps, 23.98 tbr, 24k tbn (default)
    Metadata:
      handler_name    : VideoHandler
    Side data:
      displaymatrix: rotation of -90.00 degrees
  Stream #0:1[0x2](fra): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, 5.1, fltp, 341 kb/s (default)
  Stream #0:2[0x3](eng): Subtitle: mov_text (tx3g / 0x67337874), 0 kb/s (forced)
  Stream #0:3[0x0]: Video: png, rgb24(pc), 600x600, 90k tbr, 90k tbn (attached pic)
At least one output file must be specified`

t.test('reads rotation in the notation of every version', t => {
  const rotations = { '-90': 90, 90: 270, 180: 180, '-180': 180, '-0': 0 }
  for (const name of ['displaymatrix', 'Display Matrix']) {
    for (const [angle, rotation] of Object.entries(rotations)) {
      const line = `${name}: rotation of ${angle}.00 degrees`
      const dump = MP4.replace(/displaymatrix: .*/, line)
      t.match(read(dump), { streams: [{ rotation }, {}, {}, {}] }, line)
    }
  }
  t.match(
    read(MP4.replace('handler_name', 'Display Matrix')),
    { streams: [{ rotation: 90 }] },
    'ignores a tag of that name',
  )
  t.end()
})

t.test('reads container, streams, chapters and tags', async t => {
  t.same(read(MP4), {
    format: {
      names: ['mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2'],
      tags: { major_brand: 'isom', title: 'A film: the second' },
      duration: 3610.5,
      startTime: -0.04,
      bitRate: 1_796_000,
    },
    streams: [
      {
        ...{
          index: 0,
          id: 1,
          type: 'video',
          codec: 'h264',
          disposition: ['default'],
          tags: { handler_name: 'VideoHandler' },
        },
        ...{ profile: 'High', codecTag: 'avc1', bitRate: 1_794_000, pixelFormat: 'yuv420p', rotation: 90 },
        ...{ width: 1920, height: 1080, sampleAspect: '1:1', displayAspect: '16:9', frameRate: 23.98 },
        ...{ realFrameRate: 23.98, fieldOrder: 'progressive' },
        color: { range: 'tv', space: 'bt709', primaries: 'bt709', transfer: 'bt709' },
      },
      {
        ...{
          index: 1,
          id: 2,
          type: 'audio',
          codec: 'aac',
          disposition: ['default'],
          tags: {},
          profile: 'LC',
          codecTag: 'mp4a',
        },
        ...{ bitRate: 341_000, language: 'fra', sampleRate: 48_000, channels: 6, channelLayout: '5.1' },
      },
      {
        ...{
          index: 2,
          id: 3,
          type: 'subtitle',
          codec: 'mov_text',
          disposition: ['forced'],
          tags: {},
          codecTag: 'tx3g',
        },
        ...{ bitRate: 0, language: 'eng' },
      },
      {
        ...{
          index: 3,
          id: 0,
          type: 'video',
          codec: 'png',
          disposition: ['attached_pic'],
          tags: {},
          pixelFormat: 'rgb24',
        },
        ...{ rotation: 0, width: 600, height: 600, realFrameRate: 90_000, color: { range: 'pc' } },
      },
    ],
    chapters: [
      { start: 0, end: 5, title: 'One', tags: { title: 'One' } },
      { start: 5, end: 10, tags: {} },
    ],
  })
})

t.test('keeps a malicious title from passing for a stream, with its lines intact', async t => {
  const info = readRaw(`[info] Input #0, mov,mp4, from 'x':
[info]   Metadata:
[info]     title           : innocent
                    :   Stream #0:7: Video: h264, yuv420p, 9x9
                    : Input #0, avi, from 'y':
[info]     comment         : Duration: 99:00:00.00
[info]     a
Input #0, avi, from 'z':
  Stream #0:8: Video: h264, yuv420p, 9x9
[mov @ 0x1] [info]   Stream #0:9: Video: h264, yuv420p, 9x9
[info]   Duration: 00:00:01.00, start: 0.000000
[info]   Program 1
[info]     Metadata:
[info]       service_name    : Nobody's
[info]   Stream #0:0: Audio: mp3, 44100 Hz, 3 channels, fltp
[info]     Metadata:
[info]       title           :   Stream #0:1: Video: h264
[info]       constructor     : a name like any other
[info] Input #0, avi, from 'y':
[info]   Duration: 00:00:09.00, start: 0.000000`)
  t.equal(info!.format.duration, 1)
  t.same(
    info!.streams.map(({ index, type, channels }) => [index, type, channels]),
    [[0, 'audio', 3]],
  )
  t.same(info!.format.names, ['mov', 'mp4'])
  t.same(info!.format.tags, {
    title: "innocent\n  Stream #0:7: Video: h264, yuv420p, 9x9\nInput #0, avi, from 'y':",
    comment: 'Duration: 99:00:00.00',
  })
  t.same(Object.entries(info!.streams[0]!.tags), [
    ['title', '  Stream #0:1: Video: h264'],
    ['constructor', 'a name like any other'],
  ])
})

t.test('leaves out unknown fields, and reads only the first input', async t => {
  const info = read(`Input #0, mpegts, from 'x':
  Duration: N/A, start: 1.400000, bitrate: N/A
  Stream #0:0[0x100]: Data: bin_data ([6][0][0][0] / 0x0006)
  Stream #0:1: Video: none, none, 25 tbr
Input #1, avi, from 'y':
  Duration: 00:00:09.00, start: 0.000000`)
  t.same(info!.format, { names: ['mpegts'], tags: {}, startTime: 1.4 })
  t.same(
    info!.streams.map(({ type, codec }) => [type, codec]),
    [
      ['data', 'bin_data'],
      ['video', 'unknown'],
    ],
  )
  t.equal(read('Nothing of the kind'), undefined)
})
