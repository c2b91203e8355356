import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, errorAnswer, errorOfStatus, toServiceError } from '../operations/answer.js'
import type { OpenCall } from './call-log.js'
import type { Connections } from './connections.js'
import type { ActiveFault } from './fault-rules.js'
import { HANDLERS } from '../operations/handlers.js'
import { takeContent } from '../operations/intake.js'
import { MemoryContent } from '../store/memory-content.js'
import type { ObjectStore } from '../store/object-store.js'
import type { S3Operation } from '../wire/operation.js'
import type { ServerSettings } from '../operations/operation-context.js'
import { type Pace, Pacer } from '../wire/pacer.js'
import { type Delivery, Reply } from './reply.js'
import { ClientGone, RequestBody } from '../wire/request-body.js'
import type { S3Request } from '../wire/s3-request.js'
import { ServiceError } from '../wire/service-error.js'
import { authenticate, type SigningIdentity } from '../wire/sigv4.js'

/** The parts of the server that an exchange uses. */
export interface ExchangeParts {
  readonly store: ObjectStore
  readonly connections: Connections
  readonly identity: SigningIdentity
  readonly settings: ServerSettings
  /** Whether GET and HEAD of objects need no signature. */
  readonly publicRead: boolean
  /** The pace of every connection, read at each request. */
  readonly pace: () => Pace
}

/** The subject of one exchange. */
export interface ExchangeInput {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly request: S3Request
  readonly call: OpenCall
  readonly expectsContinue: boolean
  readonly fault: ActiveFault | undefined
}

const PUBLIC_OPERATIONS: readonly (S3Operation | undefined)[] = ['GetObject', 'HeadObject']

// What a page of another origin may do with public objects: hls.js in a browser requests ranges.
const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': '*',
}

/**
 * One request on its way through: fault, signature, operation, fault, delivery. A fault applies before the operation,
 * which then does not run, or, if `performed`, after it.
 */
export class Exchange {
  readonly #parts: ExchangeParts
  readonly #input: ExchangeInput
  readonly #reply: Reply
  readonly #body: RequestBody
  readonly #pace: Pace
  readonly #requestPacer: Pacer
  readonly #requestId = newRequestId()

  constructor(parts: ExchangeParts, input: ExchangeInput) {
    const { message, response, call, expectsContinue, fault } = input
    this.#parts = parts
    this.#input = input
    this.#pace = fault && 'slow' in fault.rule ? fault.rule.slow : parts.pace()
    this.#requestPacer = new Pacer(this.#pace.bytesPerSecond ?? Infinity)
    this.#reply = new Reply(response, call, () => parts.connections.reset(message.socket))
    this.#body = new RequestBody(message, {
      begin: () => {
        if (expectsContinue) this.#reply.writeContinue()
      },
      received: bytes => this.#received(bytes),
    })
  }

  /**
   * Runs the exchange to its end; rejects with {@link ClientGone} if the client is gone.
   *
   * @param error - why the request could not be read
   */
  async run(error: ServiceError | undefined): Promise<void> {
    const { fault } = this.#input
    let answer = fault && !isPerformed(fault) ? await this.#inPlaceOfAnswer(fault) : undefined
    answer ??= await this.#perform(error)
    const own = answer
    try {
      if (this.#reply.isGone) throw new ClientGone()
      if (fault && isPerformed(fault)) answer = (await this.#inPlaceOfAnswer(fault)) ?? answer
      await this.#deliver(answer)
    } finally {
      if (typeof own.body === 'object') own.body.letGo()
    }
  }

  /** Applies a fault's effect just before the operation. */
  async #prepare(): Promise<void> {
    const { fault, call } = this.#input
    if (fault && 'before' in fault.rule) await fault.rule.before(call)
    else if (fault && 'changed' in fault.rule) await this.#replaceObject(fault.rule.changed)
    else return
    this.#hit()
  }

  async #replaceObject(bytes: Uint8Array | string): Promise<void> {
    const { store, settings } = this.#parts
    const { bucket: name, key } = this.#input.request
    const bucket = store.bucket(name ?? '')
    const old = bucket.find(key ?? '')
    const source = new MemoryContent([Buffer.from(bytes as string)])
    const { content, etag } = await takeContent(store.contents, settings, source)
    const versionId = bucket.newVersionId()
    bucket.store({
      ...old,
      content,
      etag,
      versionId,
      lastModified: new Date(),
      checksum: undefined,
      parts: undefined,
    })
  }

  /** Applies a fault that replaces the response; `undefined` if the exchange continues. */
  async #inPlaceOfAnswer({ rule, action, released }: ActiveFault): Promise<Answer | undefined> {
    const isWhole = 'reset' in rule ? rule.reset === true : 'stall' in rule && rule.stall === true
    if (isWhole || ['hold', 'status', 'errorIn200'].includes(action)) this.#hit()
    if ('reset' in rule && rule.reset === true) {
      this.#reply.reset()
      throw new ClientGone()
    }
    if ('stall' in rule && rule.stall === true) {
      // Keep reading: an unread connection does not show its end.
      void this.#body.discard().catch(() => undefined)
      await this.#reply.park()
      throw new ClientGone()
    }
    if ('hold' in rule) {
      await this.#reply.park(released)
      if (this.#reply.isGone) throw new ClientGone()
    }
    if ('status' in rule) return this.#fail(errorOfStatus(rule))
    if ('errorIn200' in rule) {
      return this.#fail(new ServiceError(rule.errorIn200, { message: rule.message, status: 200 }))
    }
    return undefined
  }

  async #perform(error: ServiceError | undefined): Promise<Answer> {
    const { request } = this.#input
    const { publicRead, identity, store, settings } = this.#parts
    try {
      await this.#prepare()
      if (error) throw error
      if (publicRead && request.method === 'OPTIONS') return { status: 200, headers: {} }
      const authentication = authenticate(request, identity, Date.now())
      if (authentication.anonymous && !(publicRead && PUBLIC_OPERATIONS.includes(request.operation))) {
        throw new ServiceError('AccessDenied')
      }
      if (request.operation === undefined) throw new ServiceError('NotImplemented')
      const context = { request, authentication, body: this.#body, store, settings }
      const answer = await HANDLERS[request.operation](context)
      // Nothing of this request may block the next one on the connection.
      await this.#body.discard()
      return answer
    } catch (cause) {
      if (cause instanceof ClientGone) throw cause
      return this.#fail(toServiceError(cause))
    }
  }

  async #fail(error: ServiceError): Promise<Answer> {
    const { call, request, expectsContinue } = this.#input
    call.errorCode = error.code
    // A client that is still sending may never read a response: let it finish first. A client that waits for `100
    // Continue` will not send, and Node closes the connection after the response.
    if (!expectsContinue || this.#body.begun) await this.#body.discard()
    return errorAnswer(error, request.path, this.#requestId)
  }

  async #deliver(answer: Answer): Promise<void> {
    const { ttfb = 0, bytesPerSecond } = this.#pace
    await this.#reply.sleep(ttfb)
    const headers: Record<string, string> = {
      'x-amz-request-id': this.#requestId,
      'x-amz-id-2': 'local-s3',
      ...(this.#parts.publicRead && CORS_HEADERS),
      ...answer.headers,
    }
    const rule = this.#input.fault?.rule
    if (rule && 'slow' in rule) this.#hit()
    if (rule && 'answerHeaders' in rule) {
      this.#hit()
      for (const [name, value] of Object.entries(rule.answerHeaders)) {
        if (value === undefined) Reflect.deleteProperty(headers, name)
        else headers[name] = value
      }
    }
    await this.#reply.send({ ...answer, headers }, { bytesPerSecond, ...this.#cut() })
  }

  /** Where a fault cuts the response's body, or alters it. */
  #cut(): Delivery {
    const rule = this.#input.fault?.rule
    if (!rule) return {}
    const reached = () => this.#hit()
    if ('reset' in rule && rule.reset !== true) return { limit: rule.reset, then: 'reset', reached }
    if ('stall' in rule && rule.stall !== true) return { limit: rule.stall, then: 'stall', reached }
    if ('shortBody' in rule) return { limit: rule.shortBody, then: 'close', reached }
    if ('corrupt' in rule) return { corrupt: rule.corrupt, reached }
    return {}
  }

  /** Applies the fault. */
  #hit(): void {
    const { call, fault } = this.#input
    if (!fault || call.fault !== undefined) return
    call.fault = fault.action
    fault.hit(call)
  }

  /** Holds the request's body back, or cuts it off. */
  #received(bytes: number): Promise<void> | undefined {
    const { call, fault } = this.#input
    call.bytesIn += bytes
    if (fault && 'resetRequest' in fault.rule && call.bytesIn >= fault.rule.resetRequest) {
      this.#hit()
      this.#reply.reset()
      throw new ClientGone()
    }
    if (fault && 'stallRequest' in fault.rule && call.bytesIn >= fault.rule.stallRequest) {
      this.#hit()
      return this.#reply.park(fault.released)
    }
    const delay = this.#requestPacer.delayAfter(bytes, performance.now())
    return delay > 1 ? this.#reply.sleep(delay) : undefined
  }
}

let lastRequest = 0

/** Sixteen letters and digits, like S3's, different for every request. */
function newRequestId(): string {
  return `LOCALS3${(++lastRequest).toString(36).toUpperCase().padStart(9, '0')}`
}

/** Whether a fault applies after its operation. */
function isPerformed(fault: ActiveFault): boolean {
  return 'performed' in fault.rule && (fault.rule.performed ?? false)
}
