import { type Argument, parseArguments } from '../args/parse-arguments.js'
import type { MediaStreamInfo } from '../report/media-info.js'

/**
 * The streams selected by the arguments of an output: `-map`, `-vn` and the like, interpreted as ffmpeg does
 * (https://ffmpeg.org/ffmpeg.html#Stream-selection). An unknown specifier (programs, groups) matches nothing.
 */

/** Names of the options that exclude a kind of stream. */
const DISABLING: Readonly<Record<string, MediaStreamInfo['type']>> = {
  vn: 'video',
  an: 'audio',
  sn: 'subtitle',
  dn: 'data',
}
const LETTERS: Readonly<Record<string, MediaStreamInfo['type']>> = {
  v: 'video',
  V: 'video',
  a: 'audio',
  s: 'subtitle',
  d: 'data',
  t: 'attachment',
}

interface MapArgument {
  readonly negative: boolean
  readonly input: number
  /** The part after the number of the input, without the colon and the `?`. */
  readonly specifier: string
}

/** A stream among all those of its input. */
export interface MappedStream {
  readonly input: number
  readonly info: MediaStreamInfo
  readonly siblings: readonly MediaStreamInfo[]
}

/** The selection of an output. */
export class StreamMaps {
  readonly #disabled: ReadonlySet<MediaStreamInfo['type']>
  readonly #maps: readonly MapArgument[]

  /** @param args - the arguments of an output, checked */
  constructor(args: readonly string[]) {
    const list = parseArguments(args, 'output.args')
    this.#disabled = new Set(
      list.flatMap(({ name, negated }) =>
        Object.hasOwn(DISABLING, name) && !negated ? DISABLING[name]! : [],
      ),
    )
    this.#maps = list.flatMap(argument => readMap(argument) ?? [])
  }

  /** Whether streams are mapped, instead of left to ffmpeg's choice. A negative map alone maps none. */
  get areGiven(): boolean {
    return this.#maps.some(({ negative }) => !negative)
  }

  /** Whether a map means this very stream, instead of all of a kind. */
  names(stream: MappedStream): boolean {
    return this.#maps.some(
      ({ negative, input, specifier }) =>
        !negative && input === stream.input && isExact(specifier) && fits(specifier, stream),
    )
  }

  /** Whether the arguments ask for the stream; `undefined` if they leave the choice to ffmpeg. */
  asksFor(stream: MappedStream): boolean | undefined {
    if (this.#disabled.has(stream.info.type)) return false
    let isMapped: boolean | undefined = this.areGiven ? false : undefined
    for (const map of this.#maps) {
      if (map.input === stream.input && fits(map.specifier, stream)) isMapped = !map.negative
    }
    return isMapped
  }
}

/** Whether a specifier ends with an index or an id: it then means one stream, not all of a kind. */
function isExact(specifier: string): boolean {
  return /(?:^|:)\d+$/.test(specifier) || /(?:^|:)(?:#|i:)\w+$/.test(specifier)
}

/**
 * `-map [-]input[:specifier][?]`; the label of a filter graph is a map like any other, but selects no stream of an
 * input.
 */
function readMap({ name, value = '' }: Argument): MapArgument | undefined {
  if (name !== 'map') return undefined
  // Up to ffmpeg 6, `0:1,0:0` names a stream to sync with; ffmpeg 7 has `view:` and `vidx:` behind the specifier.
  const [, minus, input, specifier = ''] = /^(-?)(\d+)(?::([^?,]*))?\??(?:,.*)?$/.exec(value) ?? []
  if (input === undefined) return { negative: false, input: -1, specifier: '' }
  return {
    negative: minus === '-',
    input: Number(input),
    specifier: specifier.replace(/:?v(?:iew|idx|pos):.*$/, ''),
  }
}

function fits(specifier: string, { info, siblings }: MappedStream): boolean {
  let candidates = siblings
  let rest = specifier
  for (;;) {
    if (rest === '') return candidates.includes(info)
    const [head = '', ...tail] = rest.split(':')
    if (/^\d+$/.test(head)) return tail.length === 0 && candidates[Number(head)] === info
    if (Object.hasOwn(LETTERS, head)) {
      const isKind = (one: MediaStreamInfo) => one.type === LETTERS[head] && (head !== 'V' || !isPicture(one))
      candidates = candidates.filter(isKind)
      rest = tail.join(':')
    } else if (head === 'u') {
      return candidates.includes(info) && info.codec !== 'unknown'
    } else if (head === 'm') {
      const [key = '', value] = tail
      const tag = key === 'language' ? info.language : info.tags[key]
      return candidates.includes(info) && tag !== undefined && (value === undefined || tag === value)
    } else {
      const [, id] = /^(?:#|i:)(0x[\da-f]+|\d+)$/i.exec(rest) ?? []
      return id !== undefined && candidates.includes(info) && info.id === Number(id)
    }
  }
}

/** `-map 0:V` skips these. */
function isPicture({ disposition }: MediaStreamInfo): boolean {
  return disposition.includes('attached_pic') || disposition.includes('timed_thumbnails')
}
