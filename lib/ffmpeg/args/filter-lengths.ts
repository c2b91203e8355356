import { type PaddedFilter, chainsOf } from './filtergraph.js'
import { parseMediaTime } from '../log/media-time.js'

/**
 * The length of what comes out of a filtergraph, for a progress bar: only from filters whose effect on times is
 * known. Everything else, including new filters, has an unknown length, and then there is no percentage rather than a
 * wrong one.
 */

/** Filters of one input whose output is as long as it, with the same times. */
const SAME = new Set(
  (
    'null copy format noformat scale zscale crop pad setsar setdar setfield setparams setrange colorspace ' +
    'colormatrix colorchannelmixer colorbalance colorcontrast colorcorrect colorlevels colorkey colorize ' +
    'colortemperature chromakey curves eq exposure vibrance hue huesaturation lut lut3d lutrgb lutyuv monochrome ' +
    'negate limiter transpose hflip vflip rotate unsharp gblur boxblur avgblur smartblur bilateral median cas ' +
    'deblock deband gradfun delogo nlmeans hqdn3d atadenoise drawbox drawgrid drawtext subtitles ass vignette ' +
    'tonemap fade fps settb yadif bwdif w3fdif estdif il fieldorder cropdetect blackdetect showinfo metadata ' +
    'sidedata hwupload hwdownload anull acopy aformat aresample volume loudnorm dynaudnorm acompressor alimiter ' +
    'agate highpass lowpass bandpass bandreject bass treble equalizer afade pan channelmap asetnsamples asettb ' +
    'deesser afftdn arnndn silencedetect volumedetect astats ashowinfo ametadata'
  ).split(' '),
)

/** Filters of several inputs: as long as they are, if all of them are equally long. */
const JOINED = new Set(
  'overlay hstack vstack xstack blend alphamerge maskedmerge premultiply amix amerge join sidechaincompress'.split(
    ' ',
  ),
)

const COPIES = new Set(['split', 'asplit'])
const TRIMS = new Set(['trim', 'atrim'])
const RESETS = new Set(['setpts', 'asetpts'])
/** `setpts=PTS-STARTPTS`: the first time becomes 0. */
const FROM_ZERO = /^\s*PTS\s*-\s*STARTPTS\s*$/

/** Lengths that differ by no more, in seconds, count as equal: video and audio end within a frame of each other. */
const EQUAL = 0.1

/** What is known of a pad; `undefined` for nothing. */
type Pad = { readonly seconds: number; readonly start: number } | undefined

/** The lengths of what comes out of a graph, in seconds; `undefined` for an unknown one. */
export interface GraphLengths {
  /** By the labels of pads that no filter of the graph takes. */
  readonly labeled: ReadonlyMap<string, number | undefined>
  /** Of pads without a label. */
  readonly unlabeled: readonly (number | undefined)[]
}

/**
 * The lengths of what comes out of a graph.
 *
 * @param graph - the value of `-filter_complex`, `-vf` …
 * @param inputLength - the length of an input, in seconds, by its label (`0:v`); `undefined` for a pad without a label
 */
export function graphLengths(
  graph: string,
  inputLength: (label: string | undefined) => number | undefined,
): GraphLengths {
  const chains = chainsOf(graph).filter(chain => chain[0]!.name !== 'sws_flags')
  const made = new Set(chains.flat().flatMap(({ outputs }) => outputs))
  const pads = new Map<string, Pad>()
  const unlabeled: Pad[] = []
  const inputOf = (label?: string): Pad => {
    if (label !== undefined && made.has(label)) {
      const pad = pads.get(label)
      pads.delete(label)
      return pad
    }
    const seconds = inputLength(label)
    return seconds === undefined ? undefined : { seconds, start: 0 }
  }
  // A chain may come before the one that makes its input.
  for (let left = chains; left.length > 0;) {
    const ready = left.filter(chain => isReady(chain, made, pads))
    // A circle, which ffmpeg itself refuses.
    if (ready.length === 0) break
    for (const chain of ready) unlabeled.push(...passChain(chain, inputOf, pads))
    left = left.filter(chain => !ready.includes(chain))
  }
  const lengths = [...pads].map(([label, pad]) => [label, lengthOf(pad)] as const)
  return { labeled: new Map(lengths), unlabeled: unlabeled.map(lengthOf) }
}

/** Whether all inputs of a chain that the graph itself makes are there; those of the chain itself will be. */
function isReady(
  chain: readonly PaddedFilter[],
  made: ReadonlySet<string>,
  pads: ReadonlyMap<string, Pad>,
): boolean {
  const own = new Set(chain.flatMap(({ outputs }) => outputs))
  return chain.every(({ inputs }) =>
    inputs.every(label => !made.has(label) || pads.has(label) || own.has(label)),
  )
}

/** Returns the pads that are left without a label at the end of the chain. */
function passChain(
  chain: readonly PaddedFilter[],
  inputOf: (label?: string) => Pad,
  pads: Map<string, Pad>,
): readonly Pad[] {
  let flow: readonly Pad[] = []
  for (const filter of chain) {
    const given = [...filter.inputs.map(inputOf), ...flow]
    const outputs = effectOf(filter, given.length > 0 ? given : [inputOf()])
    for (const [n, label] of filter.outputs.entries()) pads.set(label, outputs?.[n])
    flow =
      outputs === undefined
        ? filter.outputs.length > 0
          ? []
          : [undefined]
        : outputs.slice(filter.outputs.length)
  }
  return flow
}

/** The outputs of a filter; `undefined` if its effect is unknown. */
function effectOf(filter: PaddedFilter, inputs: readonly Pad[]): readonly Pad[] | undefined {
  const { name, options } = filter
  const [first] = inputs
  if (SAME.has(name)) return inputs.length === 1 ? [first] : undefined
  if (COPIES.has(name)) return copiesOf(filter, first)
  if (name === 'concat') return concatOf(filter, inputs)
  if (TRIMS.has(name)) return [trimmed(filter, first)]
  if (RESETS.has(name)) {
    const isReset = options.length === 1 && FROM_ZERO.test(options[0]!.value)
    return isReset ? [first && { seconds: first.seconds, start: 0 }] : undefined
  }
  if (!JOINED.has(name)) return undefined
  const lengths = inputs.map(lengthOf)
  const isEqual = lengths.every(length => length !== undefined && Math.abs(length - lengths[0]!) <= EQUAL)
  return isEqual ? [first] : undefined
}

function copiesOf({ options, outputs }: PaddedFilter, input: Pad): readonly Pad[] | undefined {
  const count = Number(options[0]?.value ?? 2)
  if (!Number.isInteger(count) || count < outputs.length || count > MAX_PADS) return undefined
  return Array.from({ length: count }, () => input)
}

/** More pads than any graph has. */
const MAX_PADS = 1000

/** Segments one after the other: each as long as its longest stream, with which the others are filled up. */
function concatOf({ options }: PaddedFilter, inputs: readonly Pad[]): readonly Pad[] | undefined {
  const [n = 2, v = 1, a = 0] = ['n', 'v', 'a'].map((key, at) => {
    const value =
      options.find(option => option.key === key) ?? (options[at]?.key === undefined ? options[at] : undefined)
    return value === undefined ? undefined : Number(value.value)
  })
  const width = v + a
  if (![n, v, a].every(Number.isInteger) || width < 1 || inputs.length !== n * width) return undefined
  const lengths = inputs.map(lengthOf)
  if (!lengths.every(length => length !== undefined)) return undefined
  let seconds = 0
  for (let at = 0; at < lengths.length; at += width) seconds += Math.max(...lengths.slice(at, at + width))
  return Array.from({ length: width }, () => ({ seconds, start: 0 }))
}

/** `trim=5:10`, `trim=start=5:duration=5`: the times stay, until `setpts=PTS-STARTPTS`. */
function trimmed({ options }: PaddedFilter, input: Pad): Pad {
  const times: Record<string, number | undefined> = {}
  for (const [n, { key, value }] of options.entries()) {
    const name = key ?? ['start', 'end'][n] ?? ''
    if (!['start', 'end', 'duration'].includes(name)) return undefined
    times[name] = parseMediaTime(value)
    if (times[name] === undefined) return undefined
  }
  const { start = 0, end = Infinity, duration = Infinity } = times
  if (input === undefined || input.start !== 0) return undefined
  const last = Math.min(input.seconds, end, start + duration)
  return { seconds: Math.max(0, last - start), start }
}

/** The length of a pad whose times begin with 0. */
function lengthOf(pad: Pad): number | undefined {
  return pad?.start === 0 ? pad.seconds : undefined
}
