/** Runs cells one after another in a process of its own, and reports what it sees from inside. */
import { createHash } from 'node:crypto'
import { getEventListeners, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { AvioError, type FfmpegRunOptions } from '../../lib/index.js'
import { connectionOf } from './connections.js'
import type { CallerAction, Job, Told } from './fault.js'
import { OWN_ERROR, ownFault } from './own-faults.js'
import { PIPELINES, type Running } from './pipelines.js'

/**
 * How long to wait for leftovers to disappear, in milliseconds: closing takes turns of the event loop, on a busy
 * machine too.
 */
const LAST = 15_000

const uncaught: Error[] = []
process.on('uncaughtException', error => uncaught.push(error))
process.on('unhandledRejection', error => uncaught.push(error as Error))

let act: () => void = () => undefined
process.on('message', (message: Job | 'act') => {
  if (message !== 'act') return void run(message).then(told => process.send!(told))
  act()
  process.send!('acted')
})
process.send!('ready')

/** The resources that this process holds, by kind and count. */
function held(): Map<string, number> {
  const counts = new Map<string, number>()
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
  for (const name of process.getActiveResourcesInfo())
    if (name !== 'Immediate' && name !== 'TickObject') count(name)
  for (const event of process.eventNames())
    for (let n = process.listenerCount(event); n > 0; n--) count(`process listener ${String(event)}`)
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim()
  for (const child of children === '' ? [] : children.split(' ')) count(`child ${child}`)
  return counts
}

/** Resources held now but not before. */
function more(before: Map<string, number>, signal: AbortSignal): string[] {
  const listeners = getEventListeners(signal, 'abort').length
  const all = held()
  if (listeners > 0) all.set('listeners on the signal', listeners)
  return [...all].filter(([name, n]) => n > (before.get(name) ?? 0)).map(([name, n]) => `${n} ${name}`)
}

async function run(job: Job): Promise<Told> {
  const before = held()
  uncaught.length = 0
  const { client, close } = connectionOf(job)
  const abort = new AbortController()
  const settings: FfmpegRunOptions = {
    env: { AVIO_MATRIX_CELL: job.mark },
    killTimeout: 500,
    limits: { idleTimeout: 3 * job.stallTimeout },
  }
  if (job.ffmpegPath !== undefined) settings.ffmpegPath = job.ffmpegPath
  const own = job.own === undefined ? {} : ownFault(job.own, () => abort.abort())
  let running: Running | undefined
  const values: unknown[] = []
  const errors: unknown[] = []
  let isStored = false
  try {
    const { bucket, source, prefix, stallTimeout, ffprobePath } = job
    const way = {
      client,
      bucket,
      source,
      prefix,
      stallTimeout,
      ffprobePath,
      run: settings,
      signal: abort.signal,
    }
    running = PIPELINES.find(one => one.name === job.pipeline)!.start({ ...way, ...own })
    running.done.catch(() => undefined)
    own.listen?.(running.streams)
    act = () => actions(running!, abort)[job.action!]()
    if (job.atOnce === true) act()
    const settled = await Promise.allSettled(running.results)
    for (const one of settled) {
      if (one.status === 'rejected') errors.push(one.reason)
    }
    isStored = settled.length > 1 && settled.slice(1).every(({ status }) => status === 'fulfilled')
    if (errors.length === 0) values.push(await running.done)
    await Promise.all(
      running.streams.map(
        async stream => stream.closed || (await once(stream, 'close').catch(() => undefined)),
      ),
    )
  } catch (error) {
    errors.push(error)
  }
  act = () => undefined
  const told = { isStored, errors: distinct(errors).map(describe), value: hashOf(values[0]) }
  running = undefined
  close()
  const end = performance.now() + LAST
  while (more(before, abort.signal).length > 0 && performance.now() < end) await delay(5)
  const problems = more(before, abort.signal).map(what => `left behind: ${what}`)
  for (const error of uncaught) {
    if (error !== OWN_ERROR) problems.push(`uncaught: ${error.stack ?? String(error)}`)
  }
  return { ...told, problems }
}

function actions(running: Running, abort: AbortController): Record<CallerAction, () => void> {
  return {
    destroy: () => void running.streams.at(-1)?.destroy(),
    'destroy-error': () => void running.streams.at(-1)?.destroy(OWN_ERROR),
    'destroy-source': () => void running.streams[0]?.destroy(),
    abort: () => abort.abort(),
  }
}

/** The same error reported several times counts once, and so does the cause of another. */
function distinct(errors: readonly unknown[]): unknown[] {
  const causes = new Set(errors.map(error => (error as Error).cause))
  return [...new Set(errors)].filter(error => !causes.has(error))
}

function describe(error: unknown): Told['errors'][number] {
  const { code, message, name, cause } = error as AvioError
  const isOurs = error instanceof AvioError
  const fields = isOurs ? ['key', 'source', 'ffmpegPath', 'object'] : []
  const named = Object.entries(error as object).flatMap(([field, value]) =>
    fields.includes(field) && typeof value === 'string' ? [value] : [],
  )
  const own = error === OWN_ERROR || cause === OWN_ERROR ? 'OWN' : undefined
  const abort = name === 'AbortError' ? name : undefined
  return {
    code: isOurs ? code : (own ?? abort ?? (error as { code?: string }).code ?? name),
    message: `${message} ${named.join(' ')}`.trim(),
    isOurs,
  }
}

function hashOf(value: unknown): string | undefined {
  return value === undefined ? undefined : createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
