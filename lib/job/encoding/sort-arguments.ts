import { type Argument, parseArguments } from '../../ffmpeg/args/parse-arguments.js'
import { type FrameRate, parseRate } from '../grid/rational.js'
import { UnsplitReason } from './unsplit.js'

/**
 * Sorts the arguments of an output by their target: the chunks of its video, its audio, or the joined file. Any unknown
 * argument is a reason not to split, because a different effect in a chunk would go unnoticed.
 */

/** The arguments of an output, sorted. */
export interface SortedArguments {
  /** Whether the output has video; `false` with `-vn`, or if only audio is mapped. */
  readonly hasVideo: boolean
  /** The video encoder. */
  readonly encoder: string
  /** Arguments of the video, without those below. */
  readonly video: readonly Argument[]
  /** The video's filters; empty without any. */
  readonly filters: string
  /** The video track of the source, for `-map`; `undefined` leaves the choice to the plan. */
  readonly videoMap: string | undefined
  /** The frame rate the arguments ask for. */
  readonly rate: FrameRate | undefined
  /** Frames between key frames (`-g`). */
  readonly gop: number | undefined
  /** Seconds between key frames, from `-force_key_frames 'expr:gte(t,n_forced*2)'`. */
  readonly keySeconds: number | undefined
  readonly threads: number | undefined
  /** Arguments of the audio, with its maps; `undefined` for `-an`. */
  readonly audio: readonly string[] | undefined
  /** Arguments of the file. */
  readonly file: readonly string[]
}

/** Options of video encoders, and of video alone. Any other option with a video stream specifier counts, too. */
const VIDEO = new Set(
  (
    'crf qp cqp preset tune level level_idc pix_fmt s aspect bf refs maxrate bufsize minrate profile tier flags2 ' +
    'x264-params x264opts x264-opts x265-params svtav1-params aom-params b_strategy b-pyramid b_pyramid weightp ' +
    'weightb rc-lookahead rc_lookahead aq-mode aq-strength me_method motion-est me_range subq trellis coder cmp ' +
    'partitions direct-pred qmin qmax qdiff qcomp i_qfactor b_qfactor slices mbtree psy psy-rd deblock fast-pskip ' +
    '8x8dct mixed-refs chromaoffset nal-hrd avcintra-class a53cc udu_sei forced-idr cpu-used deadline quality row-mt ' +
    'tile-columns tile-rows tiles frame-parallel auto-alt-ref lag-in-frames arnr-maxframes arnr-strength arnr-type ' +
    'aq-mode usage static-thresh enable-cdef enable-restoration still-picture color_primaries color_trc colorspace ' +
    'color_range chroma_sample_location field_order sws_flags vtag nr sc_threshold g keyint_min b vb crf_max crf-max'
  ).split(' '),
)

/** Options of audio alone. */
const AUDIO = new Set(
  'ac ar ab aq af acodec atag sample_fmt channel_layout ch_layout aac_coder application vbr'.split(' '),
)

/** Options of the file. */
const FILE = new Set(['metadata', 'movflags', 'disposition', 'frag_duration'])

/** Options without an effect here. */
const DROPPED = new Set(['max_muxing_queue_size', 'sn', 'dn'])

/** Values for a constant frame rate, which chunks have anyway. */
const CONSTANT = new Set(['cfr', '1', 'auto', '-1'])

const FILE_TIMES = new Set(['ss', 't', 'to', 'frames', 'vframes', 'aframes', 'fs', 'shortest', 'sseof'])

/**
 * Sorts an output's arguments.
 *
 * @param args - the arguments, checked as those of any output
 * @throws {@link UnsplitReason}
 */
export function sortArguments(args: readonly string[]): SortedArguments {
  const sorter = new Sorter()
  for (const argument of parseArguments(args, 'args')) sorter.add(argument)
  return sorter.result()
}

class Sorter {
  readonly #video: Argument[] = []
  readonly #audio: string[] = []
  readonly #audioMaps: string[] = []
  readonly #file: string[] = []
  #encoder: string | undefined
  #filters = ''
  #videoMap: string | undefined
  #isMapped = false
  #rate: FrameRate | undefined
  #gop: number | undefined
  #keySeconds: number | undefined
  #threads: number | undefined
  #isSilent = false
  #isBlind = false

  add(argument: Argument): void {
    const { name, specifier, value = '', tokens } = argument
    const text = tokens.join(' ')
    const kind = specifier.charAt(0)
    if (DROPPED.has(name)) return
    if (name === 'an') this.#isSilent = true
    else if (name === 'vn') this.#isBlind = true
    else if (name === 'map') this.#map(value)
    else if (isCodec(argument)) this.#codec(argument)
    else if (name === 'r' && kind !== 'a') this.#rate = rateOf(value, text)
    else if (name === 'fps_mode' || name === 'vsync') checkConstant(value, text)
    else if (name === 'force_key_frames') this.#keySeconds = keySecondsOf(value, text)
    else if (name === 'vf' || (name === 'filter' && kind === 'v')) this.#filters = value
    else if (name === 'threads' && kind !== 'a') this.#threads = threadsOf(value, text)
    else if (name === 'g' && kind !== 'a') this.#gop = gopOf(value, text)
    else if (FILE.has(name)) this.#file.push(...tokens)
    else if (FILE_TIMES.has(name)) throw refused(text, 'it cuts the output, and would cut each chunk')
    else if (AUDIO.has(name) || kind === 'a') this.#audio.push(...tokens)
    else if (kind === 'v' || (kind === '' && VIDEO.has(name))) this.#addVideo(argument)
    else throw refused(text, 'it is not known to do in a chunk what it does in the whole')
  }

  result(): SortedArguments {
    const hasAudio = !this.#isSilent && (!this.#isMapped || this.#audioMaps.length > 0)
    return {
      hasVideo: !this.#isBlind && (!this.#isMapped || this.#videoMap !== undefined),
      encoder: this.#encoder ?? 'libx264',
      video: this.#video,
      filters: this.#filters,
      videoMap: this.#videoMap,
      rate: this.#rate,
      gop: this.#gop,
      keySeconds: this.#keySeconds,
      threads: this.#threads,
      audio: hasAudio ? [...this.#audioMaps, ...this.#audio] : undefined,
      file: this.#file,
    }
  }

  #map(value: string): void {
    this.#isMapped = true
    if (/^0:[vV](:0)?\??$/.test(value) && this.#videoMap === undefined) this.#videoMap = value
    else if (/^0:a(:|\?|$)/.test(value)) this.#audioMaps.push('-map', value)
    else throw refused(`-map ${value}`, 'only one video track (0:v) and audio tracks (0:a) can be split')
  }

  #codec({ name, specifier, value = '' }: Argument): void {
    const kind = name === 'acodec' ? 'a' : name === 'vcodec' ? 'v' : specifier.charAt(0)
    if (kind !== 'a') this.#encoder = value
    if (kind === 'a') this.#audio.push(`-c:${specifier === '' ? 'a' : specifier}`, value)
    else if (kind === '') this.#audio.push('-c:a', value)
  }

  #addVideo(argument: Argument): void {
    const { name, value = '', tokens } = argument
    if (/^(ss|t|to|itsoffset|bsf|enc_time_base|copyinkf)$/.test(name))
      throw refused(tokens.join(' '), 'it is not known to do in a chunk what it does in the whole')
    if (name === 'flags' && /global_header|pass|psnr/.test(value))
      throw refused(tokens.join(' '), 'the muxer sets these flags')
    this.#video.push(argument)
  }
}

function isCodec({ name, specifier }: Argument): boolean {
  if (name === 'vcodec' || name === 'acodec') return true
  return (name === 'c' || name === 'codec') && /^(?:$|[va])/.test(specifier)
}

function refused(text: string, why: string): UnsplitReason {
  return new UnsplitReason('argument', `"${text}" can't be split: ${why}.`)
}

function rateOf(value: string, text: string): FrameRate {
  const rate = parseRate(value)
  if (rate === undefined) throw new UnsplitReason('frame-rate', `"${text}" is not a constant frame rate.`)
  return rate
}

function checkConstant(value: string, text: string): void {
  if (CONSTANT.has(value)) return
  throw new UnsplitReason(
    'frame-rate',
    `"${text}" keeps a variable frame rate, whose frames have no common grid to cut on. Give the output a constant ` +
      'one (-r) to split it.',
  )
}

const FORCED = /^expr:\s*gte\(\s*t\s*,\s*n_forced\s*\*\s*(\d+(?:\.\d+)?)\s*\)$/

function keySecondsOf(value: string, text: string): number {
  const [, seconds] = FORCED.exec(value) ?? []
  if (seconds !== undefined && Number(seconds) > 0) return Number(seconds)
  throw new UnsplitReason(
    'key-frames',
    `"${text}" places key frames by a list, or by an expression that counts from the first frame of each chunk. Use ` +
      '"-g", or "expr:gte(t,n_forced*SECONDS)".',
  )
}

function threadsOf(value: string, text: string): number | undefined {
  if (!/^\d{1,3}$/.test(value)) throw refused(text, 'it is not a number of threads')
  return value === '0' ? undefined : Number(value)
}

function gopOf(value: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value)
  throw new UnsplitReason('key-frames', `"${text}" is not a fixed number of frames between key frames.`)
}
