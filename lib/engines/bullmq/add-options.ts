import type { S3Client } from '@aws-sdk/client-s3'
import { integerOption } from '../../options.js'
import { clientOption } from '../../s3/request/s3-client.js'
import { type QueueOptions, type QueueSettings, queueSettings } from './queue-options.js'
import type { QueuedAs } from './queued-options.js'

/** Options of `addJob`. */
export interface AddJobOptions extends QueueOptions {
  /**
   * The client that reads the versions of the inputs.
   * @defaultValue created from the environment, like the SDK's default
   */
  client?: S3Client | undefined
  /**
   * Jobs with a lower number go first: 0 to 1,000,000. The pieces of a job that has begun go before other jobs of the
   * same priority.
   * @defaultValue 0
   */
  priority?: number | undefined
  /**
   * How often each step is tried: 1 to 100. An error that a retry can't resolve fails the job at once. A step whose
   * worker died, or that a worker gave back, does not use up an attempt.
   * @defaultValue 3
   */
  attempts?: number | undefined
  /**
   * The wait before the second attempt, in milliseconds: 1 to 86,400,000. Each further wait is twice as long; half of
   * it is random.
   * @defaultValue 5000
   */
  backoff?: number | undefined
}

/** The checked options. */
export interface AddJobSettings extends QueueSettings {
  readonly client: S3Client
  readonly queued: QueuedAs
}

/** Checks the options of `addJob` and `addBatch`. @throws `OptionError` */
export function addJobSettings(
  options: AddJobOptions,
  of: string,
  more: readonly string[] = [],
): AddJobSettings {
  const names = ['client', 'priority', 'attempts', 'backoff', ...more]
  return {
    ...queueSettings(options, of, names),
    client: clientOption(options),
    queued: {
      priority: integerOption(options, 'priority', { min: 0, max: 1_000_000, default: 0 }),
      attempts: integerOption(options, 'attempts', { min: 1, max: 100, default: 3 }),
      backoff: integerOption(options, 'backoff', { min: 1, max: 86_400_000, default: 5000, unit: 'ms' }),
    },
  }
}
