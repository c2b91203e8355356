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
  /** Number of steps that run at the same time: 1 to 1,000. Each runs one ffmpeg, sometimes two. @defaultValue 1 */
  concurrency?: number | undefined
  /**
   * Number of steps that run at the same time on all workers of the queue: 1 to 1,000,000. It is stored with the queue:
   * the last worker that starts with this option sets it, and it stays when the workers are gone.
   * @defaultValue unchanged; at first no limit
   */
  globalConcurrency?: number | undefined
  /**
   * At most `max` steps (1 to 1,000,000) start within `duration` milliseconds (1 to 3,600,000), on all workers of the
   * queue together. Give it to each of them.
   * @defaultValue no limit
   */
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
   * How long running steps may go on after `close()`, in milliseconds: 0 to 2,147,483,647. Steps that are still running
   * then go back to the queue. Choose less than the time between SIGTERM and SIGKILL, which is 30 s on Kubernetes.
   * @defaultValue 20000
   */
  drainTimeout?: number | undefined
  /**
   * How long a worker keeps a step without renewing its lock, in milliseconds: 500 to 3,600,000. It renews the lock
   * twice in that time. Raise it for machines that are often overloaded; the step of a dead worker waits that long.
   * @defaultValue 30000
   */
  lockDuration?: number | undefined
  /**
   * How often to look for the steps of dead workers, in milliseconds: 100 to 3,600,000.
   * @defaultValue 30000
   */
  stalledInterval?: number | undefined
  /**
   * How often the workers of a step may die, or lose their locks, before it fails with `AVIO_ERR_QUEUE_STALLED`: 5 to
   * 1,000,000 times. Raise it where machines come and go, such as spot instances; a step that no machine survives then
   * takes down more workers before it is given up. The worker that finds a stalled step decides by its own value: give
   * all workers of a queue the same.
   * @defaultValue 5
   */
  maxStalledCount?: number | undefined
  /**
   * How long a step that needs another build of ffmpeg waits before it is offered again, in milliseconds: 100 to
   * 3,600,000. Each wait is between half and one and a half times as long.
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
  readonly maxStalledCount: number
  readonly elsewhereDelay: number
}

const NAMES = [
  ...['client', 'concurrency', 'globalConcurrency', 'limiter', 'allow', 'trust', 'ffmpegPath', 'ffprobePath'],
  ...['env', 'drainTimeout', 'lockDuration', 'stalledInterval', 'maxStalledCount', 'elsewhereDelay'],
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
    // Fewer would count the restarts of a rollout against the step.
    maxStalledCount: integerOption(options, 'maxStalledCount', { min: 5, max: 1_000_000, default: 5 }),
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
