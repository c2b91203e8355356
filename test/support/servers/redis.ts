import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis as Client } from 'ioredis'
import { Daemon } from './daemon.js'
import { debianTree } from './debian-tree.js'
import { findProgram } from '../find-program.js'
import { freePort } from './free-port.js'
import { machineSuite } from './machine-suite.js'
import { QueueServer } from './queue-server.js'

const exec = promisify(execFile)

/** Redis, or Valkey. It starts in about 50 ms. */
export class Redis extends QueueServer {
  /**
   * Starts an empty server: that of this machine, else Debian's, unpacked into the cache.
   *
   * @throws `Unavailable` with the reason, if there can be none
   */
  static async start(): Promise<Redis> {
    const [file, before] = await redisCommand()
    const { stdout } = await exec(file, [...before, '--version'])
    const name = `Redis ${/v=(\S+)/.exec(stdout)?.[1] ?? ''}`
    const folder = await mkdtemp(join(tmpdir(), 'avio-streams-redis-'))
    const port = await freePort()
    const password = randomBytes(12).toString('hex')
    const url = `redis://:${password}@127.0.0.1:${port}`
    const conf = join(folder, 'redis.conf')
    try {
      // The password is not among the arguments, which everybody on this machine can read.
      await writeFile(conf, configuration(port, folder, password), { mode: 0o600 })
      const daemon = await Daemon.start({
        ...{ name: 'redis-server', command: [file, [...before, conf]], cwd: folder, end: 'SIGKILL' },
        ping: () => connected(url, client => client.ping()),
      })
      return new Redis({ name, url, password, folder, daemon })
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  async empty(): Promise<void> {
    await connected(this.url, client => client.flushall())
  }
}

/** The program of the server, and the arguments before its own. */
export async function redisCommand(): Promise<[file: string, args: string[]]> {
  const found = findProgram({ variable: 'REDIS_PATH', names: ['redis-server', 'valkey-server'] })
  if (found !== undefined) return [found, []]
  const suite = await machineSuite()
  const tree = await debianTree({ suite, packages: ['redis-server'], privateLibraries: [] })
  return tree.command('redis-server', [])
}

/** Each write reaches the system before it is confirmed, and so survives a SIGKILL. */
function configuration(port: number, folder: string, password: string): string {
  return `
port ${port}
bind 127.0.0.1
requirepass ${password}
dir ${folder}
save ""
appendonly yes
appendfsync no
maxmemory-policy noeviction
daemonize no
loglevel warning
`
}

/** Calls with a connection of its own, which is tried once. */
async function connected<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  // The call is rejected with the same error.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await use(client)
  } finally {
    client.disconnect()
  }
}
