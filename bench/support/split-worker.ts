import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { PieceResult } from '../../lib/job/split/piece-result.js'
import type { SplitPlan, UnsplitPlan } from '../../lib/job/split/split-plan.js'
import type { SplitSpec } from '../../lib/job/split/split-spec.js'
import type { SplitResult } from '../../lib/job/split/target-state.js'
import { programOf } from '../../test/support/program.js'
import type { Measured, SplitOrder } from './split-order.js'
import type { Arena } from './topic.js'

/** The SDK's warning about old Node versions is not a result. */
const QUIET = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }

/** A process that does the steps of a plan, one after the other. */
export class SplitWorker {
  private constructor(private readonly child: ChildProcess) {}

  static async start(client: Arena['client']): Promise<SplitWorker> {
    const { path, execArgv } = programOf(new URL('split-process.ts', import.meta.url))
    const child = fork(path, { execArgv, env: QUIET })
    await once(child, 'message')
    child.send(client)
    await once(child, 'message')
    return new SplitWorker(child)
  }

  plan = (spec: SplitSpec) => this.#ask<SplitPlan | UnsplitPlan>({ step: 'plan', spec })
  audio = (plan: SplitPlan) => this.#ask<PieceResult>({ step: 'audio', plan })
  chunk = (plan: SplitPlan, n: number) => this.#ask<PieceResult>({ step: 'chunk', plan, n })
  join = (plan: SplitPlan, results: readonly PieceResult[]) =>
    this.#ask<SplitResult>({ step: 'join', plan, results })
  remove = (plan: SplitPlan) => this.#ask<undefined>({ step: 'remove', plan })
  whole = (plan: SplitPlan, key: string) => this.#ask<{ bytes: number }>({ step: 'whole', plan, key })

  async #ask<Value>(order: SplitOrder): Promise<Measured<Value>> {
    const ended = new AbortController()
    const { signal } = ended
    const answer = once(this.child, 'message', { signal }) as Promise<[Measured<Value>]>
    const exit = once(this.child, 'exit', { signal }).then(([code]) => {
      throw new Error(`The step "${order.step}" failed with exit code ${String(code)}`)
    })
    this.child.send(order)
    try {
      const [measured] = await Promise.race([answer, exit])
      return measured
    } finally {
      ended.abort()
      await Promise.allSettled([answer, exit])
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.disconnect()
    await exited
  }
}
