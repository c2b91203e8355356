import { graphLengths } from '../args/filter-lengths.js'
import { COMPLEX_GRAPHS, SIMPLE_GRAPHS } from '../args/filtergraph.js'
import { type Argument, parseArguments } from '../args/parse-arguments.js'
import { trimmed } from '../log/media-time.js'

/** What the length of the outputs depends on. */
export interface LengthQuestion {
  /** The arguments of each input, and its duration in seconds, if known. */
  readonly inputs: readonly { readonly args: readonly string[]; readonly duration: number | undefined }[]
  /** The arguments of each output. */
  readonly outputs: readonly { readonly args: readonly string[] }[]
  readonly globalArgs: readonly string[]
  /** The inputs whose streams go into an output directly, without `-filter_complex`; `undefined` if that is unknown. */
  readonly feeds: (output: number) => ReadonlySet<number> | undefined
}

/** Options of an input that move, stretch or repeat its times. */
const MOVES_INPUT = new Set(['itsoffset', 'itsscale', 'stream_loop', 'sseof', 'r', 'loop', 'isync'])
/** Options of an output that end it at a point other than a time, or move its times. */
const ENDS_OUTPUT = new Set(['frames', 'vframes', 'aframes', 'dframes', 'output_ts_offset', 'filter_script'])
/** Times of the inputs themselves, from which nothing is subtracted. */
const KEEPS_TIMES = new Set(['copyts'])
const GRAPH_FILES = new Set(['filter_complex_script'])
/** A bitstream filter that sets times. */
const SETS_TIMES = /(?:^|,)setts\b/

/**
 * The length of the longest output, in seconds, which is what ffmpeg's progress runs to.
 *
 * @returns `undefined` if it can't be known: a bar then shows no percentage, rather than a wrong one
 */
export function expectedLength({ inputs, outputs, globalArgs, feeds }: LengthQuestion): number | undefined {
  const ofInputs = inputs.map(({ args }) => parseArguments(args, 'input.args'))
  const ofOutputs = outputs.map(({ args }) => parseArguments(args, 'output.args'))
  const all = [parseArguments(globalArgs, 'globalArgs'), ...ofInputs, ...ofOutputs].flat()
  if (all.some(argument => isOn(argument, KEEPS_TIMES) || GRAPH_FILES.has(argument.name))) return undefined
  const lengths = inputs.map(({ args, duration }, n) => {
    const isMoved = ofInputs[n]!.some(({ name }) => MOVES_INPUT.has(name))
    return isMoved || duration === undefined ? undefined : trimmed(duration, args)
  })
  const graphs = all
    .filter(({ name }) => COMPLEX_GRAPHS.has(name))
    .map(({ value = '' }) =>
      graphLengths(value, label => lengths[label === undefined ? onlyOf(inputs) : inputOf(label)]),
    )
  const lengthsOut = outputs.map(({ args }, n) => {
    const own = ofOutputs[n]!
    if (own.some(argument => ENDS_OUTPUT.has(argument.name) || setsTimes(argument))) return undefined
    const maps = own.filter(({ name }) => name === 'map').map(({ value = '' }) => value)
    const labels = maps.flatMap(map => /^\[(.*)\]$/.exec(map)?.[1] ?? [])
    const filtered = [
      ...labels.map(label => graphs.find(({ labeled }) => labeled.has(label))?.labeled.get(label)),
      // What has no label goes into the first output.
      ...(n === 0 ? graphs.flatMap(({ unlabeled }) => unlabeled) : []),
    ]
    const direct = directOf(maps, labels, inputs.length, graphs.length > 0, () => feeds(n))
    if (direct === undefined) return undefined
    const parts = [...filtered, ...direct.map(input => filteredLength(own, lengths[input]))]
    if (parts.length === 0 || !parts.every(part => part !== undefined)) return undefined
    const isShortest = own.some(argument => isOn(argument, SHORTEST))
    return trimmed(isShortest ? Math.min(...parts) : Math.max(...parts), args)
  })
  return lengthsOut.every(length => length !== undefined) ? Math.max(...lengthsOut) : undefined
}

const SHORTEST = new Set(['shortest'])

/** Whether a boolean is set. */
function isOn({ name, negated }: Argument, names: ReadonlySet<string>): boolean {
  return names.has(name) && !negated
}

function setsTimes({ name, value = '' }: Argument): boolean {
  return (name === 'bsf' || name === 'absf' || name === 'vbsf') && SETS_TIMES.test(value)
}

/** The inputs that go into an output without `-filter_complex`. A single one needs no report of ffmpeg's. */
function directOf(
  maps: readonly string[],
  labels: readonly string[],
  inputs: number,
  hasGraph: boolean,
  feeds: () => ReadonlySet<number> | undefined,
): readonly number[] | undefined {
  if (maps.length > 0 && labels.length === maps.length) return []
  if (inputs === 1 && !hasGraph) return [0]
  const found = feeds()
  return found && [...found]
}

/** The length of a stream behind the filters of its output: unknown if one of them changes it. */
function filteredLength(own: readonly Argument[], length: number | undefined): number | undefined {
  const isSame = own
    .filter(({ name }) => SIMPLE_GRAPHS.has(name))
    .every(({ value = '' }) => {
      const { labeled, unlabeled } = graphLengths(value, () => length)
      return [...labeled.values(), ...unlabeled].every(part => part === length)
    })
  return isSame ? length : undefined
}

/** The index of the input in a label: `0:v`, `1`. −1 for no input. */
function inputOf(label: string): number {
  const [, number] = /^(\d+)(?:$|:)/.exec(label) ?? []
  return Number(number ?? -1)
}

/** The input that a pad without a label reads: known if there is one. −1 if not. */
function onlyOf(inputs: readonly unknown[]): number {
  return inputs.length === 1 ? 0 : -1
}
