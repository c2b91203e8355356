import { Agent as HttpAgent, type AgentOptions, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { S3Client } from '@aws-sdk/client-s3'
import { AgentAccount } from '../request/agent-account.js'
import { type DirectAnswer, DirectConnection } from './direct-connection.js'
import { addMiddleware, type RequestInFlight, type S3Command } from '../request/send-once.js'
import { isNetworkUntouched } from './untouched-network.js'

/** A request as signed by the SDK. */
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

/** The configuration of the SDK's own handler for Node. */
interface HandlerConfig {
  readonly httpAgent?: HttpAgent
  readonly httpsAgent?: HttpsAgent
  readonly connectionTimeout?: number
  readonly requestTimeout?: number
  readonly socketTimeout?: number
}

/**
 * Sends `command`, a GET, over a {@link DirectConnection}, if CPU time is the only difference: if the client's requests
 * would use the SDK's handler for Node, without time limits of its own, over a plain agent. With a proxy, a fetch-based
 * handler, a stub, a custom agent or replaced Node functions (nock, msw), requests go the usual way. The client always
 * does everything before that (credentials, signing, the user's middleware).
 *
 * Connections use the agent's options (certificates, `lookup`, `localAddress` …), and count against its limits together
 * with the agent's own ({@link AgentAccount}); at the limit, the request goes to the agent. An idle connection stays
 * open for {@link IDLE_TIME}, but not while requests wait at the agent, and does not keep the process alive.
 */
export function goDirect(client: S3Client, command: S3Command<unknown>, signal: AbortSignal): void {
  // After the step that marks the request as sent, or a failure here would look like a request never sent.
  const place = { relation: 'after', toMiddleware: 'avioHandOver' } as const
  addMiddleware(command, 'avioDirect', place, next => async args => {
    return (await sendDirect(client, args.request, signal)) ?? next(args)
  })
}

/**
 * Sends a signed request as {@link goDirect} does; `undefined` if it has to go the usual way.
 */
export async function sendDirect(
  client: S3Client,
  request: RequestInFlight,
  signal: AbortSignal,
): Promise<{ readonly response: unknown } | undefined> {
  const signed = request as SignedRequest
  const pool = isNetworkUntouched() ? poolFor(client, signed) : undefined
  const answer = await pool?.send(signed, signal)
  if (answer === undefined) return undefined
  const { statusCode, statusMessage, headers } = answer.message
  return { response: { statusCode, reason: statusMessage, headers: plain(headers), body: answer.body } }
}

/** How long an idle connection stays open, in milliseconds: less than servers allow. */
const IDLE_TIME = 4000
/** How often an idle connection checks whether the agent needs its place, in milliseconds. */
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

/** The agent that the request would use, if that agent only opens connections. */
function plainAgent(client: S3Client, request: SignedRequest): HttpAgent | undefined {
  const handler = client.config.requestHandler as { httpHandlerConfigs?: () => HandlerConfig }
  if (handler.constructor.name !== 'NodeHttpHandler' || Object.hasOwn(handler, 'handle')) return undefined
  if (request.method !== 'GET' || request.body !== undefined) return undefined
  if (request.username !== undefined || request.fragment !== undefined) return undefined
  // Before the handler's first request there is nothing here, so the first request goes through the handler.
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
  /** The session of the last TLS connection, for the next one to resume. */
  #session: Buffer | undefined

  constructor(agent: HttpAgent, host: SignedRequest) {
    this.#agent = agent
    this.#host = host
    this.#account = new AgentAccount(agent, host)
  }

  /** Sends a request; `undefined` if the limit allows no further connection at the moment. */
  async send(request: SignedRequest, signal: AbortSignal): Promise<DirectAnswer | undefined> {
    for (;;) {
      const connection = this.#take()
      if (connection === undefined) return undefined
      try {
        return await connection.send(optionsOf(request), signal)
      } catch (error) {
        // A server may close an idle connection while a request is in flight: the request has not failed.
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

  /** Forgets an idle connection that was closed. */
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
    let looks = 0
    const timer = setInterval(() => {
      if (++looks * LOOK_TIME >= IDLE_TIME) connection.close()
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
    // A session that the server rejects must not be offered again.
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

/** Options for opening connections; missing from Node's declared types. */
function optionsOfAgent(agent: HttpAgent): AgentOptions {
  return (agent as HttpAgent & { readonly options: AgentOptions }).options
}

/** The query as signed: sorted, and escaped by RFC 3986. */
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
