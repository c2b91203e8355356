import { ffmpegFromFile, ffmpegToFile, ffmpegToPipe } from './media.js'
import { paffVideo } from './paff.js'
import { rotated } from './rotation.js'

/**
 * Sources as they come from cameras, broadcasters and archives, for the tests that compare an object made in pieces with
 * one made in a single run.
 */
export interface OddSource {
  readonly make: () => Promise<Buffer>
  /** Arguments of the output, beside a lossless encoder. */
  readonly args?: readonly string[]
  /** A lossy encoder instead. */
  readonly encoder?: readonly string[]
  /** Some versions of ffmpeg recognize no key frame after a seek: then nothing is stored. */
  readonly mayFail?: boolean
  /** The side data that each key frame must have. */
  readonly sideData?: readonly string[]
  /** Entries of the stream, or of its first frames, that both outputs must have. */
  readonly has?: Readonly<Record<string, unknown>>
}

interface Shape {
  readonly seconds?: number
  readonly size?: string
  readonly rate?: string
}

const picture = ({ seconds = 6, size = '96x64', rate = '25' }: Shape = {}) => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
]
const tone = (seconds = 6, frequency = 440) => [
  ...['-f', 'lavfi', '-i', `sine=f=${frequency}:r=48000:d=${seconds}`],
]
const both = (shape: Shape = {}) => [...picture(shape), ...tone(shape.seconds)]

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '37', '-pix_fmt', 'yuv420p']
const AAC = ['-c:a', 'aac']
const MPEG2_TS = ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-c:a', 'mp2', '-f', 'mpegts']
const INTERLACED = [...['-vf', 'tinterlace=interleave_top,setfield=tff', '-flags', '+ilme+ildct']]
/** The tags of HDR video: BT.2020 with the transfer function of PQ (SMPTE ST 2084) or HLG. */
const wide = (transfer: string) => [
  // As an argument of the encoder, ffmpeg 9 overrides them by those of the frames.
  ...['-vf', `setparams=color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc:range=tv`],
]
const X265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-tag:v', 'hvc1']
const params = (more: string) => ['-x265-params', ['log-level=error', more].filter(Boolean).join(':')]
const MASTERING =
  'hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:' +
  'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400'

/** Six seconds of field pictures at 25 frames a second, with a key frame each second, and a tone. */
const fieldPictures = (name: string) =>
  ffmpegFromFile(
    paffVideo({ frames: 150, gop: 25, rate: 25 }),
    ['-f', 'h264'],
    [...tone(), '-map', '0', '-map', '1', '-c:v', 'copy', ...AAC],
    name,
  )

/** By the property that is odd about them. */
export const CONTAINERS: Readonly<Record<string, OddSource>> = {
  'MXF with MPEG-2 and PCM': {
    make: () =>
      ffmpegToFile([...both(), '-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-c:a', 'pcm_s16le'], 'a.mxf'),
  },
  'a MOV whose edit list begins amid a GOP': {
    make: async () =>
      ffmpegFromFile(
        await ffmpegToFile([...both({ seconds: 8 }), ...H264, ...AAC], 'a.mov'),
        ['-ss', '1.3'],
        ['-c', 'copy'],
        'b.mov',
      ),
  },
  'FLV without an index': { make: () => ffmpegToPipe([...both(), ...H264, ...AAC, '-f', 'flv']) },
  WMV: { make: () => ffmpegToFile([...both(), '-c:v', 'wmv2', '-g', '37', '-c:a', 'wmav2'], 'a.wmv') },
  'an MPEG program stream': {
    make: () =>
      ffmpegToFile([...both(), '-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-c:a', 'mp2'], 'a.vob'),
  },
  'a fragmented MP4 with a global sidx': {
    make: () =>
      ffmpegToFile(
        [...both(), ...H264, ...AAC, '-movflags', '+frag_keyframe+dash+global_sidx+default_base_moof'],
        'a.mp4',
      ),
  },
  'WebM with VP9 and Opus, which starts before zero': {
    make: () =>
      ffmpegToFile(
        [
          ...both(),
          '-c:v',
          'libvpx-vp9',
          '-deadline',
          'realtime',
          '-cpu-used',
          '8',
          '-g',
          '37',
          '-c:a',
          'libopus',
        ],
        'a.webm',
      ),
  },
  'MP4 with AV1': {
    make: () => ffmpegToFile([...both(), '-c:v', 'libsvtav1', '-preset', '12', '-g', '37', ...AAC], 'a.mp4'),
  },
  'MPEG-TS whose clock wraps around': {
    make: () => ffmpegToPipe([...both(), ...H264, ...AAC, '-output_ts_offset', '95438', '-f', 'mpegts']),
  },
  'a cover beside the video': {
    make: () =>
      ffmpegToFile(
        [
          ...['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=1:d=1', ...both()],
          ...['-map', '1', '-map', '2', '-map', '0', '-c:v:1', 'png', '-disposition:v:1', 'attached_pic'],
          ...['-c:v:0', 'libx264', '-preset', 'ultrafast', ...AAC],
        ],
        'a.mp4',
      ),
  },
}

export const CLOCKS: Readonly<Record<string, OddSource>> = {
  'audio 2 s longer than the video': {
    make: () => ffmpegToFile([...picture(), ...tone(8), ...H264, ...AAC], 'a.mp4'),
  },
  'audio 2 s shorter than the video': {
    make: () => ffmpegToFile([...picture(), ...tone(4), ...H264, ...AAC], 'a.mp4'),
  },
  'video 1.7 s after the audio': {
    make: () =>
      ffmpegToFile(
        ['-itsoffset', '1.7', ...picture(), ...tone(8), '-fps_mode', 'passthrough', ...H264, ...AAC],
        'a.mp4',
      ),
  },
  'video 1.7 s after the audio in Matroska': {
    make: () =>
      ffmpegToFile(
        ['-itsoffset', '1.7', ...picture(), ...tone(8), '-fps_mode', 'passthrough', ...H264, ...AAC],
        'a.mkv',
      ),
  },
  'audio 1.7 s after the video': {
    make: () => ffmpegToFile([...picture(), '-itsoffset', '1.7', ...tone(4), ...H264, ...AAC], 'a.mp4'),
  },
  'a start before zero': {
    make: () =>
      ffmpegToFile(
        [
          '-itsoffset',
          '-1.5',
          ...picture(),
          '-itsoffset',
          '-1.5',
          ...tone(),
          ...H264,
          ...AAC,
          '-copyts',
          '-avoid_negative_ts',
          'disabled',
        ],
        'a.mp4',
      ),
  },
  '50 frames per second': { make: () => ffmpegToFile([...both({ rate: '50' }), ...H264, ...AAC], 'a.mp4') },
  '59.94 frames per second in MPEG-TS': {
    make: () => ffmpegToPipe([...both({ rate: '60000/1001' }), ...H264, ...AAC, '-f', 'mpegts']),
  },
  '29.97 frames per second in Matroska': {
    make: () => ffmpegToFile([...both({ rate: '30000/1001' }), ...H264, ...AAC], 'a.mkv'),
  },
}

export const PICTURES: Readonly<Record<string, OddSource>> = {
  'a B-pyramid at 23.976 frames per second': {
    make: () =>
      ffmpegToFile(
        [...both({ rate: '24000/1001' }), ...H264, '-bf', '5', '-x264-params', 'b-pyramid=normal', ...AAC],
        'a.mp4',
      ),
    encoder: [
      '-c:v',
      'libx264',
      '-preset',
      'fast',
      '-qp',
      '0',
      '-bf',
      '5',
      '-x264-params',
      'b-pyramid=strict',
    ],
  },
  'a rotation': {
    make: async () =>
      rotated(await ffmpegToFile([...both(), ...H264, ...AAC, '-movflags', '+faststart'], 'a.mov')),
    has: { width: 64, height: 96 },
  },
  'pixels that are not square': {
    make: () => ffmpegToFile([...both(), '-vf', 'setsar=16/11', ...H264, ...AAC], 'a.mp4'),
    has: { sample_aspect_ratio: '16:11' },
  },
  'color tags': {
    make: () =>
      ffmpegToFile([...both(), ...H264, '-pix_fmt', 'yuv420p', ...wide('smpte2084'), ...AAC], 'a.mp4'),
    has: {
      color_primaries: 'bt2020',
      color_transfer: 'smpte2084',
      color_space: 'bt2020nc',
      color_range: 'tv',
    },
  },
  'ProRes 4:2:2 of 10 bits': {
    make: () =>
      ffmpegToFile(
        [
          ...both(),
          '-timecode',
          '01:00:00:00',
          '-c:v',
          'prores_ks',
          '-pix_fmt',
          'yuv422p10le',
          '-c:a',
          'pcm_s24le',
        ],
        'a.mov',
      ),
    has: { pix_fmt: 'yuv422p10le' },
  },
  'an odd size': {
    make: () =>
      ffmpegToFile([...both(), '-vf', 'scale=97:65', '-c:v', 'ffv1', '-pix_fmt', 'yuv444p', ...AAC], 'a.mkv'),
    has: { width: 97, height: 65 },
  },
  'HDR10 with its mastering display': {
    make: () =>
      ffmpegToFile(
        [...both({ seconds: 5 }), ...X265, ...wide('smpte2084'), ...params(MASTERING), ...AAC],
        'a.mp4',
      ),
    encoder: [...X265, ...params(`lossless=1:${MASTERING}`)],
    has: { color_transfer: 'smpte2084', color_primaries: 'bt2020' },
    sideData: ['Content light level metadata', 'Mastering display metadata'],
  },
  HLG: {
    make: () =>
      ffmpegToFile(
        [...both({ seconds: 5 }), ...X265, ...wide('arib-std-b67'), ...params(''), ...AAC],
        'a.mp4',
      ),
    encoder: [...X265, ...params('lossless=1')],
    has: { color_transfer: 'arib-std-b67', color_primaries: 'bt2020' },
  },
  'interlaced MPEG-2, kept interlaced': {
    make: () => ffmpegToPipe([...both({ rate: '50' }), ...INTERLACED, ...MPEG2_TS]),
    args: ['-flags:v', '+ilme+ildct'],
    has: { field_order: 'tt' },
  },
  'interlaced H.264 (MBAFF), kept interlaced': {
    make: () => ffmpegToPipe([...both({ rate: '50' }), ...INTERLACED, ...H264, ...AAC, '-f', 'mpegts']),
    args: ['-flags:v', '+ilme+ildct'],
    has: { field_order: 'tt' },
  },
  'interlaced MPEG-2, deinterlaced': {
    make: () => ffmpegToPipe([...both({ rate: '50' }), ...INTERLACED, ...MPEG2_TS]),
    args: ['-vf', 'bwdif=mode=send_frame'],
    has: { field_order: 'progressive' },
  },
  'interlaced MPEG-2 in MXF, deinterlaced': {
    make: () =>
      ffmpegToFile(
        [
          ...both({ rate: '50' }),
          ...INTERLACED,
          '-c:v',
          'mpeg2video',
          '-g',
          '12',
          '-bf',
          '2',
          '-c:a',
          'pcm_s16le',
        ],
        'a.mxf',
      ),
    args: ['-vf', 'yadif'],
  },
}

const TRACKS = [...picture(), ...tone(6, 440), ...tone(6, 880), ...tone(6, 220)]
const LANGUAGES = ['eng', 'deu', 'fra'].flatMap((language, n) => [
  `-metadata:s:a:${n}`,
  `language=${language}`,
])
const dubbed = () =>
  ffmpegToFile(
    [...TRACKS, ...[0, 1, 2, 3].flatMap(n => ['-map', String(n)]), ...H264, ...AAC, ...LANGUAGES],
    'a.mkv',
  )

export const TRACK_CHOICES: Readonly<Record<string, OddSource>> = {
  'all of three audio tracks': { make: dubbed, args: ['-map', '0:v', '-map', '0:a'] },
  'the second and the first of three audio tracks': {
    make: dubbed,
    args: ['-map', '0:v', '-map', '0:a:1', '-map', '0:a:0'],
  },
}

const refreshed = ['-x264-params', 'intra-refresh=1', '-bf', '0']
const open264 = ['-x264-params', 'open-gop=1:scenecut=0', '-bf', '3']
const open265 = [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-g', '30', '-bf', '3', '-pix_fmt', 'yuv420p'],
  ...['-x265-params', 'log-level=error:open-gop=1:scenecut=0', '-tag:v', 'hvc1'],
]

/** Sources whose decoders give damaged frames, or none, after a seek. */
export const GOPS: Readonly<Record<string, OddSource>> = {
  'MP4 with intra refresh': {
    make: () => ffmpegToFile([...both(), ...H264, ...refreshed, ...AAC], 'a.mp4'),
    mayFail: true,
  },
  'MPEG-TS with intra refresh': {
    make: () => ffmpegToPipe([...both({ seconds: 16 }), ...H264, ...refreshed, ...AAC, '-f', 'mpegts']),
    mayFail: true,
  },
  'MP4 with open GOPs': { make: () => ffmpegToFile([...both(), ...H264, ...open264, ...AAC], 'a.mp4') },
  'MPEG-TS with open GOPs': {
    make: () => ffmpegToPipe([...both({ seconds: 16 }), ...H264, ...open264, ...AAC, '-f', 'mpegts']),
  },
  'HEVC with open GOPs': { make: () => ffmpegToFile([...both(), ...open265, ...AAC], 'a.mp4') },
  'HEVC with open GOPs in MPEG-TS': {
    make: () => ffmpegToPipe([...both({ seconds: 16 }), ...open265, ...AAC, '-f', 'mpegts']),
  },
}

/** H.264 in field pictures: a packet has one field, and a frame is two of them. */
export const FIELDS: Readonly<Record<string, OddSource>> = {
  'field pictures in a transport stream': { make: () => fieldPictures('a.ts') },
  'field pictures in an MP4, whose index counts them as frames': { make: () => fieldPictures('a.mp4') },
  'field pictures in Matroska': { make: () => fieldPictures('a.mkv') },
}
