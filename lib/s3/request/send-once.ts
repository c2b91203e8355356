import type { S3Client } from '@aws-sdk/client-s3'
import type { RequestSubject } from '../../io/diagnostics/messages.js'
import { subjectOf } from './request-subject.js'
import { setSendMark } from './send-mark.js'

/**
 * One command, one attempt.
 *
 * The SDK's own retries would multiply with ours, hide the errors that decide an ambiguous CompleteMultipartUpload, and
 * cannot resume a body. They cannot be turned off for a single command, but apply only to failures: so the error passes
 * them inside an envelope that looks like a response, and is thrown right after. (A non-retryable error does not work:
 * if the body is a stream, the SDK logs a warning to the console.) Everything else of the user's client (credentials,
 * signing, clock-skew correction, region redirects, middleware) stays in effect.
 */

/** An SDK command, with the type of its response. */
export interface S3Command<Output> {
  readonly middlewareStack: object
  readonly input: object
  resolveMiddleware(...args: never[]): (input: never) => Promise<{ output: Output }>
}

/** A request on its way through the SDK: the parts that our middleware reads. */
export interface RequestInFlight {
  readonly protocol: string
  readonly hostname?: string
  readonly headers: Record<string, string>
  readonly query?: Record<string, string | string[] | null>
  readonly body?: unknown
}

/** An SDK middleware, with the types common to all steps. */
export type Middleware = (
  next: (args: { request: RequestInFlight }) => Promise<unknown>,
  context: { readonly commandName?: string },
) => (args: { request: RequestInFlight }) => Promise<unknown>

/** The position of a middleware in the SDK's stack. */
export type Place =
  | { step: 'initialize' | 'build' | 'deserialize'; priority: 'high' | 'low' }
  | { relation: 'before' | 'after'; toMiddleware: string }

/** Adds a middleware to the stack of one command. */
export function addMiddleware(
  command: S3Command<unknown>,
  name: string,
  place: Place,
  middleware: Middleware,
): void {
  type Adder = (middleware: Middleware, options: object) => void
  const stack = command.middlewareStack as { add: Adder; addRelativeTo: Adder }
  const options = { name, override: true, ...place }
  if ('step' in place) stack.add(middleware, options)
  else stack.addRelativeTo(middleware, options)
}

/** A failed attempt in the form that the SDK's retry sees: a response. */
class Envelope {
  readonly $metadata = {}
  constructor(readonly error: unknown) {}
}

const enclose: Middleware = next => async args => {
  try {
    return await next(args)
  } catch (error) {
    return { response: {}, output: new Envelope(error) }
  }
}

const disclose: Middleware = next => async args => {
  const result = await next(args)
  const { output } = result as { output: unknown }
  if (output instanceof Envelope) throw output.error
  return result
}

/** The clients that have had credentials. */
const identified = new WeakSet<object>()

/** The clients that have had a response. */
const working = new WeakSet<object>()

interface RawAnswer {
  $metadata?: { httpStatusCode?: number }
}

/** The place of a request among others, which its command does not tell. */
export interface RequestPlace {
  /** The number of the attempt, from 1. */
  readonly attempt?: number | undefined
  /** The offset in the object of the first byte that it asks for, or sends. */
  readonly byteOffset?: number | undefined
}

/** The progress of a command. */
export class Sending {
  readonly #client: object
  readonly #place: RequestPlace
  #command: S3Command<unknown> | undefined
  #commandName: string | undefined
  /** Whether the SDK's steps have started: a client stand-in, as in tests, has none. */
  #began = false
  /** The request as given to the network; `undefined` before that. */
  request: RequestInFlight | undefined
  /** Called when the request goes to the network. */
  onRequest: (() => void) | undefined

  constructor(client: object, place: RequestPlace = {}) {
    this.#client = client
    this.#place = place
  }

  /** The number of the attempt, from 1. */
  get attempt(): number {
    return this.#place.attempt ?? 1
  }

  /** What the request is about. */
  get subject(): RequestSubject {
    // A client stand-in, as in tests, runs no step of the SDK.
    const name = this.#commandName ?? this.#command?.constructor.name ?? ''
    return subjectOf(name, this.#command?.input, this.#place.byteOffset)
  }

  /** Makes `command` report its progress. */
  follow(command: S3Command<unknown>): void {
    this.#command = command
    const begin: Middleware = (next, { commandName }) => {
      this.#commandName = commandName
      return args => {
        this.#began = true
        return next(args)
      }
    }
    // The SDK requests credentials when it serializes, and again when it signs.
    const identify: Middleware = next => args => {
      identified.add(this.#client)
      return next(args)
    }
    const hand: Middleware = next => args => this.handOver(args.request, () => next(args))
    addMiddleware(command, 'avioBegin', { step: 'initialize', priority: 'high' }, begin)
    addMiddleware(command, 'avioIdentified', { step: 'build', priority: 'high' }, identify)
    addMiddleware(command, 'avioHandOver', { step: 'deserialize', priority: 'low' }, hand)
  }

  /** `command` is sent as a copy of an earlier request. */
  copy(command: S3Command<unknown>, commandName: string | undefined): void {
    this.#command = command
    this.#commandName = commandName
    this.#began = true
  }

  /** The request goes to the network, by `send`. */
  handOver<Result>(request: RequestInFlight, send: (request: RequestInFlight) => Result): Result {
    this.request = request
    const result = send(request)
    this.onRequest?.()
    return result
  }

  /**
   * Attaches the state of the request to `error`.
   *
   * @param isUnsigned - whether the signature omits the body, by the library's choice
   */
  mark(error: unknown, isUnsigned = false): void {
    const unsent = this.#began && this.request === undefined
    setSendMark(error, {
      unsent,
      protocol: this.request?.protocol,
      hadCredentials: identified.has(this.#client),
      hasWorked: working.has(this.#client),
      isUnsigned,
      subject: this.subject,
    })
    if ((error as RawAnswer | undefined)?.$metadata?.httpStatusCode !== undefined) this.works()
  }

  /** The server has responded. */
  works(): void {
    working.add(this.#client)
  }
}

/**
 * Sends `command` once. Rejects with the SDK's error, or an `AbortError`.
 *
 * @param sending - receives the progress
 */
export async function sendOnce<Output>(
  client: S3Client,
  command: S3Command<Output>,
  signal?: AbortSignal,
  sending = new Sending(client),
): Promise<Output> {
  // A client stand-in, as in tests, neither supports the envelope nor needs it.
  const stack = (client as Partial<S3Client>).middlewareStack
  if (stack?.identify().some(name => name.startsWith('retryMiddleware'))) {
    const toMiddleware = 'retryMiddleware'
    addMiddleware(command, 'avioSingleAttempt', { relation: 'after', toMiddleware }, enclose)
    addMiddleware(command, 'avioAfterAttempt', { relation: 'before', toMiddleware }, disclose)
  }
  sending.follow(command)
  try {
    const output = (await client.send(command as never, signal ? { abortSignal: signal } : {})) as Output
    sending.works()
    return output
  } catch (error) {
    sending.mark(error)
    throw error
  }
}
