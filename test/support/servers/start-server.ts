// Starts a server, tells its process id, and lives until it is killed.
import { Postgres } from './postgres.js'
import { Redis } from './redis.js'

const server = await (process.argv[2] === 'Redis' ? Redis.start() : Postgres.start())
process.send!(server.pid)
setInterval(() => undefined, 60_000)
