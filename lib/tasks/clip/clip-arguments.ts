import { COMPLEX_GRAPHS } from '../../ffmpeg/args/filtergraph.js'
import { type Argument, parseArguments } from '../../ffmpeg/args/parse-arguments.js'
import { parseMediaTime } from '../../ffmpeg/log/media-time.js'
import { landingArguments, onClock } from '../shown-picture.js'
import type { Opening, Span } from './clip-look.js'

/** A time in ffmpeg's notation: to the microsecond, its own resolution, and never with an exponent. */
export function seconds(time: number): string {
  return time.toFixed(6)
}

/** Arguments before `-i` that make ffmpeg seek to a time; in a raw stream it finds only the start, without seeking. */
export function startArguments(time: number): string[] {
  return time === 0 ? [] : ['-ss', seconds(time)]
}

/** The codecs of an exact clip. */
export const ENCODED = ['-c:v', 'libx264', '-c:a', 'aac']

const CODECS = new Set(['c', 'codec', 'vcodec', 'acodec'])
const GRAPHS = new Set([...COMPLEX_GRAPHS, 'filter_script', 'filter_complex_script'])
/** Options that set frame times besides ours. */
const RATES = new Set(['r', 'fpsmax', 'vsync', 'fps_mode', 'enc_time_base'])

/** Whether the user's arguments copy the tracks of one kind. */
function isCopied(args: readonly Argument[], kind: 'v' | 'a'): boolean {
  const codec = args.findLast(
    ({ name, specifier }) =>
      name === `${kind}codec` || (CODECS.has(name) && (specifier === '' || specifier.startsWith(kind))),
  )
  return codec?.value === 'copy'
}

/**
 * Whether our filters can cut a clip to the frame: not if the user copies the video, and not before a filtergraph that
 * reads the video from the input itself.
 */
export function canBeFiltered(args: readonly string[]): boolean {
  const list = parseArguments(args, 'args')
  return !isCopied(list, 'v') && !list.some(({ name }) => GRAPHS.has(name))
}

/** Whether the user leaves out all audio. */
export function leavesOutAudio(args: readonly string[]): boolean {
  return parseArguments(args, 'args').some(({ name, negated }) => name === 'an' && !negated)
}

/** Maps the video, and all audio except the tracks without data in the clip. */
export function mapArguments(silent: readonly number[]): string[] {
  return ['-map', '0:V?', '-map', '0:a?', ...silent.flatMap(track => ['-map', `-0:a:${track}`])]
}

/** Input arguments of an exact clip: ffmpeg's clock shows 0 at its start. */
export function exactInput({ start }: Span, { line, landing }: Opening): string[] {
  return ['-itsoffset', seconds(-onClock(start, line) / 1e6), ...landingArguments(landing)]
}

/**
 * Output arguments of an exact clip, except its maps.
 *
 * The frame shown at the start begins before it: our filters keep it, and move it to 0. They show the last frame until
 * the end of the span, or of the media. The user's filters follow ours.
 */
export function exactOutput(span: Span, opening: Opening, args: readonly string[]): string[] {
  const list = parseArguments(args, 'args')
  const { line, shown, duration = Infinity } = opening
  const start = onClock(span.start, line)
  const length = Math.min(onClock(span.end, line) - start, ownLength(list))
  /** The end of the media counts, too. */
  const end = Math.min(length, Math.round((duration - span.start) * 1e6))
  const hasRate = list.some(({ name }) => RATES.has(name))
  // A constant rate repeats a frame as long as another one follows.
  const rate = list.findLast(({ name }) => name === 'r')?.value
  const isFilled = rate !== undefined && end > 0
  const filled = isFilled ? `,fps=${rate},tpad=stop=-1:stop_mode=clone,trim=end=${seconds(end / 1e6)}` : ''
  const filters: Filters = {
    // The look examined the first of several tracks.
    first:
      shown === undefined
        ? `settb=AVTB,trim=start_pts=0:end_pts=${length}`
        : `settb=AVTB,select='gte(pts,${shown - start})',setpts='if(eq(N,0),0,PTS)',trim=end_pts=${length}${filled}`,
    others: `settb=AVTB,trim=start_pts=0:end_pts=${length}`,
    audio: `atrim=start=0:end=${seconds(length / 1e6)}`,
    pictures: opening.pictures,
  }
  return [
    ...filterArguments(list, filters),
    ...(isCopied(list, 'a') ? ['-ss', '0', '-copypriorss:a', '0'] : []),
    ...(hasRate ? [] : ['-fps_mode:v', 'passthrough', '-enc_time_base:v', '1/90000']),
    ...(isFilled ? [] : lastDuration(end)),
    ...[...ENCODED, '-t', seconds(length / 1e6)],
    ...list.filter(argument => kindOf(argument) === undefined).flatMap(({ tokens }) => tokens),
  ]
}

/** The user's own limit on the clip's duration, in microseconds. */
function ownLength(args: readonly Argument[]): number {
  const { value } =
    args.findLast(({ name }) => name === 't') ?? args.findLast(({ name }) => name === 'to') ?? {}
  const length = value === undefined ? undefined : parseMediaTime(value)
  return length === undefined ? Infinity : Math.round(length * 1e6)
}

/**
 * Sets the last frame's duration: encoders and muxers guess it, and since version 6 ffmpeg takes the source's,
 * which may extend far past the end.
 *
 * @param end - the end of the clip, in microseconds
 */
function lastDuration(end: number): string[] {
  const ticks = `floor(${end}/1000000/TB)`
  const held = end > 0 ? `if(gt(${ticks},DTS),${ticks}-DTS,DURATION)` : 'DURATION'
  return ['-bsf:v', `setts=pts=PTS:dts=DTS:duration='if(eq(NEXT_DTS,NOPTS),${held},DURATION)'`]
}

/** Our filters. */
interface Filters {
  /** For the video track that the look examined. */
  readonly first: string
  /** For any other video track. */
  readonly others: string
  readonly audio: string
  /** Number of video tracks. */
  readonly pictures: number
}

/** Our filters, followed by the user's. One option per track: ffmpeg warns of two that apply to the same. */
function filterArguments(args: readonly Argument[], { first, others, audio, pictures }: Filters): string[] {
  const behind = (kinds: readonly string[]) => {
    const own = args.findLast(argument => kinds.includes(kindOf(argument) ?? ''))?.value
    return own === undefined ? '' : `,${own}`
  }
  const ofPictures = Array.from({ length: pictures }, (_, n) => [
    `-filter:v:${n}`,
    `${n === 0 ? first : others}${behind(['v', `v:${n}`, String(n)])}`,
  ])
  if (isCopied(args, 'a')) return ofPictures.flat()
  const single = args.filter(
    argument => /^a:|^\d+$/.test(kindOf(argument) ?? '') && !isPicture(argument, pictures),
  )
  const ofSound = [
    ['-filter:a', `${audio}${behind(['a'])}`],
    ...single.map(({ specifier, value = '' }) => [`-filter:${specifier}`, `${audio},${value}`]),
  ]
  return [...ofPictures, ...ofSound].flat()
}

/** The tracks of a user's filter: a specifier, `v` or `a` for all; `undefined` if it is not a filter. */
function kindOf({ name, specifier }: Argument): string | undefined {
  return name === 'vf' ? 'v' : name === 'af' ? 'a' : name === 'filter' ? specifier : undefined
}

function isPicture(argument: Argument, pictures: number): boolean {
  return Number(kindOf(argument)) < pictures
}
