import type { S3Client } from '@aws-sdk/client-s3'
import { setSendMark } from './send-mark.js'

/**
 * One command, tried once.
 *
 * The SDK's own retry would multiply with ours, hides what decides about an ambiguous CompleteMultipartUpload,
 * and cannot resume a body. It cannot be switched off for a single command, but it retries only what fails: so the
 * error is carried past it inside an envelope that looks like an answer, and thrown right behind it. (An error that
 * it would not retry does not do: of one with a streamed body it warns on the console.) Everything else of the user's
 * client (credentials, signing, clock-skew correction, region redirects, middleware) stays in force.
 */

/** A command of the SDK, with the type of its answer. */
export interface S3Command<Output> {
  readonly middlewareStack: object
  resolveMiddleware(...args: never[]): (input: never) => Promise<{ output: Output }>
}

/** A request on its way through the SDK: what of it a middleware of ours looks at. */
export interface RequestInFlight {
  readonly protocol: string
  readonly headers: Record<string, string>
  readonly body?: unknown
}

/** A middleware of the SDK, with the types that all of its steps share. */
export type Middleware = (
  next: (args: { request: RequestInFlight }) => Promise<unknown>,
) => (args: { request: RequestInFlight }) => Promise<unknown>

/** Where in the SDK's stack a middleware goes. */
export type Place =
  | { step: 'initialize' | 'build' | 'deserialize'; priority: 'high' | 'low' }
  | { relation: 'before' | 'after'; toMiddleware: string }

/** Puts a middleware into the stack of one command. */
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

/** What a failed try looks like to the SDK's retry: an answer. */
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

/** The clients that have had an answer. */
const working = new WeakSet<object>()

interface RawAnswer {
  $metadata?: { httpStatusCode?: number }
}

/** How far a command has come. */
export class Sending {
  readonly #client: object
  /** Whether the SDK's steps were entered: a stand-in for a client, as tests use them, has none. */
  #began = false
  /** The request as it was handed to the network; `undefined` before that. */
  request: RequestInFlight | undefined
  /** Called when it was handed to the network. */
  onRequest: (() => void) | undefined

  constructor(client: object) {
    this.#client = client
  }

  /** Has `command` tell. */
  follow(command: S3Command<unknown>): void {
    const begin: Middleware = next => args => {
      this.#began = true
      return next(args)
    }
    // The SDK asks for credentials as it serializes, and once more as it signs.
    const identify: Middleware = next => args => {
      identified.add(this.#client)
      return next(args)
    }
    const hand: Middleware = next => args => {
      this.request = args.request
      const result = next(args)
      this.onRequest?.()
      return result
    }
    addMiddleware(command, 'avioBegin', { step: 'initialize', priority: 'high' }, begin)
    addMiddleware(command, 'avioIdentified', { step: 'build', priority: 'high' }, identify)
    addMiddleware(command, 'avioHandOver', { step: 'deserialize', priority: 'low' }, hand)
  }

  /** Notes with `error` what is known of the sending that it ended. */
  mark(error: unknown): void {
    const unsent = this.#began && this.request === undefined
    setSendMark(error, {
      unsent,
      protocol: this.request?.protocol,
      hadCredentials: identified.has(this.#client),
      hasWorked: working.has(this.#client),
    })
    if ((error as RawAnswer | undefined)?.$metadata?.httpStatusCode !== undefined) this.works()
  }

  /** The server has answered. */
  works(): void {
    working.add(this.#client)
  }
}

/**
 * Sends `command` once. Rejects with the SDK's error, or an `AbortError`.
 *
 * @param sending - learns how far it comes
 */
export async function sendOnce<Output>(
  client: S3Client,
  command: S3Command<Output>,
  signal?: AbortSignal,
  sending = new Sending(client),
): Promise<Output> {
  // A stand-in for a client, as tests use them, has no place for the envelope, and no need.
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
