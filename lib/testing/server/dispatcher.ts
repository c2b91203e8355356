import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CallLog, OpenCall } from './call-log.js'
import { Exchange, type ExchangeParts } from './exchange.js'
import type { FaultRules } from './fault-rules.js'
import { ClientGone } from '../wire/request-body.js'
import { headerOf, parseRequest, type S3Request, unreadableRequest } from '../wire/s3-request.js'
import type { ServiceError } from '../wire/service-error.js'

/** Logs every request, finds its fault, and handles it to the end. */
export class Dispatcher {
  readonly #parts: ExchangeParts
  readonly #log: CallLog
  readonly #rules: FaultRules

  constructor(parts: ExchangeParts, log: CallLog, rules: FaultRules) {
    this.#parts = parts
    this.#log = log
    this.#rules = rules
  }

  /**
   * Handles one request. Never rejects.
   *
   * @param expectsContinue - the client waits for `100 Continue` before it sends its body
   */
  async handle(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const { request, error } = read(message)
    const call = this.#callOf(message, request)
    this.#log.begin(call)
    try {
      const fault = this.#rules.take(call)
      await new Exchange(this.#parts, { message, response, request, call, expectsContinue, fault }).run(error)
    } catch (cause) {
      call.aborted = true
      // Too late for an error response; a broken connection at least is not a success.
      if (!(cause instanceof ClientGone)) response.destroy(cause as Error)
    } finally {
      this.#log.end(call)
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
      connection: this.#parts.connections.numberOf(message.socket),
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
}

/** Logs an unreadable request, and responds to it like any other. */
function read(message: IncomingMessage): { request: S3Request; error?: ServiceError } {
  try {
    return { request: parseRequest(message) }
  } catch (error) {
    return { request: unreadableRequest(message), error: error as ServiceError }
  }
}
