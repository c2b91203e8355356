import type * as BullMQ from 'bullmq'
import { connect, engineFailure } from './connection.js'
import type { EngineConnection, Role } from './engine-connection.js'
import { loadPeer } from './load-peer.js'
import type { QueueSettings } from './queue-options.js'

/** BullMQ’s module. */
export type Bull = typeof BullMQ
/** A job of BullMQ. */
export type BullJob = BullMQ.Job<unknown, unknown>

/** What makes BullMQ’s classes use the engine. Both engines have the same operations. */
type Backend = BullMQ.BackendFactory<BullMQ.RedisQueueBackend>

/** An open queue. */
export interface OpenQueue {
  readonly bull: Bull
  readonly queue: BullMQ.Queue<unknown, unknown>
  readonly engine: EngineConnection
  /** The last argument of BullMQ’s classes. */
  readonly backend: Backend
  close(): Promise<void>
}

/** Opens a queue with one connection, or one pool, for everything in it. */
export async function openQueue(settings: QueueSettings, role: Role): Promise<OpenQueue> {
  const engine = await connect(settings.connection, role)
  const bull = await loadPeer<Bull>('bullmq')
  const { createRedisBackend, createPostgresBackend } = bull
  const backend = (engine.engine === 'redis' ? createRedisBackend : createPostgresBackend) as Backend
  const options = { connection: engine.connection as BullMQ.ConnectionOptions }
  const queue = new bull.Queue<unknown, unknown>(settings.queue, options, backend)
  // What fails is told by the call that failed.
  queue.on('error', () => undefined)
  try {
    await queue.waitUntilReady()
  } catch (error) {
    await engine.close()
    throw engineFailure(error, settings.connection)
  }
  return {
    ...{ bull, queue, engine, backend },
    close: async () => {
      await queue.close()
      await engine.close()
    },
  }
}

/**
 * Opens a queue for one task, and closes it.
 *
 * @throws `QueueError` `AVIO_ERR_QUEUE_UNREACHABLE` if the engine goes away, or refuses what the task asks of it;
 *   the task’s own errors
 */
export async function withQueue<T>(
  settings: QueueSettings,
  task: (open: OpenQueue) => Promise<T>,
): Promise<T> {
  const open = await openQueue(settings, 'caller')
  try {
    return await task(open)
  } catch (error) {
    throw engineFailure(error, settings.connection)
  } finally {
    // An engine that is gone has nothing to close.
    await open.close().catch(() => undefined)
  }
}
