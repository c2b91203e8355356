import { Redis } from 'ioredis'
import pg from 'pg'

/** A connection for a worker that counts what it asks of its engine. */
export interface CountedEngine {
  /** For the option `connection`. */
  readonly connection: object
  /** How often each command was sent so far: scripts and functions of BullMQ by their names, and the engine’s own. */
  readonly counts: Readonly<Record<string, number>>
  close(): Promise<unknown>
}

/** Connects to the engine at an address, in which BullMQ’s tables are there already. */
export function countedEngine(url: string): CountedEngine {
  return url.startsWith('redis') ? countedRedis(url) : countedPostgres(url)
}

interface Sent {
  readonly name: string
  readonly args: readonly unknown[]
}

/** All commands of a connection pass one method; a script is known by its hash. */
function countedRedis(url: string): CountedEngine {
  const client = new Redis(url, { maxRetriesPerRequest: null })
  const counts: Record<string, number> = {}
  const inner = client as unknown as {
    sendCommand(command: Sent, ...more: unknown[]): unknown
    readonly scriptsSet: Readonly<Record<string, { readonly sha: string }>>
  }
  const send = inner.sendCommand.bind(client)
  inner.sendCommand = (command, ...more) => {
    const script = Object.entries(inner.scriptsSet).find(([, { sha }]) => command.args[0] === sha)
    add(counts, script?.[0].replace(/:.*/, '') ?? command.name)
    return send(command, ...more)
  }
  return { connection: client, counts, close: () => client.quit() }
}

/** All queries of a pool pass one method; a function is known by its name, other queries by their first words. */
function countedPostgres(connectionString: string): CountedEngine {
  const options = '-c search_path=bullmq'
  const pool = new pg.Pool({ connectionString, options, max: 5, keepAlive: true })
  const counts: Record<string, number> = {}
  const inner = pool as unknown as { query(text: string, ...more: unknown[]): unknown }
  const query = inner.query.bind(pool)
  inner.query = (text, ...more) => {
    const sql = text.replace(/--.*$/gm, '').trim()
    const called = /\b(?:SELECT|FROM)\s+([a-z]+(?:_[a-z]+)+)\(/.exec(sql)?.[1]
    add(counts, called ?? sql.split(/\W+/).slice(0, 2).join(' '))
    return query(text, ...more)
  }
  return { connection: pool, counts, close: () => pool.end() }
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
