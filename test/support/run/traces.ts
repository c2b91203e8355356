import { setImmediate } from 'node:timers/promises'

/** What there is in this process that a test file could change for the next one, by name. */
export type Traces = ReadonlyMap<string, unknown>

/** The traces as they are now. */
export function traces(): Traces {
  const found = new Map<string, unknown>([
    ['working directory', process.cwd()],
    ['exit code', process.exitCode],
  ])
  for (const [name, value] of Object.entries(process.env)) found.set(`environment variable ${name}`, value)
  for (const event of process.eventNames()) {
    found.set(`listeners of the process to ${String(event)}`, process.listenerCount(event))
  }
  for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
    // Many of Node's own are made when they are first asked for.
    found.set(`global ${name}`, get === undefined ? (value as unknown) : undefined)
  }
  for (const kind of process.getActiveResourcesInfo()) {
    const name = `active ${kind}`
    found.set(name, Number(found.get(name) ?? 0) + 1)
  }
  return found
}

/** What has changed since `before`, a line each, as soon as that is nothing; closing takes a few turns of the event loop. */
export async function changesSince(before: Traces): Promise<string[]> {
  for (let turn = 0; turn < 100 && changes(before, traces()).length > 0; turn++) await setImmediate()
  return changes(before, traces())
}

function changes(before: Traces, after: Traces): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])]
  return names.filter(name => isChange(name, before, after)).map(name => tell(name, before, after))
}

function isChange(name: string, before: Traces, after: Traces): boolean {
  const [was, is] = [before.get(name), after.get(name)]
  // What the file before was still closing is gone now.
  if (name.startsWith('active ')) return Number(is ?? 0) > Number(was ?? 0)
  if (name.startsWith('global ') && was === undefined && before.has(name)) return false
  return !Object.is(was, is) || (name.startsWith('global ') && before.has(name) !== after.has(name))
}

function tell(name: string, before: Traces, after: Traces): string {
  const [was, is] = [before, after].map(traces => {
    const value = traces.get(name)
    return typeof value === 'function' || typeof value === 'object' ? 'another' : String(value)
  })
  return `${name}: ${was}, then ${is}`
}
