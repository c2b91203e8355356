import {
  booleanOption,
  integerOption,
  knownOptions,
  objectOption,
  oneOfOption,
  optionError,
  optionsObject,
  stringMapOption,
  stringOption,
  stringsOption,
} from '../../options.js'
import { type FrameRate, parseRate } from '../grid/rational.js'
import { type PlannedLimits, type SplitLimits, splitLimitsOption } from './split-limits.js'

/** The location of an object. */
export interface SplitLocation {
  readonly bucket: string
  readonly key: string
}

/** The output to split: one MP4, from one source. */
export interface SplitSpec {
  /** The source; without `etag` and `versionId`, its latest version. */
  readonly source: SplitLocation & { readonly versionId?: string; readonly etag?: string }
  /** Arguments of the output, as for any `mp4`: codecs, filters, maps. */
  readonly args: readonly string[]
  /** The object to make. */
  readonly output: SplitLocation & {
    /** @defaultValue `video/mp4` */
    readonly contentType?: string
    readonly cacheControl?: string
    readonly metadata?: Readonly<Record<string, string>>
  }
  /** The location of the pieces until they are joined: `prefix` ends with `/`, and nothing else may write below it. */
  readonly work: { readonly bucket: string; readonly prefix: string }
  /**
   * - `prefer`: split if possible;
   * - `required`: fail with `AVIO_ERR_PLAN_UNSPLIT` if impossible;
   * - `auto`: split only if that is faster, given the number of `workers`.
   * @defaultValue `prefer`
   */
  readonly mode?: 'auto' | 'prefer' | 'required'
  /**
   * Length of a chunk, in seconds: 1 to 600. Shorter chunks lose less when a worker dies; longer ones cost less,
   * because each chunk has a start and a run-up, and its encoder starts without history. 30 to 120 is a good choice.
   * @defaultValue 60
   */
  readonly chunkSeconds?: number
  /** The output's frame rate, such as `24000/1001`. @defaultValue that of `-r` in `args`, else that of the source */
  readonly frameRate?: string
  /** Frames from one key frame to the next: 3 to 3,000. @defaultValue that of `-g` in `args`, else 2 s of frames */
  readonly gop?: number
  /**
   * Threads of each encoder: 1 to 256. Part of the plan, because the bytes of some encoders depend on it.
   * @defaultValue that of `-threads` in `args`, else 1
   */
  readonly threads?: number
  /**
   * Whether pieces from different builds of ffmpeg may be joined. Their headers are written without version strings
   * (`+bitexact`), and the join checks that all chunks have the same initialization segment, byte by byte: then each of
   * them decodes as it does by itself. Builds that write another one can't be mixed (`AVIO_ERR_PLAN_MIXED`).
   * @defaultValue `false`
   */
  readonly allowMixed?: boolean
  /**
   * Limits for untrusted media, for each ffmpeg that a step runs. `threads` is also a maximum for those of the encoder.
   * @defaultValue no limits
   */
  readonly limits?: SplitLimits
  /** Number of chunks encoded at the same time, for `auto`: 1 to 10,000. @defaultValue 1 */
  readonly workers?: number
}

/** The checked spec. */
export interface SplitSettings extends Pick<SplitSpec, 'source' | 'output' | 'work'> {
  readonly args: readonly string[]
  readonly mode: 'auto' | 'prefer' | 'required'
  readonly chunkSeconds: number
  readonly rate: FrameRate | undefined
  readonly gop: number | undefined
  readonly threads: number | undefined
  readonly workers: number
  readonly allowMixed: boolean
  readonly limits: PlannedLimits | undefined
}

const NAMES = [
  'source',
  'args',
  'output',
  'work',
  'mode',
  'chunkSeconds',
  'frameRate',
  'gop',
  'threads',
  'workers',
  'allowMixed',
  'limits',
]

/** Checks a spec. @throws `OptionError` */
export function splitSettings(spec: SplitSpec): SplitSettings {
  const options = optionsObject(spec, 'planSplit')
  knownOptions(options, 'planSplit', NAMES)
  const source = member(options, 'source', ['bucket', 'key', 'versionId', 'etag'])
  const output = member(options, 'output', ['bucket', 'key', 'contentType', 'cacheControl', 'metadata'])
  const work = member(options, 'work', ['bucket', 'prefix'])
  const metadata = stringMapOption(output, 'output.metadata')
  const prefix = needed(work, 'work.prefix')
  const limits = splitLimitsOption(options)
  const threads = integerOption(options, 'threads', { min: 1, max: 256, default: undefined })
  if (threads !== undefined && threads > (limits?.threads ?? Infinity))
    throw optionError('threads', `at most ${limits!.threads}, as "limits.threads"`, threads)
  if (!prefix.endsWith('/')) throw optionError('work.prefix', 'a prefix that ends with "/"', prefix)
  return {
    source: {
      ...{ bucket: needed(source, 'source.bucket'), key: needed(source, 'source.key') },
      ...optional(source, 'source.versionId'),
      ...optional(source, 'source.etag'),
    },
    output: {
      ...{ bucket: needed(output, 'output.bucket'), key: needed(output, 'output.key') },
      ...optional(output, 'output.contentType'),
      ...optional(output, 'output.cacheControl'),
      ...(metadata && { metadata }),
    },
    work: { bucket: needed(work, 'work.bucket'), prefix },
    args: stringsOption(options, 'args'),
    mode: oneOfOption(options, 'mode', { values: ['auto', 'prefer', 'required'], default: 'prefer' }),
    chunkSeconds: chunkSecondsOption(options),
    rate: rateOption(options),
    gop: integerOption(options, 'gop', { min: 3, max: 3000, default: undefined, unit: 'frames' }),
    threads,
    workers: integerOption(options, 'workers', { min: 1, max: 10_000, default: 1 }),
    allowMixed: booleanOption(options, 'allowMixed', { default: false }),
    limits,
  }
}

function member(options: object, option: string, known: readonly string[]): object {
  const value = objectOption(options, option)
  if (value === undefined) throw optionError(option, 'given', value)
  knownOptions(value, option, known)
  return value
}

function needed(options: object, option: string): string {
  const value = stringOption(options, option, { default: undefined })
  if (value === undefined) throw optionError(option, 'given', value)
  return value
}

function optional(options: object, option: string): Record<string, string> {
  const value = stringOption(options, option, { default: undefined })
  return value === undefined ? {} : { [option.slice(option.indexOf('.') + 1)]: value }
}

function chunkSecondsOption({ chunkSeconds = 60 }: Partial<SplitSpec>): number {
  if (typeof chunkSeconds === 'number' && chunkSeconds >= 1 && chunkSeconds <= 600) return chunkSeconds
  throw optionError('chunkSeconds', 'a number of seconds from 1 to 600', chunkSeconds)
}

function rateOption(options: object): FrameRate | undefined {
  const text = stringOption(options, 'frameRate', { default: undefined })
  const rate = text === undefined ? undefined : parseRate(text)
  if (text !== undefined && rate === undefined)
    throw optionError('frameRate', 'frames per second, such as "25" or "24000/1001"', text)
  return rate
}
