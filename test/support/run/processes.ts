import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { t } from 'tap'
import { ROOT, compiledOf } from '../program.js'
import { type Plan, groups } from './needs.js'

/**
 * How many files share a process: enough to amortize its start, few enough to run several processes at once. And how
 * many times as long as a single file they may take: only one that hangs takes the whole time of one.
 */
const TOGETHER = { size: 40, times: 1 }
const BESIDE = { size: 8, times: 2 }
const SHARED = compiledOf(join(import.meta.dirname, 'together.ts'))

/** Options of `runPlan()`. */
export interface RunOptions {
  readonly env: NodeJS.ProcessEnv
  /** The number of concurrent processes. */
  readonly jobs: number
  /** The time limit of a process, in seconds. */
  readonly timeout: number
  /** Receives tap's output. */
  readonly output: NodeJS.WritableStream
  /** Stops the processes and the run. */
  readonly signal: AbortSignal
}

/**
 * Runs compiled test files with tap: those in `alone` in a process each, the others in a few. Those of `beside` come
 * first, because eight of them may take minutes.
 *
 * @returns whether all succeeded
 */
export async function runPlan({ together, beside, alone }: Plan, options: RunOptions): Promise<boolean> {
  t.setTimeout(0)
  t.jobs = options.jobs
  t.pipe(options.output)
  options.signal.addEventListener('abort', () => t.bailout('stopped'), { once: true })
  startShared(beside, BESIDE, options)
  for (const file of alone) start(file, compiledOf(join(ROOT, file)), {}, options)
  startShared(together, TOGETHER, options)
  t.end()
  await finished(options.output)
  return t.passing()
}

function startShared(all: readonly string[], { size, times }: typeof TOGETHER, options: RunOptions) {
  for (const files of groups(all, size)) {
    const variables = {
      AVIO_TEST_FILES: JSON.stringify(files),
      AVIO_TEST_TIMEOUT: String(options.timeout),
    }
    const timeout = times * options.timeout
    start(`${files.length} files in one process`, SHARED, variables, { ...options, timeout })
  }
}

function start(name: string, program: string, variables: NodeJS.ProcessEnv, { env, timeout }: RunOptions) {
  // tap adds a coverage hook to NODE_OPTIONS, which costs each process a third of a second and is not needed here.
  const args = [`NODE_OPTIONS=${env['NODE_OPTIONS'] ?? ''}`, process.execPath, program]
  t.spawn('env', args, {
    name,
    cwd: ROOT,
    stdio: 'inherit',
    buffered: true,
    at: null,
    stack: '',
    timeout: timeout * 1000,
    env: { ...env, ...variables, TAP_TIMEOUT: String(timeout) },
  })
}
