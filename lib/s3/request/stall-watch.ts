import type { EventEmitter } from 'node:events'
import type { S3Client } from '@aws-sdk/client-s3'
import { StallTimer } from '../../io/async/stall-timer.js'
import type { Sending } from './send-once.js'

/** A request of Node's, as an agent keeps it. */
interface QueuedRequest extends EventEmitter {
  getHeader(name: string): unknown
}

interface Agent {
  readonly requests?: Record<string, QueuedRequest[] | undefined>
}

/** The SDK gives each command an id of its own. */
const ID_HEADER = 'amz-sdk-invocation-id'

/** When the agent is looked at for a second time, in milliseconds at most: its first use loads Node's module. */
const SECOND_LOOK = 1000

/**
 * A {@link StallTimer} whose clock stands still while the request waits for a socket.
 *
 * A client has so many sockets (50, unless it was made with others), and more requests than those wait in the queue of
 * its agent. That is no silence of the server: of many uploads at once each would be given up in its turn. So the
 * agent of the SDK's own handler is looked at, and the clock starts when the request gets its socket. Any other
 * handler keeps its queue to itself: there the clock starts when the request is handed over.
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
   * @param onStall - called once, at most
   * @param minThroughput - the least rate, in bytes a second
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

  /** Something was heard. */
  alive(bytes?: number): void {
    this.#watch?.alive(bytes)
  }

  /** No more bytes are to move. */
  moved(): void {
    this.#watch?.moved()
  }

  /** Nobody needs to know any more. */
  stop(): void {
    this.#stopped = true
    this.#watch?.stop()
    clearTimeout(this.#lookAgain)
  }

  /** Whether the request waits for a socket; the clock then starts when it has one. */
  #waits(): boolean {
    if (this.#watch === undefined) return true
    if (this.#stopped) return false
    const request = queuedRequest(this.#client, this.#sending)
    if (request === undefined) return false
    this.#watch.stop()
    this.#watch = undefined
    request.once('socket', () => {
      if (!this.#stopped) this.#watch = this.#start()
    })
    return true
  }
}

/** The request, where it waits in the queue of the agent of the SDK's own handler. */
function queuedRequest(client: S3Client, { request }: Sending): QueuedRequest | undefined {
  const id = request?.headers[ID_HEADER]
  const handler = (client.config as Partial<S3Client['config']> | undefined)?.requestHandler as
    { httpHandlerConfigs?: () => { httpAgent?: Agent; httpsAgent?: Agent } } | undefined
  if (id === undefined || typeof handler?.httpHandlerConfigs !== 'function') return undefined
  const { httpAgent, httpsAgent } = handler.httpHandlerConfigs()
  const agent = request?.protocol === 'https:' ? httpsAgent : httpAgent
  return Object.values(agent?.requests ?? {})
    .flat()
    .find(waiting => waiting?.getHeader(ID_HEADER) === id)
}
