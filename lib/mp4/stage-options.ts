import { GiB, KiB, MiB, integerOption, knownOptions, optionsObject, signalOption } from '../options.js'

/** Checked options that the stages for MP4 have in common. */
export interface StageSettings {
  readonly maxBoxSize: number
  /** `undefined` for Node's default. */
  readonly highWaterMark: number | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Checks the options that `Fmp4Validator` and `FaststartMp4` have in common, and the names of all.
 *
 * @param of - the stage, for messages
 * @param more - the names of its further options
 * @throws {@link OptionError} for an option that breaks its rule
 */
export function stageSettings(options: object, of: string, more: readonly string[] = []): StageSettings {
  knownOptions(optionsObject(options, of), of, [...more, 'maxBoxSize', 'signal', 'highWaterMark'])
  return {
    maxBoxSize: integerOption(options, 'maxBoxSize', {
      min: KiB,
      max: GiB,
      default: 16 * MiB,
      unit: 'bytes',
    }),
    highWaterMark: integerOption(options, 'highWaterMark', {
      min: 0,
      max: GiB,
      default: undefined,
      unit: 'bytes',
    }),
    signal: signalOption(options),
  }
}
