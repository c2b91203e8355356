import type { EventEmitter } from 'node:events'
import type { S3Client } from '@aws-sdk/client-s3'
import { StallTimer } from '../../io/async/stall-timer.js'
import type { Sending } from './send-once.js'
import { type SocketLimits, warnOfShortage } from './socket-demand.js'

/** A Node request, as stored by an agent. */
interface QueuedRequest extends EventEmitter {
  getHeader(name: string): unknown
}

interface Agent extends SocketLimits {
  readonly requests?: Record<string, QueuedRequest[] | undefined>
}

/** The SDK gives each command its own id. */
const ID_HEADER = 'amz-sdk-invocation-id'

/** Maximum delay before the second look at the agent, in milliseconds: its first use loads Node's module. */
const SECOND_LOOK = 1000

/**
 * A {@link StallTimer} whose clock stops while the request waits for a socket.
 *
 * A client has a limited number of sockets (50, unless configured otherwise), and further requests wait in its agent's
 * queue. The server is not silent then: with many uploads at once each would time out in turn. So the watch looks at
 * the agent of the SDK's own handler, and the clock starts when the request gets its socket. Other handlers do not
 * expose their queue: there the clock starts when the request is handed over.
 *
 * A request that waits because the stages ask for more sockets than there are is a warning ({@link warnOfShortage}).
 */
export class StallWatch {
  readonly #client: S3Client
  readonly #sending: Sending
  readonly #start: () => StallTimer
  readonly #lookAgain: NodeJS.Timeout | undefined
  /** `undefined` while the request waits. */
  #watch: StallTimer | undefined
  #stopped = false

  /**
   * @param timeout - in milliseconds, or `Infinity`
   * @param onStall - called at most once
   * @param minThroughput - minimum throughput, in bytes per second
   */
  constructor(
    client: S3Client,
    sending: Sending,
    timeout: number,
    onStall: (drip: string | undefined) => void,
    minThroughput?: number,
  ) {
    this.#client = client
    this.#sending = sending
    const due = (drip: string | undefined) => {
      if (!this.#waits()) onStall(drip)
    }
    this.#start = () => new StallTimer(timeout, due, minThroughput)
    this.#watch = this.#start()
    sending.onRequest = () => setImmediate(() => this.#waits())
    this.#lookAgain =
      timeout === Infinity ? undefined : setTimeout(() => this.#waits(), Math.min(timeout / 4, SECOND_LOOK))
  }

  /** Records data sent or received. */
  alive(bytes?: number): void {
    this.#watch?.alive(bytes)
  }

  /** No more bytes will move. */
  moved(): void {
    this.#watch?.moved()
  }

  /** Stops the watch. */
  stop(): void {
    this.#stopped = true
    this.#watch?.stop()
    clearTimeout(this.#lookAgain)
  }

  /** Whether the request waits for a socket; the clock then starts when it gets one. */
  #waits(): boolean {
    if (this.#watch === undefined) return true
    if (this.#stopped) return false
    const agent = agentOf(this.#client, this.#sending)
    const request = queuedRequest(agent, this.#sending)
    if (request === undefined) return false
    warnOfShortage(this.#client, agent!, this.#sending.request?.protocol)
    this.#watch.stop()
    this.#watch = undefined
    request.once('socket', () => {
      if (!this.#stopped) this.#watch = this.#start()
    })
    return true
  }
}

/** The agent of the SDK's handler that has the request; `undefined` before that, and for other handlers. */
function agentOf(client: S3Client, { request }: Sending): Agent | undefined {
  const handler = (client.config as Partial<S3Client['config']> | undefined)?.requestHandler as
    { httpHandlerConfigs?: () => { httpAgent?: Agent; httpsAgent?: Agent } } | undefined
  if (request === undefined || typeof handler?.httpHandlerConfigs !== 'function') return undefined
  const { httpAgent, httpsAgent } = handler.httpHandlerConfigs()
  return request.protocol === 'https:' ? httpsAgent : httpAgent
}

/** The request, if it waits in the agent's queue. */
function queuedRequest(agent: Agent | undefined, { request }: Sending): QueuedRequest | undefined {
  const id = request?.headers[ID_HEADER]
  if (id === undefined) return undefined
  return Object.values(agent?.requests ?? {})
    .flat()
    .find(waiting => waiting?.getHeader(ID_HEADER) === id)
}
