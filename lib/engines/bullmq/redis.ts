import type { EngineConnection, Role } from './engine-connection.js'
import { loadPeer } from './load-peer.js'

/** The part of an `ioredis` client that is used here. */
export interface RedisClient {
  readonly status: string
  connect(): Promise<void>
  disconnect(): void
  quit(): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
}

type RedisClass = new (...args: unknown[]) => RedisClient

/** How long the first connection may take, in milliseconds. */
const FIRST_CONNECTION = 15_000
/** A caller gives up after this many attempts to send a command, and after so many milliseconds without an answer. */
const CALLER_ATTEMPTS = 3
const CALLER_PATIENCE = 60_000

/**
 * Connects to Redis or Valkey. One connection; BullMQ opens a second one for a worker, on which it waits for jobs.
 *
 * @param connection - an address, options of `ioredis`, or a client
 */
export async function openRedis(connection: string | object, role: Role): Promise<EngineConnection> {
  if (typeof (connection as Partial<RedisClient>).disconnect === 'function') {
    return { engine: 'redis', connection: connection as object, close: () => Promise.resolve() }
  }
  const { Redis } = await loadPeer<{ Redis: RedisClass }>('ioredis')
  const { url, ...options } = (typeof connection === 'string' ? { url: connection } : connection) as {
    url?: string
  }
  const settings = {
    ...(role === 'caller' && { commandTimeout: CALLER_PATIENCE }),
    ...options,
    lazyConnect: true,
    maxRetriesPerRequest: role === 'worker' ? null : CALLER_ATTEMPTS,
  }
  const address = url?.replace(/^valkey/i, 'redis')
  const client = address === undefined ? new Redis(settings) : new Redis(address, settings)
  await firstConnection(client)
  return {
    engine: 'redis',
    connection: client,
    close: async () => {
      // Without a connection, `quit` would wait for one.
      if (client.status === 'ready') await client.quit().catch(() => undefined)
      client.disconnect()
    },
  }
}

/** `ioredis` keeps trying in the background; a wrong address or password should be an error at once. */
async function firstConnection(client: RedisClient): Promise<void> {
  let last: Error | undefined
  let timer: NodeJS.Timeout | undefined
  client.on('error', error => (last = error))
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(last ?? new Error('no answer in time')), FIRST_CONNECTION)
  })
  try {
    await Promise.race([client.connect(), tooLate])
  } catch (error) {
    client.disconnect()
    throw last ?? error
  } finally {
    clearTimeout(timer)
  }
}
