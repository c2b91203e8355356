/**
 * `npm run soak`: random pipelines of every kind, four at a time, against a store with occasional faults, for an hour.
 * Between rounds, when nothing runs, it measures the resources that this process holds, which have to stay flat.
 *
 * npm run soak an hour npm run soak -- --minutes=3 --seed=7
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { getEventListeners, once } from 'node:events'
import { Agent } from 'node:http'
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { AvioError } from '../../lib/index.js'
import { PIPELINES, type Pipeline } from '../matrix/pipelines.js'
import { seeded } from '../support/hostile.js'
import { slopeOf } from './slope.js'
import type { Answer, Ready } from './store.js'

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '0.02' },
  },
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]

const AT_ONCE = 4

/** How many jobs run between two measurements. */
const ROUND = 16

/**
 * How many measurements to discard while code is compiled and caches and pools fill, and the minimum number to keep.
 */
const [WARM_UP, LEAST] = [6, 12]

/**
 * How many times to repeat the measurements if a value grew; the last repetition decides: a leak goes on, but the
 * allocator of a busy machine settles.
 */
const MORE = 2

/** How long closing may take after a round, in milliseconds: turns of the event loop, on a busy machine too. */
const LAST = 15_000

const MiB = 2 ** 20

/**
 * The allowed growth of each value from the first kept measurement to the last, by the fitted line: for memory, which
 * is never quite still, a share of its mean or a number of bytes, whichever is more; for all others less than one.
 */
const TOLERANCES: Readonly<Record<string, (mean: number) => number>> = {
  rss: mean => Math.max(0.15 * mean, 32 * MiB),
  heap: mean => Math.max(0.15 * mean, 8 * MiB),
  external: mean => Math.max(0.15 * mean, 16 * MiB),
  descriptors: () => 1,
  resources: () => 1,
  listeners: () => 1,
  children: () => 1,
}

const print = (line: string) => void process.stdout.write(`${line}\n`)
const { gc } = globalThis as { gc?: () => void }
if (gc === undefined) throw new Error('Run it by "npm run soak", or with --expose-gc.')

const store: ChildProcess = fork(
  fileURLToPath(new URL('store.ts', import.meta.url)),
  [values.seed, values.rate],
  {
    execArgv: ['--import=tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  },
)
const [ready] = (await once(store, 'message')) as [Ready]
const httpAgent = new Agent({ keepAlive: true, maxSockets: 50 })
const client = new S3Client({ ...ready.config, requestHandler: { httpAgent } })
// One signal for all jobs, as in a service that uses it to shut down.
const shared = new AbortController()
const asked = new Map<string, (answer: Answer) => void>()
store.on('message', (answer: Answer) => {
  asked.get(answer.prefix)?.(answer)
  asked.delete(answer.prefix)
})
const uncaught: unknown[] = []
process.on('uncaughtException', error => uncaught.push(error))
process.on('unhandledRejection', error => uncaught.push(error))

const random = seeded(seed)
const rights = new Map<string, string>()
const counts = { stored: 0, refused: 0, aborted: 0 }
let [passed, failed, number] = [0, 0, 0]

function fail(what: string): void {
  failed++
  print(what)
}

function look(prefix: string): Promise<Answer> {
  return new Promise(resolve => {
    asked.set(prefix, resolve)
    store.send({ prefix })
  })
}

const isFulfilled = ({ status }: PromiseSettledResult<unknown>) => status === 'fulfilled'

/** Runs a job, which must store the right objects or nothing. */
async function run(pipeline: Pipeline, mayFail = true): Promise<void> {
  const prefix = `soak-${number++}/`
  const abort = new AbortController()
  const signal = AbortSignal.any([shared.signal, abort.signal])
  const limits = { idleTimeout: 60_000 }
  const running = pipeline.start({
    ...{ client, bucket: 'matrix', source: pipeline.media, prefix, signal },
    stallTimeout: 20_000,
    run: { killTimeout: 2000, limits },
  })
  running.done.catch(() => undefined)
  const isAborted = mayFail && random() < 0.05
  const timer = isAborted ? setTimeout(() => abort.abort(), 500 * random()) : undefined
  const settled = await Promise.allSettled(running.results)
  clearTimeout(timer)
  const errors = settled.flatMap(one => (one.status === 'rejected' ? [one.reason as Error] : []))
  // After the commit an abort is too late: the pipeline may report it, but the sinks report what happened to the
  // objects.
  const isStored =
    errors.length === 0 || (isAborted && settled.length > 1 && settled.slice(1).every(isFulfilled))
  const { objects, uploads } = await look(prefix)
  const value = errors.length > 0 ? undefined : await running.done
  const whole = createHash('sha256')
    .update(JSON.stringify([objects, value]))
    .digest('hex')
  if (isStored) {
    if (!mayFail) rights.set(pipeline.name, whole)
    const isRight = rights.get(pipeline.name) === whole
    if (!isRight) {
      fail(`${prefix} (${pipeline.name}) stored wrong bytes`)
      return
    }
    counts.stored++
  } else {
    const strange = errors.find(
      error => !(error instanceof AvioError) && !(isAborted && error.name === 'AbortError'),
    )
    if (!mayFail || strange) {
      fail(`${prefix} (${pipeline.name}) failed: ${(strange ?? errors[0])!.stack}`)
      return
    }
    const grows = pipeline.name === 'event' || pipeline.name === 'live'
    const told = errors.some(error =>
      /COMMIT_PARTIAL|OUTCOME_UNKNOWN/.test(String((error as { code?: unknown }).code)),
    )
    if (objects.length > 0 && !grows && !told) {
      fail(`${prefix} (${pipeline.name}) failed, and left ${objects.length} objects: ${errors[0]!.stack}`)
      return
    }
    counts[isAborted ? 'aborted' : 'refused']++
  }
  // If the response to CreateMultipartUpload was lost, nobody knows the upload.
  if (uploads > 1) {
    fail(`${prefix} (${pipeline.name}) left ${uploads} uploads`)
    return
  }
  passed++
}

/** The resources that this process holds, by kind. */
function held(): Record<string, number> {
  const { rss, heapUsed, external } = process.memoryUsage()
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim()
  const listeners = process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0)
  return {
    ...{ rss, heap: heapUsed, external },
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().filter(name => name !== 'Immediate').length,
    listeners: listeners + getEventListeners(shared.signal, 'abort').length,
    children: children === '' ? 0 : children.split(' ').length,
  }
}

const COUNTED = ['descriptors', 'resources', 'listeners', 'children'] as const

/** How many collections in a row must free nothing before memory counts as settled: another thread frees buffers. */
const AT_REST = 5

/** Measures after closing idle sockets and collecting garbage. */
async function sample(): Promise<Record<string, number>> {
  const end = performance.now() + LAST
  httpAgent.destroy()
  const first = samples[0]
  let least = Infinity
  let same = 0
  do {
    await delay(20)
    gc!()
    const { external } = held()
    same = external! < 0.99 * least ? 0 : same + 1
    least = Math.min(least, external!)
  } while (
    (same < AT_REST || (first && COUNTED.some(name => held()[name]! > first[name]!))) &&
    performance.now() < end
  )
  return held()
}

const samples: Record<string, number>[] = []

async function round(): Promise<void> {
  let left = ROUND
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await run(PIPELINES[Math.floor(random() * PIPELINES.length)]!)
    }),
  )
  samples.push(await sample())
}

const amount = (name: string, n: number) =>
  ['rss', 'heap', 'external'].includes(name) ? `${(n / MiB).toFixed(2)} MiB` : n.toFixed(2)

/** The course of each value over the kept measurements. */
function growths(counting: readonly Record<string, number>[]) {
  return Object.entries(TOLERANCES).map(([name, tolerance]) => {
    const { perSample, growth, mean } = slopeOf(counting.map(one => one[name]!))
    const most = tolerance(mean)
    const line =
      `${name.padEnd(11)} mean ${amount(name, mean)}, slope ${amount(name, perSample / ROUND)} a job, ` +
      `${amount(name, growth)} over ${counting.length} measurements (at most ${amount(name, most)})`
    return { grows: growth >= most, line }
  })
}

for (const pipeline of PIPELINES) await run(pipeline, false)
store.send('faults')
const begin = performance.now()
while (performance.now() - begin < minutes * 60_000 || samples.length < WARM_UP + LEAST) await round()

let counted = growths(samples.slice(Math.max(WARM_UP, Math.floor(samples.length / 4))))
for (let more = 0; more < MORE && counted.some(({ grows }) => grows); more++) {
  for (const { grows, line } of counted) if (grows) print(`once more: ${line}`)
  for (let n = 0; n < LEAST; n++) await round()
  counted = growths(samples.slice(-LEAST))
}
for (const { grows, line } of counted) {
  if (grows) fail(`grows ${line}`)
  else {
    passed++
    print(`      ${line}`)
  }
}
for (const error of uncaught) fail(`uncaught: ${(error as Error).stack ?? String(error)}`)
client.destroy()
store.disconnect()
await once(store, 'exit')
print(
  `seed ${seed}: ${number} jobs in ${((performance.now() - begin) / 60_000).toFixed(1)} minutes; ${counts.stored} stored the right bytes, ` +
    `${counts.refused} were refused with an error, ${counts.aborted} aborted`,
)
print(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
