/**
 * Parses a filtergraph down to its filters and their options, as ffmpeg's own parser does
 * (libavfilter/graphparser.c, libavutil/opt.c): `[in]name@id=key=value:value[out],name;…`. It removes quotes and
 * backslashes twice: once from a filter's options as a whole and once from each option.
 *
 * It reads malformed graphs as far as possible: ffmpeg itself rejects them.
 */

/** Options whose value is the filtergraph of one stream. */
export const SIMPLE_GRAPHS: ReadonlySet<string> = new Set(['vf', 'af', 'filter'])
/** Options whose value is a filtergraph between inputs and outputs. */
export const COMPLEX_GRAPHS: ReadonlySet<string> = new Set(['filter_complex', 'lavfi'])

/** One filter. */
export interface Filter {
  /** Without its instance: `scale` for `scale@hd`. */
  readonly name: string
  /** In order. An option without a key goes by its position among the filter's options, up to the first key. */
  readonly options: readonly FilterOption[]
}

/** One filter, and the labels of its pads. */
export interface PaddedFilter extends Filter {
  /** Labels in front of it: `0:v`, `left`. */
  readonly inputs: readonly string[]
  /** Labels behind it. */
  readonly outputs: readonly string[]
}

/** One option of a filter. */
export interface FilterOption {
  /** `undefined` for a positional option. */
  readonly key: string | undefined
  readonly value: string
}

/** The filters of a graph, in order. */
export function filtersOf(graph: string): Filter[] {
  return chainsOf(graph)
    .flat()
    .map(({ name, options }) => ({ name, options }))
}

/** The chains of a graph, in order: in each, what a filter makes without a label goes into the next one. */
export function chainsOf(graph: string): PaddedFilter[][] {
  const chains: PaddedFilter[][] = [[]]
  let at = 0
  while (at < graph.length) {
    // Labels of pads, the scaler's flags in front (`sws_flags=…;`), and separators between filters.
    const before = labelsAt(graph, at)
    const { text, end } = token(graph, before.end, '[,;')
    const after = labelsAt(graph, end)
    if (text !== '') chains.at(-1)!.push({ ...filterOf(text), inputs: before.labels, outputs: after.labels })
    if (graph[after.end] === ';') chains.push([])
    // A separator or a stray character: always advance.
    at = after.end + 1
  }
  return chains.filter(chain => chain.length > 0)
}

function filterOf(text: string): Filter {
  const equals = text.indexOf('=')
  const [name = ''] = (equals < 0 ? text : text.slice(0, equals)).trim().split('@')
  return { name, options: equals < 0 ? [] : optionsOf(text.slice(equals + 1)) }
}

function optionsOf(text: string): FilterOption[] {
  const options: FilterOption[] = []
  let at = 0
  while (at < text.length) {
    const [, key] = /^\s*([\w]+)\s*=/.exec(text.slice(at, at + MAX_KEY)) ?? []
    if (key !== undefined) at = text.indexOf('=', at) + 1
    const { text: value, end } = token(text, at, ':')
    options.push({ key, value })
    at = end + 1
  }
  return options
}

/** No filter has an option with a longer name. */
const MAX_KEY = 100

/** The text up to one of `ends`, without quotes, backslashes and surrounding white space (`av_get_token`). */
function token(from: string, start: number, ends: string): { text: string; end: number } {
  let text = ''
  let at = start
  let isQuoted = false
  /** Quoted or escaped text keeps its white space. */
  let kept = 0
  while (at < from.length && (isQuoted || !ends.includes(from[at]!))) {
    const char = from[at++]!
    if (char === "'") isQuoted = !isQuoted
    else if (char === '\\' && !isQuoted && at < from.length) text += from[at++]!
    else {
      text += char
      if (!isQuoted) continue
    }
    kept = text.length
  }
  return { text: (text.slice(0, kept) + text.slice(kept).trimEnd()).trimStart(), end: at }
}

function labelsAt(graph: string, start: number): { labels: readonly string[]; end: number } {
  const labels: string[] = []
  let at = start
  for (;;) {
    while (/\s/.test(graph[at] ?? '')) at++
    if (graph[at] !== '[') return { labels, end: at }
    const close = graph.indexOf(']', at)
    if (close < 0) return { labels, end: graph.length }
    labels.push(graph.slice(at + 1, close).trim())
    at = close + 1
  }
}
