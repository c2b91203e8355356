import { type Argument, refused } from './parse-arguments.js'
import { fileFilter, fileParameter } from './file-writing-values.js'

/**
 * Handles the user's own arguments. ffmpeg obeys most of them: they follow our defaults, and the last one wins. The
 * tables list the others: arguments that conflict with the pipes or make ffmpeg write a file (promise 6: an argument
 * that needs a file is refused by name). `docs/formats.md` shows the tables; a test compares the two.
 */

const FILE = 'it makes ffmpeg write a file, and no stage writes one.'
const TWO_PASS = `${FILE} Use one pass: -crf, or -b:v with -maxrate and -bufsize.`
const PRESET_FILE =
  'it reads a preset file, whose text ffmpeg quotes in its errors. Give the options themselves.'
const NO_SEEK = 'it needs a seekable output. Leave it out: a fragmented MP4 has its index in front.'

/** Refused arguments: the constructor throws `AVIO_ERR_ARGUMENT_REFUSED`. */
export const REFUSED: Readonly<Record<string, string>> = {
  i:
    'inputs go beside "args": pipe into the stage, or give a source in "input" or "inputs" of FfmpegReadable. ' +
    'A filter can open more: movie=, amovie=, anullsrc …',
  f: 'the format is the option "format" beside "args".',
  progress: 'the stage reads it on its own pipe. Listen for "progress".',
  stdin: 'standard input carries media.',
  target: 'it chooses a format itself. Set "format" and the codecs one by one.',
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
  fs: 'it truncates the output and reports success. Set limits.maxOutputBytes: beyond it nothing is stored.',
  fpre: PRESET_FILE,
  vpre: PRESET_FILE,
  apre: PRESET_FILE,
  spre: PRESET_FILE,
  pre: PRESET_FILE,
}

/** Refused arguments of the MP4 family. */
export const REFUSED_MP4: Readonly<Record<string, string>> = {
  moov_size: NO_SEEK,
  ism_lookahead: NO_SEEK,
}

/** Arguments that are dropped: they are already set, or mean nothing here. */
export const DROPPED: Readonly<Record<string, string>> = {
  y: 'ffmpeg writes no file, so it overwrites none',
  n: 'ffmpeg writes no file, so it overwrites none',
  hide_banner: 'already set',
  stdin: '`-nostdin` is already set',
  stats: 'the status line would break the log; listen for `progress`',
}

/** Arguments merged with ours. */
export const MERGED: Readonly<Record<string, string>> = {
  movflags: "with the defaults, by ffmpeg's own rule (below); MP4 family only",
  loglevel:
    'the more verbose of the two: the stage itself needs `verbose`, and hides it from listeners that request less',
  v: 'the same as `-loglevel`',
}

const SUBTITLES =
  'subtitles do not survive streaming: MP4 waits for the first cue of every track before it writes anything, and its ' +
  'fragments lose the ends of the cues. Make a separate WebVTT output ("webvtt"), or use "matroska".'
const DATA =
  'a data track is sparse, and MP4 waits for the first sample of every track before it writes anything.'

/** Parameter lists of an encoder library. */
const PARAMETERS = /(params|x264opts)$/

/** Refused values: encoders and filters that write files, and a muxer that reads its output back. */
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
    why: `${FILE} Without that option, the filter's results are in "log".`,
  },
  {
    label: '-flvflags add_keyframe_index',
    name: /^flvflags$/,
    refuses: value => /(^|\+)add_keyframe_index/.test(value),
    why: 'it reads its own output back, and hangs on a pipe.',
  },
]

/** Throws for an argument refused in every place and format. */
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

/** Throws for an argument that a fragmented MP4 can't honor. */
export function refuseForMp4(argument: Argument, option: string): void {
  const { name, specifier, value = '', tokens } = argument
  const why = REFUSED_MP4[name]
  if (why !== undefined) throw refused(tokens.join(' '), option, why)
  const type =
    name === 'c' || name === 'codec' ? specifier.charAt(0) : name === 'map' ? mappedType(value) : ''
  if (name === 'scodec' || type === 's') throw refused(tokens.join(' '), option, SUBTITLES)
  if (name === 'dcodec' || type === 'd') throw refused(tokens.join(' '), option, DATA)
}

/** The stream type that a `-map` names: `s` for `0:s:1`; empty for `0`, `0:2`, `-0:s` and labels. */
function mappedType(map: string): string {
  return /^\d+:(?:p:\d+:)?([a-zA-Z])(?=[:?]|$)/.exec(map)?.[1] ?? ''
}
