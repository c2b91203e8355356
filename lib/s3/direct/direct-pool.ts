import { Agent as HttpAgent, type AgentOptions, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { S3Client } from '@aws-sdk/client-s3'
import { AgentAccount } from '../request/agent-account.js'
import { type DirectAnswer, DirectConnection } from './direct-connection.js'
import { addMiddleware, type S3Command } from '../request/send-once.js'
import { isNetworkUntouched } from './untouched-network.js'

/** A request as the SDK has signed it. */
interface SignedRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Record<string, string | string[] | null>
  readonly headers: Record<string, string>
  readonly body?: unknown
  readonly username?: string
  readonly fragment?: string
}

/** What the SDK's own handler for Node was configured with. */
interface HandlerConfig {
  readonly httpAgent?: HttpAgent
  readonly httpsAgent?: HttpsAgent
  readonly connectionTimeout?: number
  readonly requestTimeout?: number
  readonly socketTimeout?: number
}

/**
 * Has `command`, a GET, answered over a {@link DirectConnection}, where that makes no difference but in CPU time: where
 * the client's requests would go out by the SDK's handler for Node, without time limits of its own, over a plain agent.
 * A proxy, a fetch-based handler, a stub, an agent of somebody's own, functions in the place of Node's (nock, msw):
 * they are asked as ever. Everything before that (credentials, signing, the user's middleware) is the client's in any
 * case.
 *
 * Connections are opened with the agent's options (certificates, `lookup`, `localAddress` …), as many as it allows
 * together with its own ({@link AgentAccount}); where it allows no more, the request is the agent's. One that is at
 * rest is kept for {@link IDLE_TIME}, but not while requests wait at the agent, and does not keep the process alive.
 */
export function goDirect(client: S3Client, command: S3Command<unknown>, signal: AbortSignal): void {
  // Behind the step that notes that the request is under way, or what fails here would pass for never sent.
  const place = { relation: 'after', toMiddleware: 'avioHandOver' } as const
  addMiddleware(command, 'avioDirect', place, next => async args => {
    const request = args.request as SignedRequest
    const pool = isNetworkUntouched() ? poolFor(client, request) : undefined
    if (pool === undefined) return next(args)
    const answer = await pool.send(request, signal)
    if (answer === undefined) return next(args)
    const { statusCode, statusMessage, headers } = answer.message
    const response = { statusCode, reason: statusMessage, headers: plain(headers), body: answer.body }
    return { response }
  })
}

/** How long a connection is kept without a request, in milliseconds: less than servers do. */
const IDLE_TIME = 4000
/** How often a connection at rest looks whether the agent has better use for its place, in milliseconds. */
const LOOK_TIME = 100

/** By agent, and by scheme, host and port. */
const pools = new WeakMap<HttpAgent, Map<string, Pool>>()

function poolFor(client: S3Client, request: SignedRequest): Pool | undefined {
  const agent = plainAgent(client, request)
  if (agent === undefined) return undefined
  let byHost = pools.get(agent)
  if (byHost === undefined) pools.set(agent, (byHost = new Map<string, Pool>()))
  const { protocol, hostname, port } = request
  const name = `${protocol}//${hostname}:${port ?? ''}`
  let pool = byHost.get(name)
  if (pool === undefined) byHost.set(name, (pool = new Pool(agent, request)))
  return pool
}

/** The agent that the request would go out by, if all it does is to open connections. */
function plainAgent(client: S3Client, request: SignedRequest): HttpAgent | undefined {
  const handler = client.config.requestHandler as { httpHandlerConfigs?: () => HandlerConfig }
  if (handler.constructor.name !== 'NodeHttpHandler' || Object.hasOwn(handler, 'handle')) return undefined
  if (request.method !== 'GET' || request.body !== undefined) return undefined
  if (request.username !== undefined || request.fragment !== undefined) return undefined
  // Before the first request by the handler itself there is nothing here, and the first request is the handler's.
  const config = handler.httpHandlerConfigs?.() ?? {}
  if (config.connectionTimeout || config.requestTimeout || config.socketTimeout) return undefined
  const isTls = request.protocol === 'https:'
  const agent = isTls ? config.httpsAgent : config.httpAgent
  const prototype: unknown = isTls ? HttpsAgent.prototype : HttpAgent.prototype
  if (agent === undefined || Object.getPrototypeOf(agent) !== prototype) return undefined
  const isPatched = ['createConnection', 'createSocket', 'addRequest'].some(name =>
    Object.hasOwn(agent, name),
  )
  const { proxyEnv, socketPath } = optionsOfAgent(agent) as { proxyEnv?: unknown; socketPath?: unknown }
  return isPatched || proxyEnv !== undefined || socketPath !== undefined ? undefined : agent
}

/** The connections to one host. */
class Pool {
  readonly #agent: HttpAgent
  readonly #host: SignedRequest
  readonly #idle: { readonly connection: DirectConnection; readonly timer: NodeJS.Timeout }[] = []
  readonly #account: AgentAccount
  /** Of the last TLS connection: the next one need not begin from nothing. */
  #session: Buffer | undefined

  constructor(agent: HttpAgent, host: SignedRequest) {
    this.#agent = agent
    this.#host = host
    this.#account = new AgentAccount(agent, host)
  }

  /** Sends a request; `undefined` where no further connection is allowed at the moment. */
  async send(request: SignedRequest, signal: AbortSignal): Promise<DirectAnswer | undefined> {
    for (;;) {
      const connection = this.#take()
      if (connection === undefined) return undefined
      try {
        return await connection.send(optionsOf(request), signal)
      } catch (error) {
        // A server may close a connection at rest while a request is on its way: that is no failure of the request.
        if (signal.aborted || !connection.isUsed || connection.isAnswered) throw error
      }
    }
  }

  #take(): DirectConnection | undefined {
    for (let entry = this.#idle.pop(); entry; entry = this.#idle.pop()) {
      clearInterval(entry.timer)
      if (entry.connection.isClosed) continue
      entry.connection.await(true)
      return entry.connection
    }
    if (!this.#account.hasRoom) return undefined
    const connection: DirectConnection = new DirectConnection(
      onread => this.#connect(onread),
      () => this.#rest(connection),
    )
    connection.onClose(() => this.#forget(connection))
    return connection
  }

  /** Keeps nothing of a connection that was closed at rest. */
  #forget(connection: DirectConnection): void {
    const index = this.#idle.findIndex(entry => entry.connection === connection)
    const [entry] = index === -1 ? [] : this.#idle.splice(index, 1)
    clearInterval(entry?.timer)
  }

  #rest(connection: DirectConnection): void {
    if (connection.isClosed) return
    if (this.#account.isAwaited) {
      connection.retire()
      return
    }
    connection.await(false)
    const until = performance.now() + IDLE_TIME
    const timer = setInterval(() => {
      if (performance.now() >= until) connection.close()
      else if (this.#account.isAwaited) this.#retire(connection)
    }, LOOK_TIME).unref()
    this.#idle.push({ connection, timer })
  }

  #retire(connection: DirectConnection): void {
    this.#forget(connection)
    connection.retire()
  }

  #connect(onread: OnReadOpts): Socket {
    const { protocol, hostname, port } = this.#host
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const options = { ...optionsOfAgent(this.#agent), host, onread }
    if (protocol !== 'https:') return this.#entered(connect({ ...options, port: port ?? 80 }))
    const session = this.#session
    const secure = { servername: isIP(host) ? '' : host, ...options, ...(session && { session }) }
    const socket = connectTls({ ...secure, port: port ?? 443 })
    socket.on('session', ticket => (this.#session = ticket))
    // One that the server does not want must not be offered for ever.
    socket.on('error', () => (this.#session = undefined))
    return this.#entered(socket)
  }

  #entered(socket: Socket): Socket {
    this.#account.enter(socket)
    return socket
  }
}

function optionsOf({ method, hostname, port, path, query = {}, headers }: SignedRequest): RequestOptions {
  const search = queryOf(query)
  const target = search === '' ? path : `${path}?${search}`
  return { method, host: hostname, port, path: target, headers: { ...headers, connection: 'keep-alive' } }
}

/** What connections are opened with; not among Node's declared types. */
function optionsOfAgent(agent: HttpAgent): AgentOptions {
  return (agent as HttpAgent & { readonly options: AgentOptions }).options
}

/** The query as it was signed: sorted, and escaped by RFC 3986. */
function queryOf(query: Record<string, string | string[] | null>): string {
  const escape = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return Object.keys(query)
    .sort()
    .flatMap(name => {
      const value = query[name]
      if (Array.isArray(value)) return value.map(item => `${escape(name)}=${escape(item)}`)
      return value ? `${escape(name)}=${escape(value)}` : escape(name)
    })
    .join('&')
}

function plain(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const all: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all[name] = Array.isArray(value) ? value.join(',') : value
  }
  return all
}
