import { readFileSync, writeFileSync } from 'node:fs'
import type { Arena, Contender, Library, Run, Topic } from './topic.js'
import { childCpu } from './tree-cpu.js'

/**
 * One run of one contender, in a process of its own: node <bundle of the topic> <topic> <contender> <arena>. It reports
 * its {@link Run}, or why there is none; the clock of a whole process is its parent's.
 */
export async function compete(topic: Topic): Promise<void> {
  const answer = await run(topic).then(
    run => ({ run }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  )
  // A contender that failed may hold sockets and children.
  process.send!(answer, () => ('run' in answer ? process.disconnect() : process.exit(1)))
}

async function run(topic: Topic): Promise<Run> {
  const [, , , name = '', json = ''] = process.argv
  const arena = JSON.parse(json) as Arena
  const contender = topic.contenders[name]
  if (contender === undefined) throw new Error(`There is no contender "${name}"`)
  const load = () => import(arena.library) as Promise<Library>
  const whole = topic.clock === 'process'
  if (!whole) await load()
  await warmUp(topic, contender, arena, load)
  const peak = new PeakMemory()
  const before = process.cpuUsage()
  const childrenBefore = childCpu()
  const started = performance.now()
  const result = await contender(arena, load)
  const wall = (performance.now() - started) / 1000
  const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6
  const workCpu = seconds(process.cpuUsage(before))
  // Of a whole process, everything before counts too.
  const cpu = whole ? seconds(process.cpuUsage()) : workCpu
  const moved = typeof result === 'number' ? { bytes: result } : result
  return {
    bytes: moved.bytes,
    wall,
    cpu: cpu + (moved.helperCpu ?? 0),
    workCpu,
    childCpu: childCpu() - childrenBefore,
    memory: peak.growth() + (moved.helperMemory ?? 0),
    ...(moved.figure !== undefined && { figure: moved.figure }),
  }
}

/** Has a contender do some of the work before the clock starts, if its topic wants that. */
export async function warmUp(
  { warmUp: size }: Pick<Topic, 'warmUp'>,
  contender: Contender,
  arena: Arena,
  load: () => Promise<Library>,
): Promise<void> {
  if (size !== undefined) await contender({ ...arena, size }, load)
}

/**
 * The growth of this process's peak resident set from now on. Linux keeps the peak itself (`VmHWM`) and forgets it on
 * request (`clear_refs`, proc_pid_clear_refs(5)), which costs the contender nothing; elsewhere samples are taken.
 */
class PeakMemory {
  readonly #before = process.memoryUsage.rss()
  readonly #sampling: NodeJS.Timeout | undefined
  #peak = this.#before

  constructor() {
    try {
      writeFileSync('/proc/self/clear_refs', '5')
    } catch {
      const sample = () => (this.#peak = Math.max(this.#peak, process.memoryUsage.rss()))
      this.#sampling = setInterval(sample, 5)
    }
  }

  growth(): number {
    clearInterval(this.#sampling)
    const kept = this.#sampling === undefined ? peakOf(readFileSync('/proc/self/status', 'latin1')) : 0
    return Math.max(this.#peak, kept, process.memoryUsage.rss()) - this.#before
  }
}

/** The peak resident set that `/proc/<pid>/status` states, in bytes; 0 if it states none. */
export function peakOf(status: string): number {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
