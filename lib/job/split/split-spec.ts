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
import { type PackageSettings, type SplitPackage, packageSettings } from './package-settings.js'
import { needed, optional } from './spec-strings.js'
import type { EncodeSpeed } from './split-estimate.js'
import { type PlannedLimits, type SplitLimits, splitLimitsOption } from './split-limits.js'
import type { PlannedObject } from './split-plan.js'

/** The location of an object. */
export interface SplitLocation {
  /** The bucket's name, or the ARN of an access point. */
  readonly bucket: string
  /** The object's key. */
  readonly key: string
}

/** The object to make: one MP4 with its index first. */
export interface SplitObject extends SplitLocation {
  /** One object. @defaultValue `object` */
  readonly type?: 'object'
  /** The media type: the header `Content-Type`. @defaultValue `video/mp4` */
  readonly contentType?: string
  /** The header `Cache-Control`. @defaultValue none */
  readonly cacheControl?: string
  /** User metadata (`x-amz-meta-…`), beside the plan's own `avio-plan`. @defaultValue none */
  readonly metadata?: Readonly<Record<string, string>>
}

/** The output to split: one MP4 or one package, from one source. */
export interface SplitSpec {
  /** The source; without `etag` and `versionId`, its latest version. */
  readonly source: SplitLocation & { readonly versionId?: string; readonly etag?: string }
  /** Arguments of the object, as for any `mp4`: codecs, filters, maps. A package has them in its renditions. */
  readonly args?: readonly string[] | undefined
  /** The object or package to make. */
  readonly output: SplitObject | SplitPackage
  /**
   * The location of the pieces until they are joined: `prefix` is empty, or ends with `/`; nothing else may write below
   * it.
   */
  readonly work: { readonly bucket: string; readonly prefix: string }
  /**
   * - `prefer`: split if possible;
   * - `required`: fail with `AVIO_ERR_PLAN_UNSPLIT` if impossible;
   * - `auto`: split only if that is faster, given the number of `workers` and the pieces that are encoded already.
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
  /** Number of pieces encoded at the same time, for the estimate and `auto`: 1 to 10,000. @defaultValue 1 */
  readonly workers?: number
  /**
   * Measured speeds, for the estimate and `auto`, in seconds of video per second. Give them if you know them: assumed
   * speeds may be off by several times.
   * @defaultValue assumed by encoder, preset, picture size and frame rate
   */
  readonly encodeSpeed?: EncodeSpeed
}

/** The checked spec. */
export interface SplitSettings extends Pick<SplitSpec, 'source' | 'work'> {
  /** The outputs of ffmpeg: one for an object, one for each rendition of a package. */
  readonly outputs: readonly { readonly name: string; readonly args: readonly string[] }[]
  readonly output: Omit<PlannedObject, 'replaces'> | PackageSettings
  readonly mode: 'auto' | 'prefer' | 'required'
  readonly chunkSeconds: number
  readonly rate: FrameRate | undefined
  readonly gop: number | undefined
  readonly threads: number | undefined
  readonly workers: number
  readonly encodeSpeed: EncodeSpeed | undefined
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
  'encodeSpeed',
  'allowMixed',
  'limits',
]

/** Checks a spec. @throws `OptionError` */
export function splitSettings(spec: SplitSpec): SplitSettings {
  const options = optionsObject(spec, 'planSplit')
  knownOptions(options, 'planSplit', NAMES)
  const source = member(options, 'source', ['bucket', 'key', 'versionId', 'etag'])
  const work = member(options, 'work', ['bucket', 'prefix'])
  const prefix = prefixOption(work)
  const limits = splitLimitsOption(options)
  const threads = integerOption(options, 'threads', { min: 1, max: 256, default: undefined })
  if (threads !== undefined && threads > (limits?.threads ?? Infinity))
    throw optionError('threads', `at most ${limits!.threads}, as "limits.threads"`, threads)
  return {
    source: {
      ...{ bucket: needed(source, 'source.bucket'), key: needed(source, 'source.key') },
      ...optional(source, 'source.versionId'),
      ...optional(source, 'source.etag'),
    },
    ...outputSettings(spec),
    work: { bucket: needed(work, 'work.bucket'), prefix },
    mode: oneOfOption(options, 'mode', { values: ['auto', 'prefer', 'required'], default: 'prefer' }),
    chunkSeconds: chunkSecondsOption(options),
    rate: rateOption(options),
    gop: integerOption(options, 'gop', { min: 3, max: 3000, default: undefined, unit: 'frames' }),
    threads,
    workers: integerOption(options, 'workers', { min: 1, max: 10_000, default: 1 }),
    encodeSpeed: encodeSpeedOption(options),
    allowMixed: booleanOption(options, 'allowMixed', { default: false }),
    limits,
  }
}

function outputSettings(spec: SplitSpec): Pick<SplitSettings, 'output' | 'outputs'> {
  const output = objectOption<SplitSpec['output']>(spec, 'output')
  if (output === undefined) throw optionError('output', 'given', output)
  if (output.type === 'package') {
    if (spec.args !== undefined)
      throw optionError('args', 'left out for a package: its renditions have them', spec.args)
    return {
      output: packageSettings(output),
      outputs: output.renditions.map(({ name, args }) => ({ name, args })),
    }
  }
  return { output: objectSettings(output), outputs: [{ name: 'video', args: stringsOption(spec, 'args') }] }
}

function objectSettings(output: SplitObject): Omit<PlannedObject, 'replaces'> {
  knownOptions(output, 'output', ['type', 'bucket', 'key', 'contentType', 'cacheControl', 'metadata'])
  oneOfOption(output, 'output.type', { values: ['object', 'package'], default: 'object' })
  const metadata = stringMapOption(output, 'output.metadata')
  return {
    type: 'object',
    ...{ bucket: needed(output, 'output.bucket'), key: needed(output, 'output.key') },
    ...optional(output, 'output.contentType'),
    ...optional(output, 'output.cacheControl'),
    ...(metadata && { metadata }),
  }
}

function member(options: object, option: string, known: readonly string[]): object {
  const value = objectOption(options, option)
  if (value === undefined) throw optionError(option, 'given', value)
  knownOptions(value, option, known)
  return value
}

function prefixOption(work: { readonly prefix?: unknown }): string {
  // Empty for the whole bucket.
  const prefix = work.prefix === '' ? '' : needed(work, 'work.prefix')
  if (prefix === '' || prefix.endsWith('/')) return prefix
  throw optionError('work.prefix', 'empty, or a prefix that ends with "/"', prefix)
}

function chunkSecondsOption({ chunkSeconds = 60 }: Partial<SplitSpec>): number {
  if (typeof chunkSeconds === 'number' && chunkSeconds >= 1 && chunkSeconds <= 600) return chunkSeconds
  throw optionError('chunkSeconds', 'a number of seconds from 1 to 600', chunkSeconds)
}

const SPEEDS = ['chunk', 'whole'] as const
/** Beyond any encoder, so that a rate in frames or bytes is noticed. */
const MAX_SPEED = 100_000

function encodeSpeedOption(options: object): EncodeSpeed | undefined {
  const speeds = objectOption<EncodeSpeed>(options, 'encodeSpeed')
  if (speeds === undefined) return undefined
  knownOptions(speeds, 'encodeSpeed', SPEEDS)
  const stated = SPEEDS.filter(name => speeds[name] !== undefined)
  return Object.fromEntries(stated.map(name => [name, speedOption(name, speeds[name])]))
}

function speedOption(name: string, speed: unknown): number {
  if (typeof speed === 'number' && speed > 0 && speed <= MAX_SPEED) return speed
  throw optionError(`encodeSpeed.${name}`, `a number above 0 and up to ${MAX_SPEED}`, speed)
}

function rateOption(options: object): FrameRate | undefined {
  const text = stringOption(options, 'frameRate', { default: undefined })
  const rate = text === undefined ? undefined : parseRate(text)
  if (text !== undefined && rate === undefined)
    throw optionError('frameRate', 'frames per second, such as "25" or "24000/1001"', text)
  return rate
}
