import type * as BullMQ from 'bullmq'
import type { EngineConnection, Role } from './engine-connection.js'
import { loadPeer } from './load-peer.js'

/** The part of a pool of `pg` that is used here. */
export interface PostgresPool {
  readonly totalCount: number
  connect(): Promise<{ release(): void }>
  end(): Promise<void>
  on(event: string, listener: ErrorListener): unknown
  off(event: string, listener: ErrorListener): unknown
}

type ErrorListener = (error: Error) => void

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
    const { view, leave } = viewOf(connection as PostgresPool)
    return {
      ...{ engine: 'postgres', connection: view },
      close: () => {
        leave()
        return Promise.resolve()
      },
    }
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
  const { view } = viewOf(pool)
  try {
    await migrate(pool)
  } catch (error) {
    await pool.end()
    throw error
  }
  return { engine: 'postgres', connection: view, close: () => pool.end() }
}

/**
 * A pool as BullMQ gets it. Each of BullMQ’s objects listens to the pool’s errors, and never stops: a pool of the
 * user’s would get more listeners with each call. So the pool has one, until `leave()`.
 */
function viewOf(pool: PostgresPool): { view: PostgresPool; leave: () => void } {
  const listeners: ErrorListener[] = []
  // Without any, a connection that breaks while it is idle, and is replaced by the next query, would end the process.
  const hear: ErrorListener = error => listeners.forEach(listener => listener(error))
  pool.on('error', hear)
  const view: PostgresPool = new Proxy(pool, {
    get: (target, name) => (name === 'on' ? on : (Reflect.get(target, name) as unknown)),
  })
  const on = (event: string, listener: ErrorListener) => {
    if (event === 'error') listeners.push(listener)
    else pool.on(event, listener)
    return view
  }
  return { view, leave: () => void pool.off('error', hear) }
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
