import type { Argument } from '../../ffmpeg/args/parse-arguments.js'
import { UnsplitReason } from './unsplit.js'

/**
 * The arguments with which each encoder makes chunks that join into one track: key frames only on a fixed grid, no
 * references across a key frame (closed GOPs), a quality independent of the other chunks, and the same headers on every
 * worker.
 */

/** An encoder that can encode in chunks. */
interface Encoder {
  /** Its option that takes a list `name=value:…`, for settings without their own option. */
  readonly parameters?: string
  /** The entries of that list for a GOP of a given length. */
  readonly entries?: (gop: number) => string
  /** Whether its `-keyint_min` sets the shortest GOP. */
  readonly hasMinimum: boolean
  /** Whether it has an option for the fullness of the buffer at the start of a chunk. */
  readonly hasVbvInit: boolean
  /** Whether a constant quality is its default. */
  readonly isQualityDefault: boolean
  /** Its options for a constant quality. Others are ignored, with a warning. */
  readonly qualities: readonly string[]
  /** Those of them beside which `-b:v` is ignored, or only a cap. */
  readonly overBitrate: readonly string[]
}

/** Without `-crf`, they aim at an average bit rate. */
const BY_CRF = { isQualityDefault: false, qualities: ['crf'], overBitrate: ['crf'] } as const

const ENCODERS: Readonly<Record<string, Encoder>> = {
  libx264: {
    parameters: 'x264-params',
    entries: gop => `keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=0`,
    hasMinimum: true,
    hasVbvInit: true,
    isQualityDefault: true,
    qualities: ['crf', 'qp'],
    overBitrate: ['crf', 'qp'],
  },
  libx265: {
    parameters: 'x265-params',
    // Its headers would otherwise name the worker's processor and threads.
    entries: gop => `keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=0:info=0`,
    hasMinimum: true,
    hasVbvInit: true,
    isQualityDefault: true,
    qualities: ['crf', 'qp'],
    overBitrate: ['crf'],
  },
  'libvpx-vp9': { ...BY_CRF, hasMinimum: true, hasVbvInit: false },
  'libaom-av1': { ...BY_CRF, hasMinimum: true, hasVbvInit: false },
  libsvtav1: {
    parameters: 'svtav1-params',
    entries: () => 'scd=0:irefresh-type=2',
    hasMinimum: false,
    hasVbvInit: false,
    isQualityDefault: true,
    qualities: ['crf', 'qp'],
    overBitrate: ['crf', 'qp'],
  },
}

/** Names of the encoders that can encode in chunks. */
export const CHUNK_ENCODERS: readonly string[] = Object.keys(ENCODERS)

/** Names of the options that take lists of parameters. */
const PARAMETERS = new Set([
  'x264-params',
  'x264opts',
  'x264-opts',
  'x265-params',
  'svtav1-params',
  'aom-params',
])

/** Entries of those lists that set a target bit rate. */
const AIMS = /(?:^|:)(?:bitrate|tbr|rc|pass|stats|target-bitrate|end-usage)\s*=/
/** Entries that add or remove key frames. */
const KEYS =
  /(?:^|:)(?:intra-refresh|open-gop|keyint|min-keyint|scenecut|scd|irefresh-type|enable-fwd-kf|radl)\s*(?:=|:|$)/

/** The assumed fullness of a decoder's buffer at the start of a chunk. */
const VBV_INIT = 'vbv-init=0.5'

/** A video encoder and the user's arguments for it. */
export interface EncodingSpec {
  readonly encoder: string
  readonly args: readonly Argument[]
  /** Frames from one key frame to the next. */
  readonly gop: number
  readonly threads: number
  /** Whether to leave out the encoder's version. @defaultValue `false` */
  readonly isBitexact?: boolean
}

/** The arguments of an encoder. */
export interface Encoding {
  /** For the first chunk, and for a single run. */
  readonly first: readonly string[]
  /** For all other chunks. */
  readonly others: readonly string[]
  /** Notes for people: properties the joined video does not keep. */
  readonly notes: readonly string[]
}

/**
 * Returns the arguments with which an encoder makes chunks that join.
 *
 * @throws {@link UnsplitReason} for an encoder, or a way of rate control, that can't be split
 */
export function encodingOf({
  encoder: name,
  args,
  gop,
  threads,
  isBitexact = false,
}: EncodingSpec): Encoding {
  const encoder = ENCODERS[name]
  if (encoder === undefined) {
    const why =
      name === 'copy' ? 'copied video is not encoded' : 'how it starts and ends a chunk is not known'
    throw new UnsplitReason(
      'encoder',
      `"-c:v ${name}" can't be split: ${why}. Encoders that can: ${CHUNK_ENCODERS.join(', ')}.`,
    )
  }
  checkRate(name, encoder, args)
  for (const { name: option, value = '', tokens } of args) {
    if (option === 'intra-refresh' || (PARAMETERS.has(option) && KEYS.test(value)))
      throw new UnsplitReason('key-frames', `"${tokens.join(' ')}" changes where key frames are. Use "-g".`)
  }
  const isCapped = args.some(
    ({ name: option, value = '' }) =>
      option === 'maxrate' || (PARAMETERS.has(option) && /(?:^|:)vbv-maxrate\s*=/.test(value)),
  )
  const notes =
    isCapped && !encoder.hasVbvInit
      ? [
          `${name} takes no fullness of the buffer at the start of a chunk: near a join the bit rate may exceed ` +
            '"-maxrate" for a moment.',
        ]
      : []
  const common = [
    '-c:v',
    name,
    ...args.filter(({ name: option }) => !isOurs(option, encoder)).flatMap(({ tokens }) => tokens),
    ...['-g', String(gop)],
    ...(encoder.hasMinimum ? ['-keyint_min', String(gop)] : []),
    ...(name === 'libx264' ? ['-sc_threshold', '0'] : []),
    ...['-threads', String(threads)],
    ...(isBitexact ? ['-flags:v', '+bitexact'] : []),
  ]
  const list = (more: string[]) => parameterList(encoder, args, gop, more)
  return {
    first: [...common, ...list([])],
    others: [...common, ...list(isCapped && encoder.hasVbvInit ? [VBV_INIT] : [])],
    notes,
  }
}

/** Options that only this module may set. */
function isOurs(option: string, { parameters }: Encoder): boolean {
  return option === parameters || option === 'keyint_min' || option === 'sc_threshold'
}

/** The encoder's own list: the user's entries first, as the last one of a name counts. */
function parameterList(
  { parameters, entries }: Encoder,
  args: readonly Argument[],
  gop: number,
  more: readonly string[],
): string[] {
  if (parameters === undefined || entries === undefined) return []
  const own = args.findLast(({ name }) => name === parameters)?.value
  return [`-${parameters}`, [...(own === undefined ? [] : [own]), entries(gop), ...more].join(':')]
}

function checkRate(name: string, encoder: Encoder, args: readonly Argument[]): void {
  const has = (names: readonly string[]) => args.find(({ name: option }) => names.includes(option))
  const rate = has(['b', 'vb'])
  const list = args.find(({ name: option, value = '' }) => PARAMETERS.has(option) && AIMS.test(value))
  const isAim = rate !== undefined && rate.value !== '0' && has(encoder.overBitrate) === undefined
  const aim = list ?? (isAim ? rate : undefined) ?? has(['minrate'])
  if (aim !== undefined) {
    throw new UnsplitReason(
      'rate-control',
      `"${aim.tokens.join(' ')}" aims at an average bit rate, which no chunk knows by itself: simple ones would get ` +
        'too many bits, hard ones too few. Use a quality with a cap: -crf, -maxrate, -bufsize.',
    )
  }
  if (has(encoder.qualities) === undefined && !encoder.isQualityDefault)
    throw new UnsplitReason(
      'rate-control',
      `"-c:v ${name}" without "-crf" aims at an average bit rate. Set "-crf".`,
    )
}
