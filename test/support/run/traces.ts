import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'

/** The state of this process that a test file could change for the next one, by name. */
export type Traces = ReadonlyMap<string, unknown>

/**
 * Globals that a package makes once, when it is loaded: zod's configuration and registry, which its copies share;
 * `__importStar` and other helpers of compiled code, by tslib; `awslambda`, by the AWS SDK's first client.
 */
const OF_PACKAGES = /^(?:__[a-z]|awslambda$)/
/** Resources that close by what another process, or another part of this one, does: not timers. */
const OPEN = /^active (?!Timeout\b|Immediate\b)/
/** Writes to the runner's pipe, which may be full: they are no test's own. */
const OF_THE_RUNNER = new Set(['SimpleWriteWrap', 'WriteWrap'])

/** The present traces. */
export function traces(): Traces {
  const found = new Map<string, unknown>([
    ['working directory', process.cwd()],
    ['exit code', process.exitCode],
  ])
  for (const [name, value] of Object.entries(process.env)) found.set(`environment variable ${name}`, value)
  for (const event of process.eventNames()) {
    found.set(`listeners of the process to ${String(event)}`, process.listenerCount(event))
  }
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
    if (OF_PACKAGES.test(name)) continue
    // Node creates many of its globals on first use: until then they have a getter and no value.
    found.set(`global ${name}`, property.value)
  }
  for (const kind of process.getActiveResourcesInfo()) {
    if (OF_THE_RUNNER.has(kind)) continue
    const name = `active ${kind}`
    found.set(name, Number(found.get(name) ?? 0) + 1)
  }
  return found
}

/** How long a socket may take to close, or a child to end, in milliseconds; the machine may be busy. */
const CLOSING = 30_000

/**
 * The changes since `before`, one per line; resolves once there are none, or after a few turns of the event loop for
 * closing. If sockets or children are left, it waits for them, for half a minute at most.
 */
export async function changesSince(before: Traces): Promise<string[]> {
  for (let turn = 0; turn < 100 && changes(before, traces()).length > 0; turn++) await setImmediate()
  const end = performance.now() + CLOSING
  while (changes(before, traces()).some(change => OPEN.test(change)) && performance.now() < end)
    await delay(20)
  return changes(before, traces())
}

function changes(before: Traces, after: Traces): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])]
  return names.filter(name => isChange(name, before, after)).map(name => tell(name, before, after))
}

function isChange(name: string, before: Traces, after: Traces): boolean {
  const [was, is] = [before.get(name), after.get(name)]
  // Fewer means that the previous file, or the engine, was still closing something.
  if (/^(active|listeners) /.test(name)) return Number(is ?? 0) > Number(was ?? 0)
  if (name.startsWith('global ') && was === undefined && before.has(name)) return false
  return !Object.is(was, is) || (name.startsWith('global ') && before.has(name) !== after.has(name))
}

function tell(name: string, before: Traces, after: Traces): string {
  const [was, is] = [before, after].map(traces => {
    const value = traces.get(name)
    return typeof value === 'function' ? 'a function' : typeof value === 'string' ? value : inspect(value)
  })
  return `${name}: ${was}, then ${is}`
}
