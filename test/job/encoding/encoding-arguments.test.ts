import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { type StatedEncoding, encodingArguments } from '../../../lib/job/encoding/encoding-arguments.js'
import { PRESETS } from '../../../lib/job/schema/encoding.js'
import { avi, ffprobeJson } from '../../support/media.js'

t.test('says nothing where nothing is stated', async t => {
  t.same(encodingArguments({}, 'mp4'), [])
  t.same(encodingArguments({ args: ['-an'] }, 'mp4', 2), ['-an'])
})

t.test('leaves out, copies or encodes each kind of stream, and the arguments follow', async t => {
  t.same(encodingArguments({ video: 'none', audio: 'copy', args: ['-map', '0'] }, 'mp4'), [
    '-vn',
    '-c:a',
    'copy',
    '-map',
    '0',
  ])
  t.same(encodingArguments({ video: 'copy', audio: 'none' }, 'mp4', 2), ['-c:v', 'copy', '-an'])
  t.same(
    encodingArguments({ audio: { codec: 'opus', bitrate: 64_000, channels: 2, sampleRate: 48_000 } }, 'ogg'),
    [...['-c:a', 'libopus', '-b:a', '64000', '-ac', '2', '-ar', '48000']],
  )
})

t.test('tags HEVC as Apple’s players expect it, in containers that have tags', async t => {
  const video = { codec: 'hevc' } as const
  t.ok(encodingArguments({ video }, 'mp4').includes('hvc1'))
  t.notOk(
    encodingArguments({ video }, 'matroska')
      .join(' ')
      .match(/tag|hvc1/),
  )
})

/** Encodings that ffmpeg has to take, with what its output says of itself. */
const ENCODED: [StatedEncoding, string, object][] = [
  [
    {
      video: {
        codec: 'h264',
        height: 144,
        frameRate: '25',
        preset: 'ultrafast',
        crf: 35,
        maxBitrate: 300_000,
      },
      audio: 'none',
    },
    'mp4',
    { streams: [{ codec_name: 'h264', height: 144, r_frame_rate: '25/1', pix_fmt: 'yuv420p' }] },
  ],
  [
    {
      video: { codec: 'hevc', preset: 'ultrafast', crf: 40, maxBitrate: 300_000, gopSeconds: 0.5 },
      audio: 'none',
    },
    'mp4',
    { streams: [{ codec_name: 'hevc', codec_tag_string: 'hvc1' }] },
  ],
  [
    { video: { codec: 'vp9', preset: 'ultrafast', maxBitrate: 300_000 }, audio: { codec: 'opus' } },
    'webm',
    { streams: [{ codec_name: 'vp9' }, { codec_name: 'opus' }] },
  ],
  [
    {
      video: { codec: 'av1', preset: 'ultrafast', frameRate: '24', gopSeconds: 0.5 },
      audio: { codec: 'aac', channels: 1 },
    },
    'mp4',
    {
      streams: [
        { codec_name: 'av1', r_frame_rate: '24/1' },
        { codec_name: 'aac', channels: 1 },
      ],
    },
  ],
  [
    {
      video: { codec: 'av1', preset: 'ultrafast', gopSeconds: 0.5, maxBitrate: 300_000 },
      audio: { codec: 'flac' },
    },
    'matroska',
    { streams: [{ codec_name: 'av1' }, { codec_name: 'flac' }] },
  ],
  [{ video: 'none', audio: { codec: 'mp3', bitrate: 64_000 } }, 'mp3', { streams: [{ codec_name: 'mp3' }] }],
  [{ video: 'none', audio: { codec: 'ac3', bitrate: 192_000 } }, 'ac3', { streams: [{ codec_name: 'ac3' }] }],
  [
    { video: 'none', audio: { codec: 'eac3', sampleRate: 48_000 } },
    'eac3',
    { streams: [{ codec_name: 'eac3' }] },
  ],
]

t.test('makes arguments that ffmpeg takes', async t => {
  const source = new BytesSource({ bytes: await avi() })
  const entries = 'stream=codec_name,codec_tag_string,height,r_frame_rate,pix_fmt,channels'
  for (const [stated, format, expected] of ENCODED) {
    const args = encodingArguments(stated, format)
    const bytes = await buffer(new FfmpegReadable({ input: source, output: { format, args } }))
    t.match(await ffprobeJson(bytes, ['-show_entries', entries]), expected, args.join(' '))
  }
})

t.test('makes key frames by the clock for a package, whichever the codec', async t => {
  const source = new BytesSource({ bytes: await avi() })
  for (const codec of ['h264', 'hevc', 'vp9', 'av1'] as const) {
    const args = encodingArguments(
      { video: { codec, preset: 'ultrafast', frameRate: '25' }, audio: 'none', args: ['-t', '1'] },
      'mp4',
      0.4,
    )
    const bytes = await buffer(new FfmpegReadable({ input: source, output: { format: 'mp4', args } }))
    const { packets } = await ffprobeJson<{ packets: { flags: string }[] }>(bytes, [
      '-show_entries',
      'packet=flags',
    ])
    const keys = packets.flatMap(({ flags }, n) => (flags.startsWith('K') ? [n] : []))
    t.same(keys, [0, 10, 20], codec)
  }
})

t.test('has a value for each preset on each encoder’s own scale', async t => {
  for (const codec of ['h264', 'hevc', 'vp9', 'av1'] as const) {
    for (const preset of PRESETS) {
      const args = encodingArguments({ video: { codec, preset } }, 'mp4')
      t.notOk(args.includes('undefined'), `${codec} ${preset}: ${args.join(' ')}`)
    }
  }
})
