import { BLOCK_SIZE } from '../../io/memory/block-pool.js'
import {
  GiB,
  integerOption,
  KiB,
  knownOptions,
  MiB,
  oneOfOption,
  optionsObject,
  signalOption,
} from '../../options.js'
import { READ_OPTIONS, readOptions, type S3ReadSettings } from './read-options.js'
import type { S3LocationOptions } from '../request/s3-location.js'

/** The options of {@link S3RangeReadable}. */
export type S3RangeReadableOptions = S3LocationOptions & S3RangeSettings

/** The range to read, and how. */
export interface S3RangeSettings extends S3ReadSettings {
  /** First byte to read, from 0. A start at or past the object's end is an error. @defaultValue 0 */
  start?: number | undefined
  /**
   * One past the last byte to read; more than `start`. As in HTTP, a value past the object's end means its end; `total`
   * of every `progress` event is the number of bytes to be delivered.
   *
   * @defaultValue the object's end
   */
  end?: number | undefined
  /**
   * Maximum number of concurrent ranges: 1 to 256. The throughput of one connection is limited; this many give that
   * many times as much. The next limit is `readAhead`.
   *
   * @defaultValue 6
   */
  concurrency?: number | undefined
  /**
   * Maximum number of bytes requested and not yet consumed, whether in flight, in memory or in the stream's buffer: 2
   * to 64 GiB. For full speed use at least `concurrency` × `partSize`; below that, ranges get smaller.
   *
   * @defaultValue 48 MiB
   */
  readAhead?: number | undefined
  /**
   * Whether to compare a read of a whole object with the store's checksum before the end.
   *
   * - `'auto'`: if the read takes more than one request, with a CRC-32 of the whole object, if there is one. This takes
   *   one HEAD, alongside the second range.
   * - `'always'`: every read, with any available checksum: CRC-32, CRC-32C, CRC-64/NVME, SHA-1, SHA-256, of the whole
   *   or of its parts, or an ETag that is an MD5. The first byte waits for the store's response; the checksum takes CPU
   *   time.
   * - `'off'`: never.
   *
   * If the store refuses the request, or has no checksum for the object, there is no check and nothing else changes;
   * `verified` of {@link S3RangeReadable} tells whether there was one.
   *
   * @defaultValue `'auto'`
   */
  verify?: 'auto' | 'always' | 'off' | undefined
  /** Destroys the stream, with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Size of the stream's own buffer, which is a share of `readAhead`, in bytes: 1 to `readAhead`.
   *
   * @defaultValue 256 KiB, or half of `readAhead` if that is less
   */
  highWaterMark?: number | undefined
}

/**
 * The first request is small: enough for a demuxer to identify its input, and no more than 20 ms of a single
 * connection. The requests after it follow as soon as its header has arrived.
 */
const FIRST_SIZE = 512 * KiB

const NAMES = [
  ...READ_OPTIONS,
  'start',
  'end',
  'concurrency',
  'readAhead',
  'verify',
  'signal',
  'highWaterMark',
] as const satisfies readonly (keyof S3RangeReadableOptions)[]

/**
 * Checks the options of `S3RangeReadable`.
 *
 * @throws {@link OptionError} for an option that breaks its rule
 */
export function rangeOptions(options: S3RangeReadableOptions) {
  knownOptions(optionsObject(options, 'S3RangeReadable', 'uri'), 'S3RangeReadable', NAMES)
  const target = readOptions(options, 'S3RangeReadable')
  const { partSize } = target
  const max = Number.MAX_SAFE_INTEGER
  const unit = 'bytes'
  const start = integerOption(options, 'start', { min: 0, max: max - 1, default: 0, unit })
  const end = integerOption(options, 'end', { min: start + 1, max, default: Infinity, unit, infinity: true })
  const concurrency = integerOption(options, 'concurrency', { min: 1, max: 256, default: 6 })
  const readAhead = integerOption(options, 'readAhead', { min: 2, max: 64 * GiB, default: 48 * MiB, unit })
  const highWaterMark = integerOption(options, 'highWaterMark', {
    min: 1,
    max: readAhead,
    default: Math.min(BLOCK_SIZE, Math.floor(readAhead / 2)),
    unit,
  })
  return {
    target,
    rule: { start, end, firstSize: Math.min(FIRST_SIZE, partSize), partSize, concurrency, readAhead },
    highWaterMark,
    verify: oneOfOption(options, 'verify', { values: ['auto', 'always', 'off'], default: 'auto' }),
    signal: signalOption(options),
  }
}
