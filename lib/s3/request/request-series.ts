import { randomUUID } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import type { AttachedBody } from './request-body.js'
import { type RequestInFlight, type S3Command, type Sending, addMiddleware } from './send-once.js'

/**
 * Requests that differ in little: the ranges of an object, the parts of an upload.
 *
 * For each command the SDK composes some forty steps, and runs them: what a user has added, parameters into a request,
 * the endpoint, headers that name the client; then the signature, the network, and the response. Up to the signature
 * the result is the same for the whole series, but for a header or two, and takes over half of the CPU time of a
 * request. So a request that went well is kept as a model, with the SDK's steps from the signature on. The next one is
 * a copy with its own values, and takes those steps alone: it is signed, sent, and its response judged, as ever.
 *
 * Only if nobody can tell: the client has the SDK's own steps and no others, no logger, no retry strategy that counts
 * requests, and no tracer that has replaced `send()`. Else every request goes through the whole SDK. So does each
 * second attempt, each request that differs in more, and each after the client's endpoint has changed. The client's
 * steps are looked at once for a series: that takes a fifth of what a copy saves.
 */
export class RequestSeries {
  readonly #client: S3Client
  #isPlain: boolean | undefined
  #model: Model | undefined

  constructor(client: S3Client) {
    this.#client = client
  }

  /**
   * How to send `command` as a copy of an earlier request; `undefined` if there is none like it. Then the command may
   * become the model of others. Call it before anything else is added to the command.
   *
   * @param attempt - the number of the attempt, from 1
   */
  async find(command: S3Command<unknown>, attempt = 1): Promise<Model | undefined> {
    if (attempt > 1 || !(this.#isPlain ??= isPlain(this.#client))) return undefined
    const model = this.#model
    if (model?.fits(command.input) === true && model.endpoint === (await this.#endpoint())) return model
    this.#learn(command)
    return undefined
  }

  #learn(command: S3Command<unknown>): void {
    const input = { ...command.input }
    // The SDK's own last steps are innermost: this one takes their place in a copy.
    addMiddleware(command, 'avioDeliver', { step: 'deserialize', priority: 'low' }, next => args => {
      const { deliver } = args as Partial<CopyArgs>
      return deliver === undefined ? next(args) : deliver(args.request)
    })
    const place = { relation: 'after', toMiddleware: 'retryMiddleware' } as const
    addMiddleware(command, 'avioModel', place, (next, { commandName }) => async args => {
      const request = copyOf(args.request)
      const result = await next(args)
      const endpoint = await this.#endpoint()
      const isAtEndpoint = endpoint === '' || `.${request.hostname}`.endsWith(`.${endpoint}`)
      if (isAtEndpoint && isModel(request, input) && (await isStandard(this.#client)))
        this.#model = new Model(input, { ...args, request }, next as Steps, { commandName, endpoint })
      return result
    })
  }

  /** The host that the client has been given, which may be looked up for each request; '' for AWS. */
  async #endpoint(): Promise<string | undefined> {
    try {
      return (await this.#client.config.endpoint?.())?.hostname ?? ''
    } catch {
      return undefined
    }
  }
}

/** Takes a signed request to the network, and resolves with the SDK's form of a response. */
export type Deliver = (request: RequestInFlight) => Promise<{ readonly response: unknown }>

interface CopyArgs {
  readonly request: RequestInFlight
  readonly deliver: Deliver
}

/** The SDK's steps from the signature on. */
type Steps = (args: CopyArgs) => Promise<{ readonly output: unknown }>

/** The SDK gives each request an id. */
const ID_HEADER = 'amz-sdk-invocation-id'

/** Parameters that may differ, and the header or query parameter that carries each. */
const CARRIERS: Readonly<Record<string, readonly ['headers' | 'query', string]>> = {
  Range: ['headers', 'range'],
  PartNumber: ['query', 'partNumber'],
  ContentLength: ['headers', 'content-length'],
  ChecksumCRC32: ['headers', 'x-amz-checksum-crc32'],
  ContentMD5: ['headers', 'content-md5'],
}

type Input = Readonly<Record<string, unknown>>

interface ModelOrigin {
  readonly commandName: string | undefined
  /** The host that the client had been given. */
  readonly endpoint: string | undefined
}

/** A request that went well. */
export class Model {
  /** The host that the client had been given; '' for AWS. */
  readonly endpoint: string | undefined
  readonly #input: Input
  readonly #args: { readonly request: RequestInFlight }
  readonly #steps: Steps
  readonly #commandName: string | undefined

  constructor(
    input: object,
    args: { readonly request: RequestInFlight },
    steps: Steps,
    { commandName, endpoint }: ModelOrigin,
  ) {
    this.endpoint = endpoint
    this.#input = input as Input
    this.#args = args
    this.#steps = steps
    this.#commandName = commandName
  }

  /** Whether a request with this input differs only in parameters that can be set in a copy. */
  fits(input: object): boolean {
    const names = Object.keys(input)
    return (
      names.length === Object.keys(this.#input).length &&
      names.every(name => {
        const [own, other] = [this.#input[name], (input as Input)[name]]
        const isSet = own !== undefined && other !== undefined
        return own === other ? Object.hasOwn(this.#input, name) : isSet && Object.hasOwn(CARRIERS, name)
      })
    )
  }

  /**
   * Sends a copy with the input of `command`. Rejects with the SDK's error, or with that of `deliver`.
   *
   * @param sending - receives the progress
   * @param body - its body, in the place of the model's
   */
  async send<Output>(
    command: S3Command<Output>,
    sending: Sending,
    deliver: Deliver,
    body?: AttachedBody,
  ): Promise<Output> {
    sending.copy(command, this.#commandName)
    try {
      const request = copyOf(this.#args.request)
      for (const [name, value] of Object.entries(command.input)) {
        const [where, carrier] = CARRIERS[name] ?? []
        if (where !== undefined && value !== undefined) request[where]![carrier!] = String(value)
      }
      request.headers[ID_HEADER] = randomUUID()
      body?.replace(request)
      const { output } = await this.#steps({
        ...this.#args,
        request,
        deliver: signed => sending.handOver(body?.insert(signed) ?? signed, deliver),
      })
      return output as Output
    } catch (error) {
      sending.mark(error)
      throw error
    }
  }
}

/** Gives a signed request to the client's own handler, as the SDK's last step does. */
export async function hand(
  client: S3Client,
  request: RequestInFlight,
  signal: AbortSignal,
): Promise<{ readonly response: unknown }> {
  return client.config.requestHandler.handle(request as never, { abortSignal: signal })
}

function copyOf(request: RequestInFlight): RequestInFlight {
  const copy = Object.create(Object.getPrototypeOf(request) as object) as RequestInFlight
  return Object.assign(copy, request, { headers: { ...request.headers }, query: { ...request.query } })
}

/** Whether copies of `request` can be made: each parameter that may differ is where it belongs. */
function isModel(request: RequestInFlight, input: object): boolean {
  const { headers, body } = request
  // Signed already, or with a session of S3 Express, which ends after five minutes.
  if ('authorization' in headers || 'x-amz-s3session-token' in headers || body !== undefined) return false
  return Object.entries(input).every(([name, value]) => {
    const [where, carrier] = CARRIERS[name] ?? []
    return where === undefined || value === undefined || request[where]?.[carrier!] === String(value)
  })
}

interface Sender {
  readonly send: unknown
}

let untouched: S3Client | undefined

/** Whether the client does what the SDK's own does, and nobody watches it. */
function isPlain(client: S3Client): boolean {
  const stack = (client as Partial<S3Client>).middlewareStack
  if (stack === undefined) return false
  untouched ??= new S3Client({ region: 'none', credentials: { accessKeyId: '', secretAccessKey: '' } })
  // A tracer may have replaced it, for this client or for all.
  if (!/\.resolveMiddleware\(this\.middlewareStack/.test(String((client as Sender).send))) return false
  if (client.config.logger.constructor !== untouched.config.logger.constructor) return false
  return stack.identify().join() === untouched.middlewareStack.identify().join()
}

/** Whether the client's retries do nothing but retry: an adaptive strategy delays each request. */
async function isStandard(client: S3Client): Promise<boolean> {
  const strategy = (await client.config.retryStrategy()) as { readonly mode?: string }
  return strategy.mode === 'standard'
}
