import { GiB, integerOption, MAX_TIMEOUT, MiB } from '../../options.js'
import { minThroughputOption } from '../async/stall-timer.js'

/** The options that all readers over a network share, checked. */
export interface FetchOptions {
  /** Milliseconds; `Infinity` for never. */
  readonly stallTimeout: number
  /** Bytes a second; 0 for no minimum. */
  readonly minThroughput: number
  /** Attempts for each range, the first one included. */
  readonly maxAttempts: number
  /** Bytes of the largest range of one request. */
  readonly partSize: number
}

/** The names of {@link FetchOptions}, for `knownOptions`. */
export const FETCH_OPTIONS = [
  'partSize',
  'stallTimeout',
  'minThroughput',
  'maxAttempts',
] as const satisfies readonly (keyof FetchOptions)[]

/** Reads the shared options; an invalid one throws `AVIO_ERR_OPTION`. */
export function fetchOptions(options: object): FetchOptions {
  return {
    stallTimeout: integerOption(options, 'stallTimeout', {
      min: 1,
      max: MAX_TIMEOUT,
      default: 30_000,
      unit: 'milliseconds',
      infinity: true,
    }),
    minThroughput: minThroughputOption(options),
    maxAttempts: integerOption(options, 'maxAttempts', { min: 1, max: 100, default: 8 }),
    partSize: integerOption(options, 'partSize', { min: 1, max: 5 * GiB, default: 8 * MiB, unit: 'bytes' }),
  }
}
