import { COMPLEX_GRAPHS, SIMPLE_GRAPHS } from './filtergraph.js'
import { type Argument, parseArguments } from './parse-arguments.js'
import { expectedDuration } from '../log/media-time.js'
import type { FfmpegProgress } from '../log/progress.js'

/** Arguments of an input or an output. */
interface WithArgs {
  readonly args: readonly string[]
}

/** Options that end an output, or reading an input, before the input's end. */
const TIMES = new Set(['t', 'to'])
const FRAMES = new Set(['frames', 'vframes', 'aframes', 'dframes'])
const OTHERS = new Set(['shortest', 'fs'])
const FILTERS = new Set([...SIMPLE_GRAPHS, ...COMPLEX_GRAPHS, 'filter_script', 'filter_complex_script'])
/** `trim=duration=5`, `atrim=0:5`: a filter that stops at some point. */
const TRIM = /\ba?trim=(?:[^,;[\]]*\b(?:end|end_pts|end_frame|end_sample|duration)=|[^,;[\]=:]*:)/
/** Seconds that may be missing at the end of a part: ffmpeg reports the start of its last frame. */
const GRAIN = 0.5

/**
 * Whether ffmpeg has read an input to its end, judged by the requested outputs and, for a part, by the time ffmpeg
 * reached.
 *
 * @param index - the input's index
 * @param inputs - the inputs' arguments
 * @param outputs - the outputs' arguments
 * @param report - ffmpeg's last report
 */
export function isReadToEnd(
  index: number,
  inputs: readonly WithArgs[],
  outputs: readonly WithArgs[],
  report: FfmpegProgress | undefined,
): boolean {
  const input = inputs[index]!
  const all = outputs.map(({ args }) => parseArguments(args, 'output.args'))
  const readers = all.filter(output => mayUse(output, index))
  const isPart = isLimited(input.args, 'input.args')
  if (!isPart && readers.some(output => limitsOf(output).length === 0)) return true
  const [output] = readers
  return (
    output !== undefined && readers.length === 1 && outputs.length === 1 && fellShort(input, output, report)
  )
}

/** Whether an output may use streams of an input: if it names its streams, only the named ones. */
function mayUse(output: readonly Argument[], index: number): boolean {
  const maps = output.filter(({ name }) => name === 'map')
  const graphs = output.filter(({ name }) => COMPLEX_GRAPHS.has(name))
  if (maps.length === 0) return true
  return (
    maps.some(({ value = '' }) => Number.parseInt(value, 10) === index) ||
    graphs.some(({ value = '' }) => new RegExp(`\\[${index}(?::|\\])`).test(value)) ||
    // Without a label, a graph may read from any input.
    (graphs.length === 0 && maps.some(({ value = '' }) => value.startsWith('[')))
  )
}

/** Whether arguments of an input or an output end it before the end of the input. */
export function isLimited(args: readonly string[], option: string): boolean {
  return limitsOf(parseArguments(args, option)).length > 0
}

function limitsOf(args: readonly Argument[]): Argument[] {
  return args.filter(
    ({ name, negated, value = '' }) =>
      TIMES.has(name) ||
      FRAMES.has(name) ||
      (OTHERS.has(name) && !negated) ||
      (FILTERS.has(name) && TRIM.test(value)),
  )
}

/** Whether a part ended before any of its limits: only the input's end can explain that. */
function fellShort(
  input: WithArgs,
  output: readonly Argument[],
  report: FfmpegProgress | undefined,
): boolean {
  const { outTime = 0, frame = 0 } = report ?? {}
  const limits = [...limitsOf(parseArguments(input.args, 'input.args')), ...limitsOf(output)]
  const isFiltered = output.some(({ name }) => FILTERS.has(name))
  const outputArgs = output.flatMap(({ tokens }) => tokens)
  return limits.every(({ name, specifier, value }) => {
    if (TIMES.has(name)) {
      return !isFiltered && outTime < expectedDuration(Infinity, input.args, outputArgs) - GRAIN
    }
    const isOfPictures = name === 'vframes' || (name === 'frames' && specifier.startsWith('v'))
    return isOfPictures && frame < Number(value)
  })
}
