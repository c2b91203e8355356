import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Arena, Run, Topic } from './topic.js'

/** The SDK's warning about old Node versions is not a result. */
const QUIET = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }

/**
 * One run of a contender in a process of its own.
 *
 * @param program - the topic's bundle
 * @param clock - whose start and end count
 */
export async function runContender(
  program: string,
  { topic, contender, clock = 'work' }: { topic: string; contender: string; clock?: Topic['clock'] },
  arena: Arena,
): Promise<Run> {
  const started = performance.now()
  // Without the loader that this process itself was started with.
  const child = fork(program, [topic, contender, JSON.stringify(arena)], { execArgv: [], env: QUIET })
  let answer: { readonly run?: Run; readonly error?: string } = {}
  child.once('message', message => (answer = message as typeof answer))
  const [code] = (await once(child, 'exit')) as [number | null]
  const wall = (performance.now() - started) / 1000
  const { run, error = `it exited with ${String(code)}` } = answer
  if (run === undefined) throw new Error(`${topic}: ${contender} failed: ${error}`)
  return clock === 'process' ? { ...run, wall } : run
}
