import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Job } from '../../lib/job/schema/job.js'
import type { SplitPlan } from '../../lib/job/split/split-plan.js'
import type { Arena } from '../support/topic.js'

/** A step that a bare loop does. */
type Order =
  | { readonly step: 'job' | 'plan'; readonly job: Job }
  | { readonly step: 'audio' | 'join'; readonly plan: SplitPlan }
  | { readonly step: 'chunk'; readonly plan: SplitPlan; readonly n: number }

/** Processes that do the steps of jobs, one after the other each, from a list in this process: a farm without an engine. */
export class BareFarm {
  private constructor(private readonly children: readonly ChildProcess[]) {}

  static async start(config: Arena['client'], count: number): Promise<BareFarm> {
    const script = fileURLToPath(new URL('bare-process.mjs', import.meta.url))
    const children = Array.from({ length: count }, () => fork(script, { execArgv: [] }))
    const ready = children.map(child => once(child, 'message'))
    for (const child of children) child.send({ config })
    await Promise.all(ready)
    return new BareFarm(children)
  }

  /** Runs all jobs, and returns the seconds that takes. */
  async objects(jobs: readonly Job[]): Promise<number> {
    const started = performance.now()
    await this.#all(jobs.map(job => ({ step: 'job', job })))
    return (performance.now() - started) / 1000
  }

  /** Runs a job in pieces, and returns the seconds that takes. */
  async film(job: Job): Promise<number> {
    const [first] = this.children
    const started = performance.now()
    const plan = (await ask(first!, { step: 'plan', job })) as SplitPlan
    const audio: Order[] = plan.audio === undefined ? [] : [{ step: 'audio', plan }]
    await this.#all([...audio, ...plan.chunks.map((_, n): Order => ({ step: 'chunk', plan, n }))])
    await ask(first!, { step: 'join', plan })
    return (performance.now() - started) / 1000
  }

  async #all(orders: Order[]): Promise<void> {
    const todo = [...orders]
    await Promise.all(
      this.children.map(async child => {
        for (let order = todo.shift(); order !== undefined; order = todo.shift()) await ask(child, order)
      }),
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map(stopped))
  }
}

async function ask(child: ChildProcess, order: Order): Promise<unknown> {
  const answer = once(child, 'message') as Promise<[{ value?: unknown; error?: string }]>
  child.send(order)
  const [{ value, error }] = await answer
  if (error !== undefined) throw new Error(`${order.step}: ${error}`)
  return value
}

/** Ends a process, and waits for it. */
export async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}
