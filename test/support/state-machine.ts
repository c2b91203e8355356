import jsonata from 'jsonata'

/**
 * Runs a state machine in Amazon States Language with JSONata: `Task` for Lambda and for another state machine,
 * `Choice`, `Map` with its reader and writer in S3, `Succeed`, `Retry` and `Catch`, as
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html says. It counts the bytes of
 * what each state gets and returns, which Step Functions limits to 256 KiB, and waits for no retry.
 */

/** A state. */
interface State {
  readonly Type: 'Task' | 'Choice' | 'Map' | 'Succeed'
  readonly Next?: string
  readonly End?: boolean
  readonly Resource?: string
  readonly Arguments?: {
    readonly FunctionName?: string
    readonly Payload?: unknown
    readonly StateMachineArn?: string
    readonly Input?: unknown
  }
  readonly Output?: unknown
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts?: number }[]
  readonly Catch?: readonly (Transition & { readonly ErrorEquals: readonly string[] })[]
  readonly Choices?: readonly (Transition & { readonly Condition: string })[]
  readonly Default?: string
  readonly Items?: unknown
  readonly ItemReader?: { readonly Arguments: unknown }
  readonly ItemSelector?: unknown
  readonly MaxConcurrency?: number
  readonly ItemProcessor?: StateMachine
  readonly ToleratedFailurePercentage?: number
  readonly ResultWriter?: { readonly Arguments: unknown }
}

interface Transition {
  readonly Next: string
  readonly Output?: unknown
}

/** A definition. */
export interface StateMachine {
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
}

/** An object as Step Functions lists it. */
export interface ListedItem {
  readonly Etag: string
  readonly Key: string
  /** In seconds. */
  readonly LastModified: number
  readonly Size: number
  readonly StorageClass: string
}

/** The services of a state machine, beside Lambda. */
export interface Services {
  /** The definitions that it may start, by their names without `${` and `}`. */
  readonly machines?: Readonly<Record<string, StateMachine>>
  /** Lists a prefix of a bucket. */
  readonly list?: (bucket: string, prefix: string) => Promise<readonly ListedItem[]>
}

/** How a child of a Distributed Map ended, as its `ResultWriter` stores it. */
export interface ChildResult {
  readonly Status: 'SUCCEEDED' | 'FAILED'
  readonly Input: unknown
  readonly Output?: unknown
  readonly Error?: string
  readonly Cause?: string
}

/** A Lambda function: gets the event as JSON, and returns what becomes JSON. */
export type LambdaFunction = (event: never) => unknown

/** A visit to a state. */
export interface Visit {
  readonly state: string
  readonly inputBytes: number
  readonly outputBytes: number
}

const LIMIT = 256 * 1024

/** What ends an execution. */
class ExecutionFailed extends Error {
  constructor(
    state: string,
    /** Its name, as `ErrorEquals` compares it. */
    readonly error: string,
    readonly detail: string,
  ) {
    super(`${state} failed with ${error}: ${detail}`)
  }
}

/** An execution. */
export class Execution {
  readonly visits: Visit[] = []
  /** All children of Distributed Maps that have ended. */
  readonly children: ChildResult[] = []

  /** @param functions - by the names in the definition, without `${` and `}` */
  constructor(
    private readonly machine: StateMachine,
    private readonly functions: Readonly<Record<string, LambdaFunction>>,
    private readonly services: Services = {},
  ) {}

  async run(input: unknown): Promise<unknown> {
    return await this.#runMachine(this.machine, json(input))
  }

  async #runMachine(machine: StateMachine, input: unknown, item?: unknown): Promise<unknown> {
    let value = input
    for (let name: string | undefined = machine.StartAt; name !== undefined;) {
      const state: State | undefined = machine.States[name]
      if (state === undefined) throw new Error(`There is no state "${name}"`)
      const bytes = this.#bytes(name, value)
      const done = await this.#visit(name, state, value, item)
      this.visits.push({ state: name, inputBytes: bytes, outputBytes: this.#bytes(name, done.output) })
      value = done.output
      name = done.next
    }
    return value
  }

  #bytes(state: string, value: unknown): number {
    const bytes = Buffer.byteLength(JSON.stringify(value))
    if (bytes > LIMIT) throw new ExecutionFailed(state, 'States.DataLimitExceeded', `${bytes} bytes`)
    return bytes
  }

  async #visit(name: string, state: State, input: unknown, item: unknown) {
    const attempts = new Map<object, number>()
    for (;;) {
      try {
        return await this.#attempt(name, state, input, item)
      } catch (error) {
        const failure = error as Error
        const errorName = error instanceof ExecutionFailed ? error.error : failure.name
        const matches = ({ ErrorEquals }: { ErrorEquals: readonly string[] }) =>
          ErrorEquals.includes(errorName) || ErrorEquals.includes('States.ALL')
        const retrier = state.Retry?.find(matches)
        const tried = retrier === undefined ? 0 : (attempts.get(retrier) ?? 0)
        if (retrier !== undefined && tried < (retrier.MaxAttempts ?? 3)) {
          attempts.set(retrier, tried + 1)
          continue
        }
        const catcher = state.Catch?.find(matches)
        if (catcher === undefined)
          throw error instanceof ExecutionFailed
            ? error
            : new ExecutionFailed(name, errorName, failure.message)
        return {
          output: await evaluate(catcher.Output ?? '{% $states.input %}', { input }),
          next: catcher.Next,
        }
      }
    }
  }

  async #attempt(name: string, state: State, input: unknown, item: unknown) {
    switch (state.Type) {
      case 'Task':
        return {
          output: await outputOf(state, { input, result: await this.#task(state, input, item) }),
          next: state.Next,
        }
      case 'Choice': {
        for (const { Condition, Next } of state.Choices ?? [])
          if ((await evaluate(Condition, { input })) === true) return { output: input, next: Next }
        if (state.Default === undefined) throw new Error(`${name} has no choice`)
        return { output: input, next: state.Default }
      }
      case 'Map':
        return {
          output: await outputOf(state, { input, result: await this.#map(name, state, input) }),
          next: state.Next,
        }
      case 'Succeed':
        return { output: input, next: undefined }
    }
  }

  async #task({ Resource, Arguments = {} }: State, input: unknown, item: unknown): Promise<unknown> {
    const states = { input, context: contextOf(item) }
    if (Resource === 'arn:aws:states:::lambda:invoke') {
      const event = json(await evaluate(Arguments.Payload, states))
      const run = this.functions[nameOf(Arguments.FunctionName)]
      if (run === undefined) throw new Error(`There is no function ${String(Arguments.FunctionName)}`)
      // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
      return { ExecutedVersion: '$LATEST', Payload: json(await run(event as never)), StatusCode: 200 }
    }
    if (Resource !== 'arn:aws:states:::states:startExecution.sync:2')
      throw new Error(`There is no resource ${String(Resource)}`)
    const machine = this.services.machines?.[nameOf(Arguments.StateMachineArn)]
    if (machine === undefined) throw new Error(`There is no machine ${String(Arguments.StateMachineArn)}`)
    const started = new Execution(machine, this.functions, this.services)
    try {
      // https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
      return { Status: 'SUCCEEDED', Output: await started.run(await evaluate(Arguments.Input, states)) }
    } catch (error) {
      if (!(error instanceof ExecutionFailed)) throw error
      const Cause = JSON.stringify({ Status: 'FAILED', Error: error.error, Cause: error.detail })
      throw Object.assign(new Error(Cause), { name: 'States.TaskFailed' })
    } finally {
      this.visits.push(...started.visits)
      this.children.push(...started.children)
    }
  }

  async #items(name: string, { Items, ItemReader }: State, input: unknown): Promise<unknown[]> {
    if (ItemReader === undefined) {
      const items = await evaluate(Items, { input })
      if (!Array.isArray(items)) throw new Error(`The items of ${name} are no array`)
      return items as unknown[]
    }
    const { Bucket, Prefix } = (await evaluate(ItemReader.Arguments, { input })) as {
      Bucket: string
      Prefix: string
    }
    return [...(await this.services.list!(Bucket, Prefix))]
  }

  /** The children of a Distributed Map: executions of their own, whose outputs are the result. */
  async #map(name: string, state: State, input: unknown): Promise<unknown> {
    const items = await this.#items(name, state, input)
    const results: unknown[] = []
    const todo = [...items.entries()]
    const tolerated = (items.length * (state.ToleratedFailurePercentage ?? 0)) / 100
    let failed = 0
    const work = async () => {
      for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
        const [n, item] = next
        const child = await evaluate(state.ItemSelector, { input, context: contextOf(item) })
        try {
          results[n] = await this.#runMachine(state.ItemProcessor!, child, item)
          this.children.push({ Status: 'SUCCEEDED', Input: child, Output: results[n] })
        } catch (error) {
          if (!(error instanceof ExecutionFailed)) throw error
          this.children.push({ Status: 'FAILED', Input: child, Error: error.error, Cause: error.detail })
          if (++failed > tolerated) todo.length = 0
        }
      }
    }
    // As many at once as a test can run, not as the definition says.
    await Promise.all(Array.from({ length: Math.min(2, state.MaxConcurrency ?? 2) }, work))
    if (failed > tolerated)
      throw new ExecutionFailed(
        name,
        'States.ExceedToleratedFailureThreshold',
        'The specified tolerated failure threshold was exceeded',
      )
    const result =
      state.ResultWriter === undefined ? results : written(await evaluate(state.ResultWriter.Arguments, {}))
    this.#bytes(name, result)
    return result
  }
}

/** What a Distributed Map returns in place of results that it has stored. */
function written(place: unknown): object {
  const { Bucket, Prefix } = place as { Bucket: string; Prefix: string }
  const run = '6dbfba93-bcff-410b-9b5c-abf41ae9eddb'
  return {
    MapRunArn: `arn:aws:states:us-east-1:123456789012:mapRun:batch/Objects:${run}`,
    ResultWriterDetails: { Bucket, Key: `${Prefix}/${run}/manifest.json` },
  }
}

/** `${Name}`, as a deployment replaces it. */
function nameOf(reference: string | undefined): string {
  return /^\$\{(\w+)\}$/.exec(reference ?? '')?.[1] ?? ''
}

async function outputOf({ Output }: State, states: { input: unknown; result: unknown }): Promise<unknown> {
  return Output === undefined ? states.result : await evaluate(Output, states)
}

function contextOf(item: unknown): unknown {
  const Id = 'arn:aws:states:us-east-1:123456789012:execution:machine:17793124-05d4-b198-2fde-7ededc63b103'
  return { Execution: { Id }, Map: { Item: { Value: item } } }
}

const EXPRESSIONS = new Map<string, jsonata.Expression>()

/** Compiled once: a batch evaluates the same few for each of its objects. */
function compiled(expression: string): jsonata.Expression {
  const known = EXPRESSIONS.get(expression) ?? jsonata(expression)
  EXPRESSIONS.set(expression, known)
  return known
}

/** A value of the definition, with `{% … %}` replaced by what they give. */
async function evaluate(value: unknown, states: Readonly<Record<string, unknown>>): Promise<unknown> {
  if (Array.isArray(value)) return await Promise.all(value.map(part => evaluate(part, states)))
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(
      async ([key, part]) => [key, await evaluate(part, states)] as const,
    )
    return Object.fromEntries(await Promise.all(parts))
  }
  const [, expression] = /^\{%(.*)%\}$/s.exec(typeof value === 'string' ? value : '') ?? []
  if (expression === undefined) return value
  const result: unknown = await compiled(expression).evaluate(null, { states })
  if (result === undefined)
    throw Object.assign(new Error(`${expression} gives nothing`), { name: 'States.QueryEvaluationError' })
  return json(result)
}

/** As it passes from one machine to another. */
function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}
