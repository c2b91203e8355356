import t from 'tap'
import {
  AAC,
  FRAGMENTED,
  H264,
  H264_B_FRAMES,
  audioInput,
  bothInputs,
  fastStartMp4,
  ffmpegThroughPipes,
  ffmpegToFile,
  ffmpegToPipe,
  indexLastMp4,
  matroska,
  packetsOf,
  transportStream,
  videoInput,
} from '../support/media.js'
import { chunksOf } from '../support/fmp4.js'
import { every, takeApart } from '../support/surgery.js'
import { type Validated, validate } from '../support/validate.js'

/** The expected findings for one kind of output: tracks as "kind codec", and warnings, if any. */
interface Kind {
  readonly args: readonly string[]
  readonly tracks: readonly string[]
  readonly warnings?: readonly string[]
  /** Seconds; not checked when absent. */
  readonly duration?: number
}

const both = bothInputs()
const picture = videoInput()
const encode = [...both, ...H264, ...AAC]
const withB = [...both, ...H264_B_FRAMES, ...AAC]
const flags = (movflags: string, format = 'mp4'): string[] => ['-movflags', movflags, '-f', format]
const AVC_AAC = ['video avc1.42c00b', 'audio mp4a.40.2']
const AVC_B_AAC = ['video avc1.4d400b', 'audio mp4a.40.2']
const sound = (...codec: string[]): string[] => [...both, ...H264, ...codec, ...FRAGMENTED]
const vision = (...codec: string[]): string[] => [...picture, ...codec, ...FRAGMENTED]
const NO_EDITS = 'AVIO_WARN_MP4_NO_EDIT_LIST'
const WAITS = 'AVIO_WARN_MP4_EDIT_IGNORED'

const KINDS: Record<string, Kind> = {
  'the default flags': { args: [...encode, ...FRAGMENTED], tracks: AVC_AAC, duration: 2 },
  'B-frames': { args: [...withB, ...FRAGMENTED], tracks: AVC_B_AAC, duration: 2 },
  'fragments by duration, starting at any frame': {
    args: [...withB, ...FRAGMENTED, '-frag_duration', '300000'],
    tracks: AVC_B_AAC,
    duration: 2,
  },
  'explicit base offsets, and no edit lists': {
    args: [...withB, ...flags('+frag_keyframe+empty_moov')],
    tracks: AVC_B_AAC,
    warnings: [NO_EDITS, NO_EDITS],
  },
  'base offsets that are neither explicit nor the moof': {
    args: [...encode, ...flags('+frag_keyframe+empty_moov+omit_tfhd_offset')],
    tracks: AVC_AAC,
    warnings: [NO_EDITS],
  },
  'signed composition offsets': {
    args: [...withB, ...flags('+cmaf+frag_keyframe')],
    tracks: AVC_B_AAC,
    warnings: [NO_EDITS],
  },
  'a fragment per frame, with gaps at the end': {
    args: [...encode, ...flags('+frag_every_frame+delay_moov+default_base_moof')],
    tracks: AVC_AAC,
    warnings: ['AVIO_WARN_MP4_TFDT_GAP'],
  },
  'a moof for each track, and segment indexes': {
    args: [...encode, ...flags('+frag_keyframe+delay_moov+dash+separate_moof'), '-write_prft', 'wallclock'],
    tracks: AVC_AAC,
    duration: 2,
  },
  'frames at irregular times': {
    args: [
      ...both,
      '-vf',
      "select='not(mod(n,3))+not(mod(n,7))'",
      '-fps_mode',
      'vfr',
      ...H264_B_FRAMES,
      ...AAC,
      ...FRAGMENTED,
    ],
    tracks: AVC_B_AAC,
  },
  'a frame that stays for three seconds': {
    args: [...both, '-vf', "setpts='PTS+gt(N,30)*3/TB'", '-fps_mode', 'vfr', ...H264, ...AAC, ...FRAGMENTED],
    tracks: AVC_AAC,
    duration: 5,
  },
  'audio that starts later': {
    args: [...picture, '-itsoffset', '0.7', ...audioInput(), ...H264, ...AAC, ...FRAGMENTED],
    tracks: AVC_AAC,
    warnings: [WAITS],
  },
  'times from 100 s': {
    args: [
      '-copyts',
      '-itsoffset',
      '100',
      ...picture,
      '-itsoffset',
      '100',
      ...audioInput(),
      ...H264_B_FRAMES,
      ...AAC,
      ...FRAGMENTED,
    ],
    tracks: AVC_B_AAC,
    warnings: [WAITS, WAITS],
  },
  'audio alone': { args: [...audioInput(), ...AAC, ...FRAGMENTED], tracks: ['audio mp4a.40.2'], duration: 2 },
  'one frame': { args: vision(...H264, '-frames:v', '1'), tracks: ['video avc1.42c00b'], duration: 0.04 },
  'two languages': {
    args: [
      ...both,
      ...audioInput(),
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      ...H264,
      ...AAC,
      ...FRAGMENTED,
      '-metadata:s:a:1',
      'language=fra',
    ],
    tracks: [...AVC_AAC, 'audio mp4a.40.2'],
  },
  Opus: { args: sound('-c:a', 'libopus'), tracks: ['video avc1.42c00b', 'audio opus'], duration: 2 },
  FLAC: { args: sound('-c:a', 'flac', '-strict', '-2'), tracks: ['video avc1.42c00b', 'audio fLaC'] },
  'AC-3': { args: sound('-c:a', 'ac3'), tracks: ['video avc1.42c00b', 'audio ac-3'] },
  'E-AC-3': { args: sound('-c:a', 'eac3'), tracks: ['video avc1.42c00b', 'audio ec-3'] },
  MP3: { args: sound('-c:a', 'libmp3lame'), tracks: ['video avc1.42c00b', 'audio mp4a.6B'] },
  ALAC: { args: sound('-c:a', 'alac'), tracks: ['video avc1.42c00b', 'audio alac'] },
  'HEVC as hvc1': {
    args: vision(
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=none',
      '-tag:v',
      'hvc1',
    ),
    tracks: ['video hvc1.1.6.L30.90'],
    duration: 2,
  },
  'HEVC as hev1': {
    args: vision('-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none'),
    tracks: ['video hev1.1.6.L30.90'],
    warnings: ['AVIO_WARN_MP4_HEV1'],
  },
  AV1: {
    args: vision('-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', '-frames:v', '10'),
    tracks: ['video av01.0.00M.08'],
  },
  VP9: {
    args: vision('-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'),
    tracks: ['video vp09.00.10.08'],
  },
  'MPEG-4 Visual': { args: vision('-c:v', 'mpeg4', '-bf', '2'), tracks: ['video mp4v.20.241'] },
  'QuickTime with PCM': {
    args: [...both, ...H264, '-c:a', 'pcm_s16le', ...flags('+frag_keyframe+empty_moov', 'mov')],
    tracks: ['video avc1.42c00b', 'audio sowt'],
    duration: 2,
  },
  '3GP with H.263': {
    args: [...both, '-s', '176x144', '-c:v', 'h263', ...AAC, ...flags('+frag_keyframe+delay_moov', '3gp')],
    tracks: ['video s263', 'audio mp4a.40.2'],
  },
  'encrypted samples': {
    args: [
      ...[
        ...encode,
        ...flags('+frag_keyframe+empty_moov+default_base_moof'),
        '-encryption_scheme',
        'cenc-aes-ctr',
      ],
      ...[
        '-encryption_key',
        '00112233445566778899aabbccddeeff',
        '-encryption_kid',
        '00112233445566778899aabbccddeeff',
      ],
    ],
    tracks: AVC_AAC,
    warnings: [NO_EDITS],
  },
}

function tracksOf({ inits }: Validated): string[] {
  return inits[0]?.tracks.map(track => `${track.kind} ${track.codec}`) ?? []
}

t.test('accepts every kind of output of ffmpeg', { jobs: 2 }, async t => {
  for (const [name, kind] of Object.entries(KINDS)) {
    t.test(name, async t => {
      const bytes = await ffmpegToPipe(kind.args)
      const validated = await validate(chunksOf(bytes, 4096))
      t.equal(validated.error, undefined)
      t.ok(Buffer.concat(validated.output).equals(bytes))
      t.same(tracksOf(validated), kind.tracks)
      const codes = validated.warnings.map(warning => warning.code)
      t.same(codes.slice(0, kind.warnings?.length ?? 0), kind.warnings ?? [])
      t.same(new Set(codes), new Set(kind.warnings), 'no other warning')
      const { report, fragments } = validated
      t.equal(report?.fragments, fragments.length)
      if (kind.duration !== undefined)
        t.ok(Math.abs(report!.duration - kind.duration) < 0.001, `${report!.duration} s`)
    })
  }
})

t.test('accepts remuxed streams, also with subtitles, chapters or pauses', async t => {
  const copy = async (source: Buffer, ...args: string[]): Promise<Validated> => {
    const bytes = await ffmpegThroughPipes(['-i', 'pipe:0', '-c', 'copy', ...args, ...FRAGMENTED], source)
    return validate(chunksOf(bytes, 4096))
  }
  const fromTransport = await copy(await transportStream(), '-bsf:a', 'aac_adtstoasc')
  const waits = [{ code: WAITS, trackId: 1 }]
  t.match(
    [fromTransport.error, fromTransport.warnings],
    [undefined, waits],
    'MPEG-TS: the audio priming comes first',
  )
  const fromMatroska = await copy(await matroska(), '-frag_duration', '100000')
  // From 9.0 on, ffmpeg starts such a file without an empty edit.
  const empties = every(takeApart(Buffer.concat(fromMatroska.output)), 'elst').filter(
    ({ data }) => data!.readInt32BE(12) === -1,
  )
  t.match(
    [fromMatroska.error, fromMatroska.warnings],
    [undefined, empties.length === 0 ? [] : waits],
    'Matroska: times in milliseconds',
  )
  const subtitles = '1\n00:00:00,500 --> 00:00:01,000\nHello\n'
  const data = `data:text/plain;base64,${Buffer.from(subtitles).toString('base64')}`
  const source = await ffmpegToFile(
    ['-f', 'srt', '-i', data, ...both, ...H264, ...AAC, '-c:s', 'srt'],
    'subtitles.mkv',
  )
  const withText = await copy(source, '-map', '0', '-c:s', 'mov_text')
  t.equal(withText.error, undefined)
  t.same(tracksOf(withText).sort(), [...AVC_AAC, 'subtitle tx3g'].sort())
  const pause = ['-bsf:a', 'noise=drop=between(n\\,20\\,60)', '-max_interleave_delta', '100000']
  const paused = await copy(await matroska(), '-frag_duration', '200000', ...pause)
  t.equal(paused.error, undefined, 'audio with a pause of a second')
})

t.test('finds the same samples and times as ffprobe', async t => {
  for (const name of ['B-frames', 'frames at irregular times', 'Opus']) {
    const bytes = await ffmpegToPipe(KINDS[name]!.args)
    const packets = await packetsOf(bytes)
    const { report, fragments } = await validate(bytes)
    for (const [index, track] of report!.tracks.entries()) {
      const own = packets.filter(packet => packet.stream_index === index)
      t.equal(track.sampleCount, own.length, `${name}: samples of ${track.codec}`)
      t.equal(
        track.byteLength,
        own.reduce((sum, packet) => sum + Number(packet.size), 0),
        `${name}: bytes`,
      )
      const starts = fragments.flatMap(({ tracks }) => tracks.filter(part => part.trackId === track.id))
      let first = 0
      for (const { startTicks, sampleCount, sync } of starts) {
        t.equal(startTicks, own[first]!.dts! - own[0]!.dts!, `${name}: decode time of sample ${first}`)
        t.equal(sync, own[first]!.flags.startsWith('K'), `${name}: sync of sample ${first}`)
        first += sampleCount
      }
    }
  }
})

t.test('names the kind of a file that is not a fragmented MP4', async t => {
  const cases: [string, Promise<Buffer>, string][] = [
    ['an ordinary MP4', fastStartMp4(), 'NOT_FRAGMENTED'],
    ['an ordinary MP4 with its index last', indexLastMp4(), 'SAMPLES_OUTSIDE_FRAGMENT'],
    [
      'samples in the moov',
      ffmpegToPipe([...encode, ...flags('+frag_keyframe')]),
      'SAMPLES_OUTSIDE_FRAGMENT',
    ],
    ['Smooth Streaming', ffmpegToPipe([...encode, ...flags('+frag_keyframe', 'ismv')]), 'TFDT_MISSING'],
    ['MPEG-TS', transportStream(), 'NOT_MP4'],
    ['Matroska', matroska(), 'NOT_MP4'],
  ]
  for (const [name, bytes, code] of cases) {
    t.match((await validate(chunksOf(await bytes, 4096))).error, { code: `AVIO_ERR_MP4_${code}` }, name)
  }
})

t.test('names a moof that ffmpeg could not seek back to', async t => {
  // Frames of 2.5 ms: half a minute of them takes a moof of 48 KiB.
  const opus = ['-c:a', 'libopus', '-frame_duration', '2.5']
  const long = [...audioInput({ seconds: 30 }), ...opus, ...FRAGMENTED]
  const { error } = await validate(await ffmpegToPipe(long))
  t.match(error, { code: 'AVIO_ERR_MP4_SIZE_ZERO', boxPath: 'moof[0]', message: /-frag_duration/ })
})
