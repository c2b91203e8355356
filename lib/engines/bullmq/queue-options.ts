import { knownOptions, optionError, optionsObject, stringOption } from '../../options.js'
import { type QueueConnection, engineOf } from './connection.js'

/** Options that every function of `avio-streams/bullmq` has. */
export interface QueueOptions {
  /** The engine that keeps the queue: an address, options or a client of `ioredis` or `pg`. */
  connection: QueueConnection
  /**
   * The name of the queue, which programs and workers must share: 1 to 30 letters, digits, `-`, `_` and `.`.
   * @defaultValue `avio-streams`
   */
  queue?: string | undefined
}

/** The names of {@link QueueOptions}. */
const QUEUE_OPTIONS = ['connection', 'queue'] as const

/** The checked options. */
export interface QueueSettings {
  readonly connection: QueueConnection
  readonly queue: string
}

/** Longer names leave no room for what a worker tells of itself in the name of its connection. */
const LONGEST_NAME = 30

/**
 * Checks the options that every function has.
 *
 * @param of - the function
 * @param more - the names of its other options
 * @throws `OptionError`
 */
export function queueSettings(
  options: QueueOptions,
  of: string,
  more: readonly string[] = [],
): QueueSettings {
  knownOptions(optionsObject(options, of), of, [...QUEUE_OPTIONS, ...more])
  const queue = stringOption(options, 'queue', { default: 'avio-streams' })
  if (!/^[\w.-]+$/.test(queue) || queue.length > LONGEST_NAME) {
    throw optionError('queue', `1 to ${LONGEST_NAME} letters, digits, "-", "_" and "."`, queue)
  }
  engineOf(options.connection)
  return { connection: options.connection, queue }
}
