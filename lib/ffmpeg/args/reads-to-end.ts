import { type Argument, parseArguments } from './parse-arguments.js'
import { expectedDuration } from '../log/media-time.js'
import type { FfmpegProgress } from '../log/progress.js'

/** Arguments of an input or an output. */
interface WithArgs {
  readonly args: readonly string[]
}

/** Options that end an output, or the reading of an input, before the input's end. */
const TIMES = new Set(['t', 'to'])
const FRAMES = new Set(['frames', 'vframes', 'aframes', 'dframes'])
const OTHERS = new Set(['shortest', 'fs'])
const FILTERS = new Set([
  'vf',
  'af',
  'filter',
  'filter_complex',
  'lavfi',
  'filter_script',
  'filter_complex_script',
])
/** `trim=duration=5`, `atrim=0:5`: a filter that has enough at some place. */
const TRIM = /\ba?trim=(?:[^,;[\]]*\b(?:end|end_pts|end_frame|end_sample|duration)=|[^,;[\]=:]*:)/
/** What may be missing at the end of a part, in seconds: its last picture, of which ffmpeg tells the beginning. */
const GRAIN = 0.5

/**
 * Whether ffmpeg has read an input to its end, by what it was told to make and, where that is a part, by how far it
 * came.
 *
 * @param index - which of the inputs
 * @param inputs - their arguments
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
  const isPart = limitsOf(parseArguments(input.args, 'input.args')).length > 0
  if (!isPart && readers.some(output => limitsOf(output).length === 0)) return true
  const [output] = readers
  return (
    output !== undefined && readers.length === 1 && outputs.length === 1 && fellShort(input, output, report)
  )
}

/** Whether an output may have streams of an input: where it names its streams, it is by those. */
function mayUse(output: readonly Argument[], index: number): boolean {
  const maps = output.filter(({ name }) => name === 'map')
  const graphs = output.filter(({ name }) => name === 'filter_complex' || name === 'lavfi')
  if (maps.length === 0) return true
  return (
    maps.some(({ value = '' }) => Number.parseInt(value, 10) === index) ||
    graphs.some(({ value = '' }) => new RegExp(`\\[${index}(?::|\\])`).test(value)) ||
    // What a graph takes without a label can be of any input.
    (graphs.length === 0 && maps.some(({ value = '' }) => value.startsWith('[')))
  )
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

/** Whether a part ended before any of its limits: only the input's end can have ended it. */
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
