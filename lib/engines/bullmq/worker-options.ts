import type { S3Client } from '@aws-sdk/client-s3'
import { type JobAllow, JobPolicy } from '../../job/allow/job-policy.js'
import {
  integerOption,
  knownOptions,
  objectOption,
  oneOfOption,
  stringMapOption,
  stringOption,
} from '../../options.js'
import { clientOption } from '../../s3/request/s3-client.js'
import { type QueueOptions, type QueueSettings, queueSettings } from './queue-options.js'

/** Options of a worker. */
export interface WorkerOptions extends QueueOptions {
  /** The client for all requests to S3. @defaultValue created from the environment, like the SDK's default */
  client?: S3Client | undefined
  /** Steps that run at the same time: 1 to 1,000. Each is one ffmpeg, or two. @defaultValue 1 */
  concurrency?: number | undefined
  /**
   * Steps that run at the same time on all workers of the queue: 1 to 1,000,000. The setting is the queue’s own; the
   * last worker that starts with one decides, and it stays when the workers are gone.
   * @defaultValue as it is
   */
  globalConcurrency?: number | undefined
  /** Steps that all workers together start in a time of `duration` ms, at most `max`. @defaultValue no limit */
  limiter?: { readonly max: number; readonly duration: number } | undefined
  /** The locations that jobs may open. @defaultValue every bucket, no URLs, no files */
  allow?: JobAllow | undefined
  /** Who writes the jobs: see `runJob`. @defaultValue `owner` */
  trust?: 'owner' | 'strangers' | undefined
  /** The ffmpeg to run. @defaultValue as for `FfmpegTransform` */
  ffmpegPath?: string | undefined
  /** The ffprobe to run. @defaultValue as for `probe` */
  ffprobePath?: string | undefined
  /** Environment variables for ffmpeg, added to the few it inherits. @defaultValue none */
  env?: Record<string, string> | undefined
  /**
   * How long running steps may go on after `close()`, in milliseconds: 0 to 2,147,483,647. What is still running then
   * goes back to the queue. Choose less than the time between SIGTERM and SIGKILL, which is 30 s on Kubernetes.
   * @defaultValue 20000
   */
  drainTimeout?: number | undefined
  /**
   * How long a worker keeps a step without a sign of life, in milliseconds: 500 to 3,600,000. It renews its lock twice
   * in that time. Raise it for machines that are slow to answer; a dead worker’s step waits that long.
   * @defaultValue 30000
   */
  lockDuration?: number | undefined
  /**
   * How often to look for steps of dead workers, in milliseconds: 100 to 3,600,000.
   * @defaultValue 30000
   */
  stalledInterval?: number | undefined
  /**
   * How long a step that this machine can’t run (another build of ffmpeg) waits before it is offered again, in
   * milliseconds: 100 to 3,600,000.
   * @defaultValue 10000
   */
  elsewhereDelay?: number | undefined
}

/** The checked options. */
export interface WorkerSettings extends QueueSettings {
  readonly client: S3Client
  readonly concurrency: number
  readonly globalConcurrency: number | undefined
  readonly limiter: { readonly max: number; readonly duration: number } | undefined
  readonly allow: JobAllow | undefined
  readonly trust: 'owner' | 'strangers'
  readonly ffmpegPath: string | undefined
  readonly ffprobePath: string | undefined
  readonly env: Record<string, string> | undefined
  readonly drainTimeout: number
  readonly lockDuration: number
  readonly stalledInterval: number
  readonly elsewhereDelay: number
}

const NAMES = [
  ...['client', 'concurrency', 'globalConcurrency', 'limiter', 'allow', 'trust', 'ffmpegPath', 'ffprobePath'],
  ...['env', 'drainTimeout', 'lockDuration', 'stalledInterval', 'elsewhereDelay'],
]
const HOUR = 3_600_000

/** Checks the options of a worker. @throws `OptionError` */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  const settings = queueSettings(options, 'worker', NAMES)
  // Checked now, used for each job.
  JobPolicy.option(options)
  const time = (name: string, min: number, max: number, fallback: number) =>
    integerOption(options, name, { min, max, default: fallback, unit: 'ms' })
  return {
    ...settings,
    client: clientOption(options),
    concurrency: integerOption(options, 'concurrency', { min: 1, max: 1000, default: 1 }),
    globalConcurrency: integerOption(options, 'globalConcurrency', {
      ...{ min: 1, max: 1_000_000, default: undefined },
    }),
    limiter: limiterOption(options),
    allow: options.allow,
    trust: oneOfOption(options, 'trust', { values: ['owner', 'strangers'], default: 'owner' }),
    ffmpegPath: stringOption(options, 'ffmpegPath', { default: undefined }),
    ffprobePath: stringOption(options, 'ffprobePath', { default: undefined }),
    env: stringMapOption(options, 'env'),
    drainTimeout: time('drainTimeout', 0, 2_147_483_647, 20_000),
    lockDuration: time('lockDuration', 500, HOUR, 30_000),
    stalledInterval: time('stalledInterval', 100, HOUR, 30_000),
    elsewhereDelay: time('elsewhereDelay', 100, HOUR, 10_000),
  }
}

function limiterOption(options: object): { max: number; duration: number } | undefined {
  const limiter = objectOption(options, 'limiter')
  if (limiter === undefined) return undefined
  knownOptions(limiter, 'limiter', ['max', 'duration'])
  return {
    max: integerOption(limiter, 'limiter.max', { min: 1, max: 1_000_000, default: 1 }),
    duration: integerOption(limiter, 'limiter.duration', { min: 1, max: HOUR, default: 1000, unit: 'ms' }),
  }
}
