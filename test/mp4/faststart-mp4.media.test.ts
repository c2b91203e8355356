import t from 'tap'
import {
  AAC,
  H264,
  H264_B_FRAMES,
  type SourceOptions,
  audioInput,
  bothInputs,
  ffmpegToFile,
  videoInput,
} from '../support/media.js'
import {
  type Description,
  bothLayouts,
  decoded,
  described,
  packetsByStream,
  progressive,
} from '../support/faststart.js'

const SMALL: SourceOptions = { size: '128x96', seconds: 2.2 }
const HEVC_ARGS = 'log-level=error:keyint=25:bframes=3:pools=1:frame-threads=1'
const HDR10 =
  `${HEVC_ARGS}:hdr-opt=1:repeat-headers=1:max-cll=1000,400:` +
  'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)'
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params']
const OPUS = ['-c:a', 'libopus']
const CHAPTERS = Buffer.from(
  ';FFMETADATA1\ntitle=Two\n' +
    '[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=One\n' +
    '[CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=2200\ntitle=Two\n',
).toString('base64')
const late = ([...inputs]: string[], input: number, by: string): string[] => {
  const at = inputs.indexOf('-f', input === 0 ? 0 : inputs.indexOf('-f') + 1)
  inputs.splice(at, 0, '-itsoffset', by)
  return inputs
}

interface Case {
  readonly make: readonly string[]
  readonly file: string
  /** Added to both copies. */
  readonly copy?: readonly string[]
  /** Whether ffmpeg's edit ends up to a millisecond before the audio: ffmpeg rounds its start and end separately. */
  readonly isCutShort?: boolean
}

/** Each is encoded once; its packets are then copied into fragments, and by ffmpeg into an ordinary MP4. */
const CASES: Record<string, Case> = {
  'H.264 with B-frames and AAC': {
    make: [...bothInputs(SMALL), ...H264_B_FRAMES, ...AAC],
    file: 'a.mov',
  },
  'H.264 and AAC of 44,100 Hz': {
    make: [...bothInputs({ ...SMALL, sampleRate: 44_100 }), ...H264, ...AAC],
    file: 'a.mov',
  },
  'HEVC and Opus': { make: [...bothInputs(SMALL), ...HEVC, HEVC_ARGS, ...OPUS], file: 'a.mkv' },
  'AV1 and Opus': {
    make: [
      ...bothInputs(SMALL),
      ...['-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', '-g', '25'],
      ...OPUS,
    ],
    file: 'a.mkv',
  },
  'VP9 and Opus': {
    make: [
      ...bothInputs(SMALL),
      ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25'],
      ...OPUS,
    ],
    file: 'a.mkv',
  },
  'H.264 and AC-3': {
    make: [...bothInputs(SMALL), ...H264, '-c:a', 'ac3'],
    file: 'a.mov',
    isCutShort: true,
  },
  'E-AC-3 alone': { make: [...audioInput(SMALL), '-c:a', 'eac3'], file: 'a.mkv' },
  'FLAC alone': { make: [...audioInput(SMALL), '-c:a', 'flac'], file: 'a.mkv' },
  'AAC alone': { make: [...audioInput({ ...SMALL, sampleRate: 44_100 }), ...AAC], file: 'a.mov' },
  'one frame': { make: [...videoInput({ size: '128x96', seconds: 0.04 }), ...H264], file: 'a.mov' },
  'frames at uneven intervals, reordered': {
    make: [
      ...['-f', 'lavfi', '-i', "testsrc2=size=128x96:duration=4,select='not(mod(n,7))+not(mod(n,5))'"],
      ...['-fps_mode', 'vfr', ...H264_B_FRAMES],
    ],
    file: 'a.mkv',
  },
  'two audio tracks in two languages, the second one the default': {
    make: [
      ...[...bothInputs(SMALL), ...audioInput(SMALL), '-map', '0', '-map', '1', '-map', '2', ...H264, ...AAC],
      ...['-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=deu'],
      ...['-disposition:a:0', '0', '-disposition:a:1', 'default'],
    ],
    file: 'a.mov',
  },
  'rotated video, and a title': {
    make: [...videoInput(SMALL), ...H264],
    file: 'a.mkv',
    copy: ['-metadata:s:v', 'rotate=90', '-metadata', 'title=Grüße', '-metadata', 'artist=A'],
  },
  HDR10: {
    make: [
      ...[...videoInput(SMALL), '-pix_fmt', 'yuv420p10le', '-color_primaries', 'bt2020'],
      ...['-color_trc', 'smpte2084', '-colorspace', 'bt2020nc', ...HEVC, HDR10],
    ],
    file: 'a.mp4',
    copy: ['-tag:v', 'hvc1'],
  },
  chapters: {
    make: [
      ...[...bothInputs(SMALL), '-f', 'ffmetadata', '-i', `data:text/plain;base64,${CHAPTERS}`],
      ...['-map', '0', '-map', '1', '-map_metadata', '2', ...H264, ...AAC],
    ],
    file: 'a.mkv',
  },
  'audio that starts late': {
    make: [...late(bothInputs(SMALL), 1, '1.3'), ...H264_B_FRAMES, ...AAC],
    file: 'a.mov',
  },
  'video that starts late': {
    make: [...late(bothInputs(SMALL), 0, '0.7'), ...H264_B_FRAMES, ...AAC],
    file: 'a.mov',
  },
}

/** Removes the durations, and returns them. */
function durationsIn({ streams, format }: Description): number[] {
  return [...streams, format].map(fields => {
    const { duration } = fields
    delete fields['duration']
    delete fields['duration_ts']
    return Number(duration)
  })
}

for (const [name, { make, file, copy, isCutShort }] of Object.entries(CASES)) {
  t.test(`${name}: writes the packets and streams of ffmpeg's own faststart file`, async t => {
    const { fragmented, faststart } = await bothLayouts(await ffmpegToFile(make, file), file, copy)
    const made = await progressive(fragmented)
    t.same(await packetsByStream(made), await packetsByStream(faststart))
    const [ours, theirs] = [await described(made), await described(faststart)]
    if (isCutShort) {
      const [here, there] = [durationsIn(ours), durationsIn(theirs)]
      t.ok(here.every((duration, n) => duration >= there[n]! && duration < there[n]! + 0.0011))
    }
    t.same(ours, theirs)
    t.equal(await decoded(made), '')
  })
}
