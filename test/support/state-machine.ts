import jsonata from 'jsonata'

/**
 * Runs a state machine in Amazon States Language with JSONata: `Task` for Lambda, `Choice`, `Map`, `Succeed`, `Retry` and
 * `Catch`, as https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html says. It counts
 * the bytes of what each state gets and returns, which Step Functions limits to 256 KiB, and waits for no retry.
 */

/** A state. */
interface State {
  readonly Type: 'Task' | 'Choice' | 'Map' | 'Succeed'
  readonly Next?: string
  readonly End?: boolean
  readonly Arguments?: { readonly FunctionName: string; readonly Payload: unknown }
  readonly Output?: unknown
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts?: number }[]
  readonly Catch?: readonly (Transition & { readonly ErrorEquals: readonly string[] })[]
  readonly Choices?: readonly (Transition & { readonly Condition: string })[]
  readonly Default?: string
  readonly Items?: unknown
  readonly ItemSelector?: unknown
  readonly MaxConcurrency?: number
  readonly ItemProcessor?: StateMachine
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
    detail: string,
  ) {
    super(`${state} failed with ${error}: ${detail}`)
  }
}

/** An execution. */
export class Execution {
  readonly visits: Visit[] = []

  /** @param functions - by the names in the definition, without `${` and `}` */
  constructor(
    private readonly machine: StateMachine,
    private readonly functions: Readonly<Record<string, LambdaFunction>>,
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
      case 'Task': {
        const { FunctionName, Payload } = state.Arguments!
        const event = json(await evaluate(Payload, { input, context: contextOf(item) }))
        const run = this.functions[/^\$\{(\w+)\}$/.exec(FunctionName)?.[1] ?? '']
        if (run === undefined) throw new Error(`There is no function ${FunctionName}`)
        // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        const result = {
          ExecutedVersion: '$LATEST',
          Payload: json(await run(event as never)),
          StatusCode: 200,
        }
        return { output: await outputOf(state, { input, result }), next: state.Next }
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

  /** The children of a Distributed Map: executions of their own, whose outputs are the result. */
  async #map(name: string, state: State, input: unknown): Promise<unknown> {
    const items = await evaluate(state.Items, { input })
    if (!Array.isArray(items)) throw new Error(`The items of ${name} are no array`)
    const results: unknown[] = []
    const todo = [...(items as unknown[]).entries()]
    const work = async () => {
      for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
        const [n, item] = next
        const child = await evaluate(state.ItemSelector, { input, context: contextOf(item) })
        results[n] = await this.#runMachine(state.ItemProcessor!, child, item)
      }
    }
    // As many at once as a test can run, not as the definition says.
    const workers = Math.min(2, state.MaxConcurrency ?? 2)
    try {
      await Promise.all(Array.from({ length: workers }, work))
    } catch (error) {
      todo.length = 0
      throw error instanceof ExecutionFailed
        ? new ExecutionFailed(name, 'States.ExceedToleratedFailureThreshold', error.message)
        : error
    }
    this.#bytes(name, results)
    return results
  }
}

async function outputOf({ Output }: State, states: { input: unknown; result: unknown }): Promise<unknown> {
  return Output === undefined ? states.result : await evaluate(Output, states)
}

function contextOf(item: unknown): unknown {
  return { Map: { Item: { Value: item } } }
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
  const result: unknown = await jsonata(expression).evaluate(null, { states })
  if (result === undefined)
    throw Object.assign(new Error(`${expression} gives nothing`), { name: 'States.QueryEvaluationError' })
  return json(result)
}

/** As it passes from one machine to another. */
function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}
