import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { FfmpegProcess } from '../../lib/ffmpeg/ffmpeg-process.js'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import * as media from './media.js'
import { Collector } from './sources.js'

/**
 * Situations whose ffmpeg log matters. Each can run with the installed ffmpeg; `record-situations.ts` has recorded the
 * logs of several versions in `test/fixtures/ffmpeg-logs`.
 */

/** The expected outcome of a situation. */
export interface Expected {
  /** The error's code; `ok` for none. Several if the outcome depends on the version. */
  readonly code: string | readonly string[]
  /** A pattern of the error's message. */
  readonly says?: RegExp
}

/** One situation. */
export interface Situation extends Expected {
  readonly name: string
  /** The muxers of its outputs. */
  readonly formats: readonly string[]
  /** Runs it, and rejects with the error. */
  readonly run: (ffmpegPath: string) => Promise<void>
}

interface Ways {
  readonly input?: { readonly format?: string; readonly args?: readonly string[] }
  /** The input is read from a `BytesSource` by range. */
  readonly rest?: boolean
  /** A signal sent to the child in the middle. */
  readonly killedBy?: NodeJS.Signals
}

type Media = () => Promise<Buffer>

const size = { seconds: 4, size: '160x120' } as const
const fast = () => media.fastStartMp4(size)
const cut = (whole: Media) => async () => {
  const bytes = await whole()
  return bytes.subarray(0, Math.floor(bytes.length * 0.6))
}
const flv = () =>
  media.ffmpegToFile(
    [...media.bothInputs({ ...size, sampleRate: 44_100 }), ...media.H264, ...media.AAC],
    'a.flv',
  )
const wav = () => media.ffmpegToFile([...media.audioInput({ seconds: 1 })], 'a.wav')
const webp = () =>
  media.ffmpegToFile([...media.videoInput(size), '-c:v', 'libwebp_anim', '-loop', '0'], 'a.webp')
const text = (bytes: string) => () => Promise.resolve(Buffer.from(bytes))
const PLAYLIST = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n'
const SUBTITLES = '1\n00:00:00,000 --> 00:00:01,000\nhello\n'

const words = (line: string) => line.split(' ').filter(word => word !== '')

/** `matroska: -c copy`. Arguments with a space are given in an array. */
function output(line: string, more: readonly string[]) {
  const [format = '', args = ''] = line.split(':', 1).concat(line.slice(line.indexOf(':') + 1))
  return { format, args: [...words(line.includes(':') ? args : ''), ...more] }
}

const situations: Situation[] = []

function situation(
  name: string,
  input: Media,
  line: string,
  expected: Expected,
  ways: Ways & { more?: string[] } = {},
) {
  const { rest = false, killedBy, more = [], input: inputOptions = {} } = ways
  const run = async (ffmpegPath: string) => {
    const bytes = await input()
    const options = { ffmpegPath, output: output(line, more) }
    const stage = rest
      ? new FfmpegReadable({ ...options, input: { source: new BytesSource({ bytes }), ...inputOptions } })
      : new FfmpegTransform({ ...options, input: inputOptions })
    if (stage instanceof FfmpegReadable) return pipeline(stage, new Collector())
    await pipeline(
      killedBy ? interrupted(bytes, stage, killedBy) : Readable.from([bytes]),
      stage,
      new Collector(),
    )
  }
  situations.push({ name, run, formats: [output(line, more).format], ...expected })
}

/** Sends the child a signal once it has written something; the source never ends. */
function interrupted(bytes: Buffer, stage: FfmpegTransform, signal: NodeJS.Signals): Readable {
  let pid = 0
  stage.once('spawn', child => (pid = child.pid))
  stage.once('data', () => process.kill(pid, signal))
  return Readable.from(
    (function* () {
      while (!stage.destroyed) yield bytes
    })(),
  )
}

const PARTIAL = { code: 'AVIO_ERR_INPUT_PARTIAL' } as const
const OK = { code: 'ok' } as const
const NOTHING = { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT', says: /Check that -ss, -t, -frames and -map/ } as const
const argument = (says: RegExp): Expected => ({ code: 'AVIO_ERR_FFMPEG_ARGUMENT', says })
const COPY = 'matroska:-c copy'
const X264 = '-c:v libx264 -preset ultrafast'
const X = `matroska:${X264} -c:a aac`

situation('cut mp4, piped, copied', cut(fast), COPY, PARTIAL)
situation('cut mp4, piped, encoded', cut(fast), X, PARTIAL)
situation('cut mp4, at rest', cut(fast), COPY, PARTIAL, { rest: true })
situation('cut mp4, to mp4', cut(fast), 'mp4:-c copy', PARTIAL)
situation(
  'cut mkv, piped',
  cut(() => media.matroska(size)),
  COPY,
  PARTIAL,
)
situation(
  'cut mkv, at rest',
  cut(() => media.matroska(size)),
  COPY,
  PARTIAL,
  { rest: true },
)
situation(
  'cut avi, piped',
  cut(() => media.avi(size)),
  COPY,
  PARTIAL,
)
situation('cut flv, piped', cut(flv), COPY, PARTIAL)
situation('cut flv, encoded', cut(flv), X, PARTIAL)
situation('mp4 cut in its index', async () => (await fast()).subarray(0, 700), COPY, {
  code: 'AVIO_ERR_INPUT_INVALID',
})
situation(
  'mp4 without its index, at rest',
  cut(() => media.indexLastMp4(size)),
  COPY,
  {
    code: 'AVIO_ERR_MOOV_NOT_FOUND',
    says: /moov atom not found/,
  },
  { rest: true },
)
const INVALID = { code: 'AVIO_ERR_INPUT_INVALID', says: /Invalid data found/ } as const
const garbage = () => Promise.resolve(Buffer.alloc(200_000, 'garbage '))
situation('garbage, piped', garbage, COPY, INVALID)
situation('garbage, at rest', garbage, COPY, INVALID, { rest: true })
const REFUSED = {
  code: ['AVIO_ERR_FORMAT_REFUSED', 'AVIO_ERR_INPUT_INVALID', 'AVIO_ERR_PROTOCOL_REFUSED'],
} as const
situation('playlist, piped', text(PLAYLIST), COPY, REFUSED)
situation('playlist, at rest', text(PLAYLIST), COPY, REFUSED, { rest: true })
situation('playlist by name, piped', text(PLAYLIST), COPY, REFUSED, { input: { format: 'hls' } })
const SCRIPT = 'ffconcat version 1.0\nfile /etc/hostname\n'
situation('script, piped', text(SCRIPT), COPY, REFUSED)
situation('script, at rest', text(SCRIPT), COPY, REFUSED, { rest: true })

const unknown = (what: string, says: RegExp): Expected => ({ code: `AVIO_ERR_UNKNOWN_${what}`, says })
/** Since version 7, ffmpeg reports the options first. */
const filterOrOption = {
  code: ['AVIO_ERR_UNKNOWN_FILTER', 'AVIO_ERR_FFMPEG_ARGUMENT'],
  says: /nope/,
} as const
situation('unknown encoder', fast, 'mpegts:-c:v libnope', unknown('ENCODER', /Unknown encoder 'libnope'/))
situation('unknown decoder', fast, 'mpegts', unknown('DECODER', /Unknown decoder 'nope'/), {
  input: { args: ['-c:v', 'nope'] },
})
situation('unknown filter with options', fast, 'mpegts:-vf nope=1', filterOrOption)
situation('unknown filter', fast, 'mpegts:-vf nope', unknown('FILTER', /No such filter: 'nope'/))
situation('unknown filter in a graph', fast, 'mpegts:-filter_complex [0:v]nope=1[x] -map [x]', filterOrOption)
situation('unknown bitstream filter', fast, 'mpegts:-c copy -bsf:v nope', argument(/nope/))
situation('unknown input format', fast, 'mpegts', unknown('FORMAT', /Unknown input format: '?nope/), {
  input: { format: 'nope' },
})
situation('unknown output format', fast, 'nope', unknown('FORMAT', /output format 'nope'/))
situation('option of a filter', fast, 'mpegts:-vf scale=nope=1', argument(/[Oo]ption 'nope'/))
situation('value of a filter option', fast, 'mpegts:-vf scale=interl=4', argument(/"4"|interl/))
situation('size of a filter', fast, 'mpegts:-vf scale=-5:abc', argument(/abc/))
situation(
  'crop that is too large',
  fast,
  'mpegts:-vf crop=9999:9999',
  argument(/crop: Invalid too big or non positive size/),
)
const MISSING = { code: 'AVIO_ERR_FFMPEG_EXIT' } as const
situation('film of a filter is missing', fast, 'mpegts:-vf movie=/nope.mp4', {
  ...MISSING,
  says: /nope\.mp4/,
})
situation('subtitles of a filter are missing', fast, 'mpegts:-vf subtitles=/nope.srt', {
  ...MISSING,
  says: /nope\.srt/,
})
situation('-t never', fast, 'mpegts:-t never', argument(/never/))
situation('-nope 1', fast, 'mpegts:-nope 1', argument(/Unrecognized option 'nope'/))
// x264 writes that line outside ffmpeg's log, where another thread's line may split it; then the next line shows it.
const NOPE = /invalid (?:preset|tune) '.*nope'|setting preset\/tune \S*nope/
situation('preset', fast, 'mpegts:-c:v libx264 -preset nope', argument(NOPE))
situation(
  'preset of x265',
  fast,
  'mpegts:-c:v libx265 -preset nope',
  argument(/[Ii]nvalid preset nope|preset.*nope/),
)
situation('tune', fast, `mpegts:${X264} -tune nope`, argument(NOPE))
situation('-crf abc', fast, 'mpegts:-c:v libx264 -crf abc', argument(/abc/))
situation('-b:v abc', fast, 'mpegts:-c:v libx264 -b:v abc', argument(/abc/))
situation('-r abc', fast, 'mpegts:-c:v libx264 -r abc', argument(/framerate.*abc|abc.*frame ?rate/i))
situation('-pix_fmt nope', fast, 'mpegts:-c:v libx264 -pix_fmt nope', argument(/pixel format.*nope/))
situation('-sample_fmt nope', fast, 'mpegts:-c:a aac -sample_fmt nope', argument(/nope/))
situation('profile', fast, 'mpegts:-c:v libx264 -profile:v nope', argument(/invalid profile: nope/))
situation(
  'pixel format of no such profile',
  fast,
  'mpegts:-c:v libx264 -profile:v baseline -pix_fmt yuv444p',
  argument(/baseline profile doesn't support 4:4:4/),
)
situation('webp that moves', webp, 'mpegts:-c:v libx264', {
  // Newer versions have a decoder for it.
  code: ['AVIO_ERR_UNKNOWN_DECODER', 'ok'],
  says: /ANIM\. The input is an animated WebP/,
})
situation('-ar 7', fast, 'mpegts:-c:a aac -ar 7', argument(/7/))
situation('channels', fast, 'mp4:-vn -c:a aac -ac 99', argument(/channel/))
situation(
  'odd size',
  fast,
  'mpegts:-c:v libx264 -pix_fmt yuv420p -vf scale=151:99',
  argument(/not divisible by 2 \(151x99\)/),
)
situation('codec tag', fast, 'mp4:-c copy -tag:v hvc9', {
  code: 'AVIO_ERR_CODEC_NOT_IN_CONTAINER',
  says: /hvc9/,
})
const NO_STREAM = 'AVIO_ERR_NO_SUCH_STREAM'
situation('-map 0:7', fast, 'mpegts:-map 0:7', { code: NO_STREAM, says: /Stream map '(?:0:7)?'/ })
situation('-map 0:s', fast, 'matroska:-map 0:s', { code: NO_STREAM })
situation('-map 3:v', fast, 'matroska:-map 3:v', { code: NO_STREAM, says: /3/ })
situation('-map [x]', fast, 'mpegts:-map [x]', { code: NO_STREAM, says: /label 'x' does not exist/ })
situation('-vn -an', fast, 'mpegts:-vn -an', { code: NO_STREAM, says: /does not contain any stream/ })
situation('label of a graph', fast, 'matroska:-filter_complex [0:s]null[x] -map [x]', {
  code: NO_STREAM,
  says: /matches no streams/,
})
situation('-vsync', fast, `matroska:${X264} -vsync cfr`, { code: ['ok', 'AVIO_ERR_FFMPEG_ARGUMENT'] })
situation('-fps_mode', fast, `matroska:${X264} -fps_mode cfr`, OK)
situation('-noautorotate', fast, COPY, OK, { input: { args: ['-noautorotate'] } })
situation(
  '-autorotate 0',
  fast,
  COPY,
  { code: ['ok', 'AVIO_ERR_FFMPEG_ARGUMENT'] },
  { input: { args: ['-autorotate', '0'] } },
)
const CONTAINER = 'AVIO_ERR_CODEC_NOT_IN_CONTAINER'
situation('h264 in webm', fast, 'webm:-c copy', { code: CONTAINER, says: /Only VP8/ })
situation('two codecs in adts', fast, 'adts:-c:a mp2 -vn', {
  code: CONTAINER,
  says: /Only AAC|only codec aac/,
})
situation('pcm in mp4', wav, 'mp4:-c copy', { code: ['ok', CONTAINER] })
situation('opus in flv', wav, 'flv:-c:a libopus', { code: ['ok', CONTAINER] })
const ts = () => media.transportStream(size)
situation('aac of ts to mkv, copied', ts, COPY, { code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE' })
situation('aac of ts to mp4, copied', ts, 'mp4:-c copy', OK)
for (const [format, codec] of [
  ['mpegts', 'libx264'],
  ['matroska', 'libx264'],
  ['mp4', 'libx264'],
  ['gif', 'gif'],
] as const) {
  situation(`-ss past the end, ${format}, encoded`, fast, `${format}:-ss 1000 -c:v ${codec}`, NOTHING)
}
for (const format of ['mpegts', 'matroska', 'mp4', 'framemd5']) {
  situation(`-ss past the end, ${format}, copied`, fast, `${format}:-ss 1000 -c copy`, NOTHING)
}
const past = { rest: true, input: { args: ['-ss', '1000'] } } as const
situation('-ss of the input past the end, copied', fast, COPY, OK, past)
situation('-ss of the input past the end, encoded', fast, X, NOTHING, past)
situation('-ss of the input past the end, mp3', fast, 'mp3:-vn', NOTHING, past)
situation('-ss of the input past the end, flac', fast, 'flac:-vn', NOTHING, past)
situation('-frames 0', fast, 'matroska:-an -c copy -frames:v 0', NOTHING)
situation('null', fast, 'null', OK)
situation('no frame selected', fast, 'image2pipe:-an -vf select=0 -c:v png', NOTHING)
situation('metadata', fast, 'ffmetadata', OK)
situation('framemd5', fast, 'framemd5:-c copy', OK)
situation('subtitles', text(SUBTITLES), 'webvtt', OK)
situation('subtitles in mpegts', text(SUBTITLES), 'mpegts:-c:s dvbsub', {
  code: ['AVIO_ERR_FFMPEG_EXIT', 'AVIO_ERR_CODEC_NOT_IN_CONTAINER'],
  says: /[Ss]ubtitle/,
})

/** Two outputs of one input. */
function twoOutputs(name: string, lines: readonly [string, string], expected: Expected) {
  const run = async (ffmpegPath: string) => {
    const outputs = lines.map(line => output(line, []))
    const graph = new FfmpegProcess({ ffmpegPath, inputs: [{}], outputs })
    const ways = [pipeline(Readable.from([await fast()]), graph.inputs[0]!)]
    ways.push(...graph.outputs.map(stream => pipeline(stream, new Collector())))
    await Promise.allSettled(ways)
    await graph.result
  }
  situations.push({ name, run, formats: lines.map(line => output(line, []).format), ...expected })
}
twoOutputs('two outputs, one empty', [COPY, 'matroska:-ss 1000 -c copy'], {
  ...NOTHING,
  says: /outputs\[1\]/,
})
twoOutputs('two outputs', [COPY, 'mpegts:-c copy'], OK)
twoOutputs('two outputs, one preset', [COPY, 'mpegts:-c:v libx264 -preset nope'], argument(NOPE))

for (const killedBy of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
  const expected = { code: 'AVIO_ERR_FFMPEG_SIGNAL', says: new RegExp(killedBy) }
  situation(`killed by ${killedBy}`, ts, 'mpegts:-c copy', expected, { killedBy })
}

/** All of them. */
export const SITUATIONS: readonly Situation[] = situations
