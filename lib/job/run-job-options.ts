import { availableParallelism } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { FfmpegLogEntry } from '../ffmpeg/log/log.js'
import type { Monitor } from '../io/monitor/monitor.js'
import { isReadable, isWritable } from '../io/stream-kinds.js'
import {
  functionOption,
  integerOption,
  knownOptions,
  oneOfOption,
  optionError,
  optionsObject,
  signalOption,
  stringMapOption,
  stringOption,
} from '../options.js'
import { clientOption } from '../s3/request/s3-client.js'
import type { Unsplit } from './encoding/unsplit.js'
import { type JobAllow, JobPolicy } from './allow/job-policy.js'

/** The progress of a job. */
export interface JobProgress {
  /**
   * `probe`: reports on inputs; `images`: thumbnails and sheets; `encode`: ffmpeg writes objects, packages,
   * or the pieces of a split job; `join`: the pieces become one object.
   */
  readonly phase: 'probe' | 'images' | 'encode' | 'join'
  /** The number of the output, from 0; absent while ffmpeg writes several. */
  readonly output?: number
  /** Completed share of the phase, 0 to 100, if it is known. */
  readonly percent?: number
  /** Estimated seconds to the end of the phase; absent until it is known. */
  readonly eta?: number
  /** Media time of the outputs so far, in seconds. */
  readonly outTime?: number
  /** Seconds of media per second of wall time. */
  readonly speed?: number
  /** Frames per second of wall time. */
  readonly fps?: number
  /** Bytes read by ffmpeg. */
  readonly bytesIn?: number
  /** Bytes written by ffmpeg. */
  readonly totalSize?: number
  /** Thumbnails, sheets or pieces so far. */
  readonly done?: number
}

/** Options of `runJob`: everything that depends on the machine, not on the job. */
export interface RunJobOptions {
  /** The client for all requests to S3. @defaultValue created from the environment, like the SDK's default */
  client?: S3Client | undefined
  /**
   * The locations the job may open. @defaultValue every bucket, no URLs, no files
   */
  allow?: JobAllow | undefined
  /**
   * Who wrote the job.
   *
   * - `owner`: its arguments are trusted like your own code;
   * - `strangers`: ffmpeg arguments and filters are refused, encodings and formats come from closed lists, limits are
   *   mandatory.
   * @defaultValue `owner`
   */
  trust?: 'owner' | 'strangers' | undefined
  /** Ends the job with an `AbortError`; nothing is stored, unless the commit is already under way. */
  signal?: AbortSignal | undefined
  /** Called as the job proceeds, about twice a second. @defaultValue nobody */
  onProgress?: ((progress: JobProgress) => void) | undefined
  /**
   * Called for each line that ffmpeg logs while it writes objects, packages, or the pieces of a split job. Those of
   * pieces that are encoded at the same time alternate.
   * @defaultValue nobody
   */
  onLog?: ((entry: FfmpegLogEntry) => void) | undefined
  /**
   * Called once, before data flows, with a monitor of the stages that make the objects and packages, as by `transcode`.
   * Not called for a job in pieces, and for one that makes neither. @defaultValue nobody
   */
  onMonitor?: ((monitor: Monitor) => void) | undefined
  /** Called if a job with `split` runs whole, with the reason. @defaultValue nobody */
  onUnsplit?: ((reason: Unsplit) => void) | undefined
  /** Pieces of a split job that are encoded at the same time: 1 to 1,000. @defaultValue the number of processors */
  concurrency?: number | undefined
  /** The stream for the input `-`. @defaultValue none: the input is refused */
  stdin?: Readable | undefined
  /** The stream for the output `-`. @defaultValue none: the output is refused */
  stdout?: Writable | undefined
  /** The ffmpeg to run. @defaultValue as for `FfmpegTransform` */
  ffmpegPath?: string | undefined
  /** The ffprobe to run. @defaultValue as for `probe` */
  ffprobePath?: string | undefined
  /** Environment variables for ffmpeg, added to the few it inherits. @defaultValue none */
  env?: Record<string, string> | undefined
}

/** {@link RunJobOptions}, checked. */
export interface RunJobSettings {
  readonly client: S3Client
  readonly policy: JobPolicy
  readonly isStranger: boolean
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: JobProgress) => void) | undefined
  readonly onLog: ((entry: FfmpegLogEntry) => void) | undefined
  readonly onMonitor: ((monitor: Monitor) => void) | undefined
  readonly onUnsplit: ((reason: Unsplit) => void) | undefined
  readonly concurrency: number
  readonly stdin: Readable | undefined
  readonly stdout: Writable | undefined
  readonly ffmpegPath: string | undefined
  readonly ffprobePath: string | undefined
  readonly env: Record<string, string> | undefined
}

const NAMES = [
  ...['client', 'allow', 'trust', 'signal', 'onProgress', 'onLog', 'stdin', 'stdout'],
  ...['onMonitor', 'onUnsplit', 'concurrency', 'ffmpegPath', 'ffprobePath', 'env'],
]

/** Checks the options of `runJob`. @throws `OptionError` for an invalid option */
export function runJobOptions(options: RunJobOptions): RunJobSettings {
  knownOptions(optionsObject(options, 'runJob'), 'runJob', NAMES)
  const { stdin, stdout } = options
  if (stdin !== undefined && !isReadable(stdin)) throw optionError('stdin', 'a Readable', stdin)
  if (stdout !== undefined && !isWritable(stdout)) throw optionError('stdout', 'a Writable', stdout)
  return {
    client: clientOption(options),
    policy: JobPolicy.option(options),
    isStranger:
      oneOfOption(options, 'trust', { values: ['owner', 'strangers'], default: 'owner' }) === 'strangers',
    signal: signalOption(options),
    onProgress: functionOption(options, 'onProgress'),
    onLog: functionOption(options, 'onLog'),
    onMonitor: functionOption(options, 'onMonitor'),
    onUnsplit: functionOption(options, 'onUnsplit'),
    concurrency: integerOption(options, 'concurrency', {
      min: 1,
      max: 1000,
      default: availableParallelism(),
    }),
    stdin,
    stdout,
    ffmpegPath: stringOption(options, 'ffmpegPath', { default: undefined }),
    ffprobePath: stringOption(options, 'ffprobePath', { default: undefined }),
    env: stringMapOption(options, 'env'),
  }
}
