/**
 * Unpacks Debian's servers of queues into the cache, for set-up where they can't be installed.
 *
 * node --import tsx test/support/servers/fetch-servers.ts redis postgres
 */
import { Unavailable } from './debian-tree.js'
import { postgresBin } from './postgres.js'
import { redisCommand } from './redis.js'

const FETCH: Readonly<Record<string, () => Promise<unknown>>> = { redis: redisCommand, postgres: postgresBin }

for (const name of process.argv.slice(2)) {
  try {
    await FETCH[name]!()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    process.stderr.write(`Debian's packages can't be taken: ${error.message}\n`)
    process.exitCode = 1
  }
}
