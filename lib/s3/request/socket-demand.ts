/**
 * How many connections the open stages ask of each client.
 *
 * A client opens a limited number (`maxSockets` of its agent, 50 unless configured otherwise). If stages ask for more,
 * requests wait in the agent's queue, and nothing shows it: the SDK itself warns only when twice as many wait. So a
 * request that is found waiting, while the stages ask for more than the limit, is a warning, once for each client. A
 * request that waits for any other reason is not: the client may be busy with other work.
 */

/** What the open stages ask of one client. */
interface Demand {
  readonly connections: number
  readonly stages: number
}

const NONE: Demand = { connections: 0, stages: 0 }

const demands = new WeakMap<object, Demand>()

const told = new WeakSet<object>()

/** What the open stages ask of `client`. */
export function demandOn(client: object): Demand {
  return demands.get(client) ?? NONE
}

/** The connections that one stage asks for, from its first request to its end. */
export class SocketDemand {
  readonly #client: object
  #asked = 0

  constructor(client: object) {
    this.#client = client
  }

  /**
   * Asks for this many connections, instead of the number before.
   *
   * @param connections - 0 at the end
   */
  ask(connections: number): void {
    const all = demandOn(this.#client)
    demands.set(this.#client, {
      connections: all.connections + connections - this.#asked,
      stages: all.stages + Math.sign(connections) - Math.sign(this.#asked),
    })
    this.#asked = connections
  }
}

/** The limits of an agent. */
export interface SocketLimits {
  readonly maxSockets?: number
  readonly maxTotalSockets?: number
}

/**
 * Warns if the stages ask for more connections than the agent of `client` opens. A request waits for one.
 *
 * @param protocol - `http:` or `https:`
 */
export function warnOfShortage(client: object, limits: SocketLimits, protocol: string | undefined): void {
  const { maxSockets = Infinity, maxTotalSockets = Infinity } = limits
  const limit = Math.min(maxSockets, maxTotalSockets)
  const { connections, stages } = demandOn(client)
  if (told.has(client) || connections <= limit) return
  told.add(client)
  const name = maxTotalSockets < maxSockets ? 'maxTotalSockets' : 'maxSockets'
  const agent = protocol === 'https:' ? 'httpsAgent' : 'httpAgent'
  const who = stages === 1 ? 'One open stage asks' : `${stages} open stages ask`
  const message =
    `${who} for ${connections} connections at once through one S3Client, which allows ${limit} (${name}): requests ` +
    `wait for each other. Create the client with requestHandler: { ${agent}: { ${name}: ${connections} } }, or lower ` +
    '"concurrency".'
  process.emitWarning(message, { type: 'AvioWarning', code: 'AVIO_WARN_MAX_SOCKETS' })
}
