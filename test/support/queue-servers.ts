import type { Test } from 'tap'
import { Unavailable } from './servers/debian-tree.js'
import { Postgres, postgresBin } from './servers/postgres.js'
import type { QueueServer } from './servers/queue-server.js'
import { Redis, redisCommand } from './servers/redis.js'

/**
 * The servers that an engine keeps its queues in. A suite loops over them:
 *
 * ```ts
 * for (const { name, missing, start } of QUEUE_SERVERS) {
 *   t.test(`over ${name}, …`, { skip: missing }, async t => {
 *     const server = await start(t)
 * ```
 */
export interface QueueServerKind {
  readonly name: 'Redis' | 'PostgreSQL'
  /** Why its tests are skipped, and what to install; `false` if it is here, and in CI, where they fail without it. */
  readonly missing: string | false
  /** Starts an empty server, which is stopped with the test. */
  readonly start: (t: Test) => Promise<QueueServer>
}

async function kind(
  name: QueueServerKind['name'],
  advice: string,
  find: () => Promise<unknown>,
  start: () => Promise<QueueServer>,
): Promise<QueueServerKind> {
  const missing = await find().then(
    () => false as const,
    (error: unknown) => {
      if (!(error instanceof Unavailable)) throw error
      return process.env['CI'] !== 'true' && `no ${name}: ${error.message}; ${advice}`
    },
  )
  return {
    ...{ name, missing },
    start: async t => {
      const server = await start()
      t.teardown(() => server.stop())
      return server
    },
  }
}

/** Both. */
export const QUEUE_SERVERS: readonly QueueServerKind[] = await Promise.all([
  kind(
    'Redis',
    'install it (Debian: sudo apt-get install redis-server), or name its server by REDIS_PATH',
    redisCommand,
    () => Redis.start(),
  ),
  kind(
    'PostgreSQL',
    'install it (Debian: sudo apt-get install postgresql), or name its server by POSTGRES_PATH',
    postgresBin,
    () => Postgres.start(),
  ),
])
