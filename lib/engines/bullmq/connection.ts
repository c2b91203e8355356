import { QueueError, discreet, isError } from '../../errors.js'
import { optionError } from '../../options.js'
import type { EngineConnection, Role } from './engine-connection.js'
import { isOfEngine, unreachable } from './engine-failure.js'
import { loadPeer } from './load-peer.js'
import { openPostgres } from './postgres.js'
import { openRedis } from './redis.js'

/**
 * The engine that keeps the queue:
 *
 * - an address: `redis://`, `rediss://` (TLS), `valkey://`, `postgres://`, `postgresql://`;
 * - options of `ioredis` (`{ host, port, … }`) or of `pg` (`{ connectionString, … }`);
 * - a client of `ioredis` with `maxRetriesPerRequest: null`, or a pool of `pg` whose `search_path` is BullMQ’s schema.
 *   Both are used as they are, and stay open.
 */
export type QueueConnection = string | object

/**
 * Connects to an engine.
 *
 * @throws `OptionError`; {@link QueueError} `AVIO_ERR_QUEUE_UNREACHABLE`, `AVIO_ERR_QUEUE_PEER_MISSING`
 */
export async function connect(connection: QueueConnection, role: Role): Promise<EngineConnection> {
  const engine = engineOf(connection)
  // BullMQ first: if both packages are missing, the error names this one.
  await loadPeer('bullmq')
  try {
    return engine === 'redis' ? await openRedis(connection, role) : await openPostgres(connection, role)
  } catch (cause) {
    if (cause instanceof QueueError || !isError(cause)) throw cause
    throw unreachable(cause, placeOf(connection))
  }
}

/** The error for a failed call to the engine, with its address and what to do; any other error as it is. */
export function engineFailure(error: unknown, connection: QueueConnection): unknown {
  return isOfEngine(error) ? unreachable(error, placeOf(connection)) : error
}

function placeOf(connection: QueueConnection): string {
  return typeof connection === 'string' ? discreet(connection) : `the ${engineOf(connection)} of "connection"`
}

/** The engine that a connection is for. @throws `OptionError` */
export function engineOf(connection: unknown): 'redis' | 'postgres' {
  if (typeof connection === 'string') {
    if (/^(redis|rediss|valkey|valkeys):\/\//i.test(connection)) return 'redis'
    if (/^postgres(ql)?:\/\//i.test(connection)) return 'postgres'
  } else if (typeof connection === 'object' && connection !== null) {
    const isPool = 'connect' in connection && 'query' in connection && 'totalCount' in connection
    return isPool || 'connectionString' in connection ? 'postgres' : 'redis'
  }
  throw optionError(
    'connection',
    'an address (redis://, rediss://, postgres://), options of ioredis or pg, or a client',
    typeof connection === 'string' ? discreet(connection) : connection,
  )
}
