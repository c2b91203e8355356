import { type Argument, refused } from './parse-arguments.js'
import { fileFilter, fileParameter } from './file-writing-values.js'

/**
 * What happens to the user's own arguments. Most are obeyed: they come after our defaults, and in ffmpeg the last
 * one wins. The table has the others: what would fight with the pipes, or would make ffmpeg write a file (promise 6:
 * what needs one is refused by name). `docs/formats.md` shows it; a test holds the two together.
 */

const FILE = 'it makes ffmpeg write a file, and no stage writes one.'
const TWO_PASS = `${FILE} Use one pass: -crf, or -b:v with -maxrate and -bufsize.`
const PRESET_FILE =
  'it reads a file of presets, whose text ffmpeg quotes in its errors. Give the options themselves.'
const NO_SEEK =
  'it needs an output in which ffmpeg can go back. Leave it out: a fragmented MP4 has its index in front.'

/** Arguments that are refused: `AVIO_ERR_ARGUMENT_REFUSED`, thrown by the constructor. */
export const REFUSED: Readonly<Record<string, string>> = {
  i: 'inputs are given beside "args": by piping into the stage, or as a source in "input" or "inputs" of FfmpegReadable. A filter can open more by itself: movie=, amovie=, anullsrc …',
  f: 'the format is the option "format" beside "args".',
  progress: 'the stage reads it on a pipe of its own. Listen for "progress".',
  stdin: 'standard input carries media.',
  target: 'it chooses a format by itself. Set "format" and the codecs one by one.',
  pass: TWO_PASS,
  passlogfile: TWO_PASS,
  'x265-stats': TWO_PASS,
  report: `${FILE} Listen for "log".`,
  vstats: FILE,
  vstats_file: FILE,
  stats_enc_pre: FILE,
  stats_enc_post: FILE,
  stats_mux_pre: FILE,
  print_graphs_file: FILE,
  sdp_file: FILE,
  dump_attachment: FILE,
  fs: 'it cuts the output off and ends as if all were well. Set limits.maxOutputBytes: past it nothing is stored.',
  fpre: PRESET_FILE,
  vpre: PRESET_FILE,
  apre: PRESET_FILE,
  spre: PRESET_FILE,
  pre: PRESET_FILE,
}

/** Arguments of the MP4 family that are refused. */
export const REFUSED_MP4: Readonly<Record<string, string>> = {
  moov_size: NO_SEEK,
  ism_lookahead: NO_SEEK,
}

/** Arguments that are taken out: they are set already, or mean nothing here. */
export const DROPPED: Readonly<Record<string, string>> = {
  y: 'no file is written, so none is overwritten',
  n: 'no file is written, so none is overwritten',
  hide_banner: 'set already',
  stdin: '`-nostdin` is set already',
  stats: 'the status line would break the log; listen for `progress`',
}

/** Arguments that are merged with ours. */
export const MERGED: Readonly<Record<string, string>> = {
  movflags: "with the defaults, by ffmpeg's own rule (below); MP4 family only",
  loglevel:
    'the more talkative of the two: the stage itself needs `verbose`, which it shows to nobody who asks for less',
  v: 'the same as `-loglevel`',
}

const SUBTITLES =
  'subtitles do not survive streaming: MP4 waits for the first cue of every track before it writes anything, and its ' +
  'fragments lose the ends of the cues. Make a WebVTT output of its own ("webvtt"), or use "matroska".'
const DATA =
  'a data track is sparse, and MP4 waits for the first sample of every track before it writes anything.'

/** Lists of an encoder library's own parameters. */
const PARAMETERS = /(params|x264opts)$/

/** Values that are refused: encoders and filters that write files, and a muxer that reads its output back. */
export const REFUSED_VALUES: readonly {
  readonly label: string
  readonly name: RegExp
  readonly refuses: (value: string) => boolean
  readonly why: string
}[] = [
  { label: '-flags pass1', name: /^flags$/, refuses: value => /pass[12]/.test(value), why: TWO_PASS },
  {
    label: '-x264-params pass=1',
    name: PARAMETERS,
    refuses: value => /(^|:)(pass|stats)\s*=/.test(value),
    why: TWO_PASS,
  },
  {
    label: '-x265-params csv=…',
    name: PARAMETERS,
    refuses: value => fileParameter(value) !== undefined,
    why: 'it names a file that the encoder writes or reads, and no stage writes one.',
  },
  {
    label: '-vf psnr=stats_file=…',
    name: /^(vf|af|filter|filter_complex|lavfi)$/,
    refuses: value => fileFilter(value) !== undefined,
    why: `${FILE} Without that option, what the filter measures is in "log".`,
  },
  {
    label: '-flvflags add_keyframe_index',
    name: /^flvflags$/,
    refuses: value => /(^|\+)add_keyframe_index/.test(value),
    why: 'it reads its own output back, and on a pipe waits for ever.',
  },
]

/** Fails for an argument that is refused whatever the place and the format. */
export function refuseEverywhere(argument: Argument, option: string): void {
  const { name, value, negated, tokens } = argument
  const why = REFUSED[name]
  if (why !== undefined && !negated) throw refused(tokens[0]!, option, why)
  for (const rule of REFUSED_VALUES) {
    if (value !== undefined && rule.name.test(name) && rule.refuses(value)) {
      throw refused(tokens.join(' '), option, rule.why)
    }
  }
}

/** Fails for an argument that a fragmented MP4 can't follow. */
export function refuseForMp4(argument: Argument, option: string): void {
  const { name, specifier, value = '', tokens } = argument
  const why = REFUSED_MP4[name]
  if (why !== undefined) throw refused(tokens.join(' '), option, why)
  const type =
    name === 'c' || name === 'codec' ? specifier.charAt(0) : name === 'map' ? mappedType(value) : ''
  if (name === 'scodec' || type === 's') throw refused(tokens.join(' '), option, SUBTITLES)
  if (name === 'dcodec' || type === 'd') throw refused(tokens.join(' '), option, DATA)
}

/** The type of stream that a `-map` asks for by name: `s` of `0:s:1`; empty for `0`, `0:2`, `-0:s` and labels. */
function mappedType(map: string): string {
  return /^\d+:(?:p:\d+:)?([a-zA-Z])(?=[:?]|$)/.exec(map)?.[1] ?? ''
}
