import type { Agent } from 'node:http'
import { isIP, type Socket } from 'node:net'

/** Node's record of an agent's sockets; partly missing from the declared types. */
interface AgentBooks {
  readonly options: object
  readonly maxSockets: number
  readonly maxTotalSockets?: number
  totalSocketCount?: number
  readonly sockets: Record<string, Socket[] | undefined>
  readonly freeSockets: Readonly<Record<string, readonly Socket[] | undefined>>
  readonly requests: Readonly<Record<string, readonly unknown[] | undefined>>
  getName(options: object): string
  removeSocket?(socket: Socket, options: object): void
}

/** The destination of an agent's connections. */
export interface AgentHost {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
}

/**
 * Direct connections to one host, on the account of the agent that they replace: it counts them among its own, so
 * that both together observe its `maxSockets` and `maxTotalSockets`, and closes them when it is destroyed.
 */
export class AgentAccount {
  readonly #agent: AgentBooks
  readonly #options: object
  readonly #name: string

  constructor(agent: Agent, { protocol, hostname, port }: AgentHost) {
    this.#agent = agent as unknown as AgentBooks
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const isTls = protocol === 'https:'
    const servername = isTls && { servername: isIP(host) ? '' : host }
    this.#options = { host, port: port ?? (isTls ? 443 : 80), ...servername, ...this.#agent.options }
    this.#name = this.#agent.getName(this.#options)
  }

  /** Whether the limits allow one more connection; idle connections of the agent count too. */
  get hasRoom(): boolean {
    const { sockets, freeSockets, maxSockets, totalSocketCount = 0, maxTotalSockets = Infinity } = this.#agent
    const open = (sockets[this.#name]?.length ?? 0) + (freeSockets[this.#name]?.length ?? 0)
    return open < maxSockets && totalSocketCount < maxTotalSockets
  }

  /** Whether requests wait at the agent for a connection. */
  get isAwaited(): boolean {
    const { requests, maxTotalSockets = Infinity } = this.#agent
    const isWanted = this.#name in requests
    return isWanted || (maxTotalSockets < Infinity && Object.keys(requests).length > 0)
  }

  /**
   * Registers an open connection. When it closes, its place goes to the next request waiting at the agent.
   */
  enter(socket: Socket): void {
    const agent = this.#agent
    if (agent.removeSocket === undefined) return
    ;(agent.sockets[this.#name] ??= []).push(socket)
    if (agent.totalSocketCount !== undefined) agent.totalSocketCount++
    socket.once('close', () => agent.removeSocket!(socket, this.#options))
  }
}
