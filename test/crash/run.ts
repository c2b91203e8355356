/**
 * `npm run crash`: kills a process that runs a whole job by SIGKILL, again and again, while the store lives on in this
 * process. Each time the key must have no object, or the whole object if the commit was sent; if the store had answered
 * the commit, or the job had reported success, the object must exist. No child may be left, and `abortStaleUploads`
 * must find every upload that is left.
 *
 * Half of the kills come at any moment of the job. The others are aimed at the commit, which takes only a moment: a
 * random time after the store sees its request, or the request before it, up to well past the response.
 *
 * npm run crash 200 kills npm run crash -- --kills=50 --seed=7
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { abortStaleUploads } from '../../lib/s3/abort-stale-uploads.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { seeded } from '../support/hostile.js'
import { Survivors, descendants } from './survivors.js'

const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } })
const kills = Number(values.kills ?? 200)
const seed = Number(values.seed ?? 1)

/** How many jobs run at once. */
const AT_ONCE = 4

/**
 * How long a child may outlive its parent, in milliseconds, not counting time spent waiting for a processor
 * (survivors.ts).
 */
const LAST_CHILD = 1000

/** The longest delay of an aimed kill after its request, in milliseconds: the response takes about ten. */
const AIMED = 60

/** The minimum share of kills with a stored object: fewer would prove little about the commit. */
const LEAST_STORED = 0.1

const COMMITS = ['PutObject', 'CompleteMultipartUpload'] as const

/** How long a pending request may take, in milliseconds. */
const LAST_ANSWER = 30_000

const print = (line: string) => void process.stdout.write(`${line}\n`)

/** A video of about this many bytes a second, to copy. */
function clip(seconds: number, quality: number): Buffer {
  const source = `testsrc2=size=640x360:rate=25,noise=alls=40:allf=t`
  const text = `-v error -f lavfi -i ${source} -t ${seconds} -c:v mpeg4 -g 12 -q:v ${quality} -f matroska pipe:1`
  return execFileSync(process.env['FFMPEG_PATH'] ?? 'ffmpeg', text.split(' '), { maxBuffer: 2 ** 28 })
}

const s3 = await LocalS3.start({ buckets: ['crash'], pace: { ttfb: 5, bytesPerSecond: 40e6 } })
await s3.put('crash', 'small', clip(1, 20))
await s3.put('crash', 'large', clip(8, 2))
const client = new S3Client(s3.clientConfig())
const random = seeded(seed)
const wholes = new Map<string, string>()
const result = {
  ...{ passed: 0, failed: 0, running: 0, sent: 0, stored: 0, unknown: 0, longest: 0 },
  spans: new Map<string, number>(),
}
const AIMS = ['anywhere', 'commit', 'anywhere', 'commit', 'anywhere', 'part'] as const

const commitOf = (job: string) =>
  s3.calls.find(({ key, operation }) => key === job && COMMITS.some(name => name === operation))

const digest = async (key: string) => {
  const bytes = await s3.get('crash', key)
  return bytes && createHash('sha256').update(bytes).digest('hex')
}

/** Starts the process of a job, which waits for a command. */
async function start(from: string, to: string): Promise<{ victim: ChildProcess; said: string[] }> {
  const told = JSON.stringify({ config: s3.clientConfig(), from, to })
  const victim = fork(fileURLToPath(new URL('victim.mjs', import.meta.url)), [told], {
    execArgv: [],
    env: { ...process.env, AVIO_CRASH_JOB: to, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const said: string[] = []
  victim.stderr!.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const ended = new AbortController()
  victim.once('exit', () => ended.abort())
  await once(victim, 'message', { signal: ended.signal }).catch(() => {
    throw new Error(`The process ended before its job began: ${said.join('')}`)
  })
  return { victim, said }
}

/** Resolves when the store sees the commit of that key or, in a multipart upload, the part before it. */
function seen(key: string, what: 'part' | 'commit'): Promise<void> {
  return new Promise(resolve => {
    const operation = what === 'commit' ? COMMITS : (['PutObject', 'UploadPart'] as const)
    const when = () => {
      resolve()
      // Only observes, without a fault.
      return false
    }
    s3.fault({ operation, key, when, reset: true })
  })
}

/** One job that is not killed, to learn its object and its duration. */
async function measure(from: string): Promise<void> {
  const { victim, said } = await start(from, `whole-${from}`)
  const begin = performance.now()
  const exited = once(victim, 'exit')
  victim.once('message', () => result.spans.set(from, performance.now() - begin))
  victim.send('go')
  const [code] = (await exited) as [number | null]
  const whole = await digest(`whole-${from}`)
  if (code !== 0 || whole === undefined)
    throw new Error(`The job from ${from} failed by itself (exit ${code}): ${said.join('')}`)
  wholes.set(from, whole)
}

/** One job to kill. */
async function kill(number: number): Promise<void> {
  const from = random() < 0.5 ? 'small' : 'large'
  const to = `job-${number}`
  const aim = AIMS[number % AIMS.length]!
  const later = random()
  const wait = aim === 'anywhere' ? later * result.spans.get(from)! : later * AIMED
  const aimedAt = aim === 'anywhere' ? Promise.resolve() : seen(to, aim)
  const { victim, said } = await start(from, to)
  const told: unknown[] = []
  victim.on('message', message => told.push(message))
  const exited = once(victim, 'exit') as Promise<[number | null]>
  victim.send('go')
  await Promise.race([aimedAt.then(() => delay(wait)), exited])
  const below = descendants(victim.pid!)
  if (below.length > 0) result.running++
  if (commitOf(to)) result.sent++
  const survivors = new Survivors(`AVIO_CRASH_JOB=${to}`, below)
  victim.kill('SIGKILL')
  const [code] = await exited
  const problems: string[] = []
  if (code !== null && code !== 0) problems.push(`the job failed by itself (exit ${code}): ${said.join('')}`)
  const begin = performance.now()
  while (survivors.look() && survivors.age < LAST_CHILD) await delay(10)
  if (survivors.look()) problems.push(`processes ${survivors.pids.join(', ')} are still alive after a second`)
  else result.longest = Math.max(result.longest, survivors.age)
  // A request whose body was sent is still answered.
  const underWay = () => s3.calls.some(({ key, endedAt }) => key === to && endedAt === undefined)
  while (underWay() && performance.now() - begin < LAST_ANSWER) await delay(20)
  if (underWay()) problems.push('a request is still pending in the store')
  const stored = await digest(to)
  const commit = commitOf(to)
  if (stored === undefined && told.length > 0)
    problems.push('the job reported success, but there is no object')
  if (stored === undefined && commit?.status === 200)
    problems.push('the commit was answered, but there is no object')
  if (stored !== undefined && commit === undefined)
    problems.push('there is an object, although no commit was sent')
  if (stored !== undefined && stored !== wholes.get(from)) problems.push('the object is not the whole one')
  if (stored !== undefined) result.stored++
  if (stored !== undefined && told.length === 0) result.unknown++
  if (problems.length === 0) result.passed++
  else result.failed++
  for (const problem of problems)
    print(`${to} (${from}, aimed at ${aim}, ${wait.toFixed(0)} ms later): ${problem}`)
}

await measure('small')
await measure('large')
let next = 0
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < kills) await kill(next++)
  }),
)
await s3.idle()
const left = s3.uploads('crash').length
const aborted = await abortStaleUploads({ client, bucket: 'crash', olderThan: 0, dryRun: false })
const isClean = aborted.length === left && s3.uploads('crash').length === 0
if (!isClean) print(`abortStaleUploads found ${aborted.length} of ${left} uploads`)
const isMet = result.stored >= kills * LEAST_STORED
if (!isMet) print(`only ${result.stored} of ${kills} kills hit a commit`)
for (const isWell of [isClean, isMet]) {
  if (isWell) result.passed++
  else result.failed++
}
print(
  `seed ${seed}: ${kills} kills, ${result.running} with ffmpeg running, ${result.sent} with the commit sent; ` +
    `${result.stored} objects were stored, ${result.unknown} of them without a report; ${left} uploads were left, ` +
    `${aborted.filter(upload => upload.aborted).length} of them aborted; ` +
    `no child outlived its parent by more than ${result.longest.toFixed(0)} ms`,
)
client.destroy()
await s3.close()
print(`${result.passed} passed, ${result.failed} failed`)
process.exitCode = result.failed === 0 ? 0 : 1
