import { type Argument, parseArguments } from '../args/parse-arguments.js'
import type { OutputSpec } from '../args/build-arguments.js'
import { muxerOf } from '../args/muxers.js'

/** The filter that unwraps AAC from ADTS frames. */
export const FILTER = 'aac_adtstoasc'

/** The aspects of an output that depend on the input. */
export interface Wants {
  /** Whether audio may be copied. */
  readonly adts: boolean
  /** Whether all audio is copied, without a filter of the user's. */
  readonly all: boolean
  /** Whether an attached picture may be mapped. */
  readonly cover: boolean
  /** Whether the library keeps the cover. */
  readonly keepsCover: boolean
  /** Whether the user maps streams, instead of leaving the choice to ffmpeg. */
  readonly maps: boolean
}

/** Reads what the arguments of an output leave to its input. */
export function readWants({ format, args, cover }: Pick<OutputSpec, 'format' | 'args' | 'cover'>): Wants {
  const keepsCover = cover === 'keep'
  if (!muxerOf(format).isMp4) return { adts: false, all: false, cover: false, keepsCover, maps: false }
  const list = parseArguments(args, 'output.args')
  const isCodec = (name: string) => name === 'c' || name === 'codec'
  const isOfAudio = ({ specifier }: { specifier: string }) => !/^[vVsdt](:|$)/.test(specifier)
  const isFilter = (name: string) => name === 'bsf' || name === 'absf'
  const codecs = list.filter(one => one.name === 'acodec' || (isCodec(one.name) && isOfAudio(one)))
  return {
    adts:
      codecs.some(({ value }) => value === 'copy') &&
      !list.some(argument => argument.name === 'an' || unwrapsAll(argument)),
    all:
      codecs.every(({ value }) => value === 'copy') &&
      codecs.some(({ specifier }) => specifier === '' || specifier === 'a') &&
      !list.some(one => isFilter(one.name) && isOfAudio(one)),
    cover: !list.some(({ name }) => name === 'vn'),
    keepsCover,
    maps: list.some(({ name }) => name === 'map'),
  }
}

/** Whether the user has given the filter for all audio of the output. */
function unwrapsAll({ name, specifier, value }: Argument): boolean {
  const isForAll = (name === 'bsf' && (specifier === '' || specifier === 'a')) || name === 'absf'
  return isForAll && value?.includes(FILTER) === true
}
