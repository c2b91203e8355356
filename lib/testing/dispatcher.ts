import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { CallLog, OpenCall } from './call-log.js'
import { errorAnswer, errorOfStatus, toServiceError } from './error-answer.js'
import type { Answer, ServerSettings } from './exchange.js'
import type { Pace } from './fault.js'
import type { ActiveFault, FaultRules } from './fault-rules.js'
import { HANDLERS } from './handlers.js'
import { takeContent } from './intake.js'
import { memoryContents, MemoryContent } from './memory-content.js'
import type { ObjectStore } from './object-store.js'
import type { S3Operation } from './operation.js'
import { Pacer } from './pacer.js'
import { type Delivery, Reply } from './reply.js'
import { ClientGone, RequestBody } from './request-body.js'
import { headerOf, parseRequest, type S3Request } from './s3-request.js'
import { ServiceError } from './service-error.js'
import { authenticate, type SigningIdentity } from './sigv4.js'

/** What the dispatcher works with. */
export interface DispatcherParts {
  readonly store: ObjectStore
  readonly identity: SigningIdentity
  readonly settings: ServerSettings
  readonly publicRead: boolean
  readonly log: CallLog
  readonly rules: FaultRules
  /** The pace of every connection, asked for at each request. */
  readonly pace: () => Pace
}

const PUBLIC_OPERATIONS: readonly (S3Operation | undefined)[] = ['GetObject', 'HeadObject']
const EMPTY: S3Request = parseRequest({ headers: {} })

/** Takes a request from its headers to the end of its answer: log, faults, signature, operation, delivery. */
export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #connections = new WeakMap<Socket, number>()
  #lastConnection = 0

  constructor(parts: DispatcherParts) {
    this.#parts = parts
  }

  /** Answers one request. Never rejects. */
  async handle(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const { request, error } = read(message)
    const call = this.#callOf(message, request)
    const { log, rules } = this.#parts
    log.begin(call)
    const exchange = new Passage(this.#parts, message, response, request, call, expectsContinue)
    try {
      await exchange.run(error, rules.take(call))
    } catch (cause) {
      if (!(cause instanceof ClientGone)) response.destroy(cause as Error)
      call.aborted = true
    } finally {
      log.end(call)
    }
  }

  #callOf(message: IncomingMessage, request: S3Request): OpenCall {
    const partNumber = request.query.get('partNumber')
    return {
      operation: request.operation,
      method: request.method,
      url: message.url ?? '',
      bucket: request.bucket,
      key: request.key,
      versionId: request.query.get('versionId'),
      uploadId: request.query.get('uploadId'),
      partNumber: partNumber === undefined ? undefined : Number(partNumber),
      range: headerOf(request, 'range'),
      headers: message.headers,
      connection: this.#connectionOf(message.socket),
      startedAt: performance.now(),
      endedAt: undefined,
      status: undefined,
      errorCode: undefined,
      bytesIn: 0,
      bytesOut: 0,
      fault: undefined,
      aborted: false,
    }
  }

  #connectionOf(socket: Socket): number {
    const known = this.#connections.get(socket)
    if (known !== undefined) return known
    this.#connections.set(socket, ++this.#lastConnection)
    return this.#lastConnection
  }
}

function read(message: IncomingMessage): { request: S3Request; error?: ServiceError } {
  try {
    return { request: parseRequest(message) }
  } catch (error) {
    return {
      request: { ...EMPTY, method: message.method ?? 'GET', headers: message.headers },
      error: toServiceError(error),
    }
  }
}

/** One request on its way through. */
class Passage {
  readonly #parts: DispatcherParts
  readonly #request: S3Request
  readonly #call: OpenCall
  readonly #reply: Reply
  readonly #body: RequestBody
  readonly #expectsContinue: boolean
  readonly #requestId = randomBytes(8).toString('hex').toUpperCase()
  #fault: ActiveFault | undefined
  #requestPacer = new Pacer(Infinity)

  constructor(
    parts: DispatcherParts,
    message: IncomingMessage,
    response: ServerResponse,
    request: S3Request,
    call: OpenCall,
    expectsContinue: boolean,
  ) {
    this.#parts = parts
    this.#request = request
    this.#call = call
    this.#expectsContinue = expectsContinue
    this.#reply = new Reply(response, call)
    this.#body = new RequestBody(message, {
      begin: () => {
        if (expectsContinue) this.#reply.writeContinue()
      },
      received: bytes => this.#received(bytes),
    })
  }

  async run(error: ServiceError | undefined, fault: ActiveFault | undefined): Promise<void> {
    this.#fault = fault
    this.#call.fault = fault?.action
    this.#requestPacer = new Pacer(this.#pace.bytesPerSecond ?? Infinity)
    await this.#before()
    const replaced = fault && !isPerformed(fault) ? await this.#inPlaceOfAnswer(fault) : undefined
    let answer = replaced ?? (await this.#perform(error))
    if (this.#reply.isGone) return
    if (fault && isPerformed(fault)) answer = (await this.#inPlaceOfAnswer(fault)) ?? answer
    await this.#deliver(answer)
  }

  get #pace(): Pace {
    const rule = this.#fault?.rule
    return rule && 'slow' in rule ? rule.slow : this.#parts.pace()
  }

  /** What a fault does just before the operation. */
  async #before(): Promise<void> {
    const rule = this.#fault?.rule
    if (rule && 'before' in rule) await rule.before(this.#call)
    if (!rule || !('changed' in rule)) return
    const { store, settings } = this.#parts
    const { bucket: name, key } = this.#request
    const bucket = store.bucket(name ?? '')
    const old = bucket.find(key ?? '')
    const bytes = Buffer.from(rule.changed as string)
    const taken = await takeContent(memoryContents, settings, new MemoryContent([bytes]))
    bucket.store({
      ...old,
      content: taken.content,
      etag: taken.etag,
      versionId: bucket.newVersionId(),
      lastModified: new Date(),
      checksum: undefined,
      parts: undefined,
    })
  }

  /** Plays a fault that stands in the answer's place; `undefined` where the exchange goes on. */
  async #inPlaceOfAnswer({ rule, released }: ActiveFault): Promise<Answer | undefined> {
    if ('reset' in rule && rule.reset === true) {
      this.#reply.reset()
      throw new ClientGone()
    }
    if ('stall' in rule && rule.stall === true) {
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
    try {
      if (error) throw error
      const { operation } = this.#request
      const { store, settings, identity, publicRead } = this.#parts
      const authentication = authenticate(this.#request, identity, Date.now())
      if (authentication.anonymous && !(publicRead && PUBLIC_OPERATIONS.includes(operation))) {
        throw new ServiceError('AccessDenied')
      }
      if (operation === undefined) throw new ServiceError('NotImplemented')
      const exchange = { request: this.#request, authentication, body: this.#body, store, settings }
      const answer = await HANDLERS[operation](exchange)
      // Nothing of the request may stay in the way of the next one on the connection.
      await this.#body.discard()
      return answer
    } catch (cause) {
      if (cause instanceof ClientGone) throw cause
      return this.#fail(toServiceError(cause))
    }
  }

  async #fail(error: ServiceError): Promise<Answer> {
    this.#call.errorCode = error.code
    const answer = errorAnswer(error, this.#request.path, this.#requestId)
    if (this.#expectsContinue && !this.#body.begun) {
      // The client holds its body back and will not send it: the connection cannot be used again.
      return { ...answer, headers: { ...answer.headers, connection: 'close' } }
    }
    // A client that is still sending may never look at an answer: let it finish first.
    await this.#body.discard()
    return answer
  }

  async #deliver(answer: Answer): Promise<void> {
    const { ttfb = 0, bytesPerSecond } = this.#pace
    await this.#reply.sleep(ttfb)
    const headers: Record<string, string> = {
      'x-amz-request-id': this.#requestId,
      'x-amz-id-2': 'local-s3',
      ...(this.#parts.publicRead && { 'access-control-allow-origin': '*' }),
      ...answer.headers,
    }
    const rule = this.#fault?.rule
    if (rule && 'answerHeaders' in rule) {
      for (const [name, value] of Object.entries(rule.answerHeaders)) {
        if (value === undefined) Reflect.deleteProperty(headers, name)
        else headers[name] = value
      }
    }
    await this.#reply.send({ ...answer, headers }, { bytesPerSecond, ...this.#cut() })
  }

  #cut(): Delivery {
    const rule = this.#fault?.rule
    if (!rule) return {}
    if ('reset' in rule && rule.reset !== true) return { limit: rule.reset, then: 'reset' }
    if ('stall' in rule && rule.stall !== true) return { limit: rule.stall, then: 'stall' }
    if ('shortBody' in rule) return { limit: rule.shortBody, then: 'close' }
    if ('corrupt' in rule) return { corrupt: rule.corrupt }
    return {}
  }

  #received(bytes: number): Promise<void> | undefined {
    const call = this.#call
    call.bytesIn += bytes
    const fault = this.#fault
    if (fault && 'resetRequest' in fault.rule && call.bytesIn >= fault.rule.resetRequest) {
      this.#reply.reset()
      throw new ClientGone()
    }
    if (fault && 'stallRequest' in fault.rule && call.bytesIn >= fault.rule.stallRequest) {
      return this.#reply.park(fault.released)
    }
    const delay = this.#requestPacer.delayAfter(bytes, performance.now())
    return delay > 1 ? this.#reply.sleep(delay) : undefined
  }
}

/** Whether a fault comes after its operation. */
function isPerformed(fault: ActiveFault): boolean {
  return 'performed' in fault.rule && (fault.rule.performed ?? false)
}
