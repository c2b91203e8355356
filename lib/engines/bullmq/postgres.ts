import type * as BullMQ from 'bullmq'
import type { EngineConnection, Role } from './engine-connection.js'
import { loadPeer } from './load-peer.js'

/** The part of a pool of `pg` that is used here. */
export interface PostgresPool {
  readonly totalCount: number
  connect(): Promise<{ release(): void }>
  end(): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
}

type PoolClass = new (options: object) => PostgresPool

/** The schema of BullMQ’s tables. */
const SCHEMA = 'bullmq'
/** Connections: for queries, and one on which a worker waits for jobs. */
const MOST_CONNECTIONS = { caller: 2, worker: 5 }
const FIRST_CONNECTION = 15_000
/** How long a caller waits for an answer, in milliseconds. */
const CALLER_PATIENCE = 60_000

/**
 * Connects to PostgreSQL by a pool that everything in the process shares, and brings BullMQ’s tables up to date.
 *
 * @param connection - an address, options of `pg`, or a pool, whose `search_path` and tables are then the user’s own
 */
export async function openPostgres(connection: string | object, role: Role): Promise<EngineConnection> {
  if (typeof (connection as Partial<PostgresPool>).end === 'function') {
    return { engine: 'postgres', connection: connection as object, close: () => Promise.resolve() }
  }
  const { default: pg } = await loadPeer<{ default: { Pool: PoolClass } }>('pg')
  const options = typeof connection === 'string' ? { connectionString: connection } : connection
  const pool = new pg.Pool({
    max: MOST_CONNECTIONS[role],
    connectionTimeoutMillis: FIRST_CONNECTION,
    ...(role === 'caller' && { query_timeout: CALLER_PATIENCE }),
    ...options,
    keepAlive: true,
    options: `-c search_path=${SCHEMA}`,
  })
  // A connection that breaks while it is idle is replaced by the next query.
  pool.on('error', () => undefined)
  try {
    await migrate(pool)
  } catch (error) {
    await pool.end()
    throw error
  }
  return { engine: 'postgres', connection: pool, close: () => pool.end() }
}

async function migrate(pool: PostgresPool): Promise<void> {
  const { runMigrations } = await loadPeer<typeof BullMQ>('bullmq')
  const client = await pool.connect()
  try {
    await runMigrations(client as unknown as Parameters<typeof runMigrations>[0])
  } finally {
    client.release()
  }
}
