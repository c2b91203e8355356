import t from 'tap'
import { memoryUse, setMemoryBudget } from '../../../lib/io/memory/memory-budget.js'
import type { JobObject } from '../../../lib/job/schema/job.js'
import type { SplitPlan } from '../../../lib/job/split/split-plan.js'
import { MiB } from '../../../lib/options.js'
import { runHere, startCli } from '../../support/cli.js'
import { wordsOf } from '../../support/shell-words.js'
import { SPLIT_JOB, jobBytes } from '../../support/split-job.js'
import { AS_MP4, openSplit, packetTimes, splitSource } from '../../support/split.js'

const source = await splitSource({ seconds: 4, more: AS_MP4 })

/** A store with a stored plan of three pieces, and the command before it. */
async function planned(t: Parameters<typeof openSplit>[0], job = jobBytes()) {
  const opened = await openSplit(t, source)
  const { s3 } = opened
  const run = (line: string, input?: Uint8Array) => runHere(wordsOf(line), { s3, ...(input && { input }) })
  const stored = await run('plan - --store', job)
  t.equal(stored.code, 0, stored.stderr)
  return { ...opened, run, url: stored.stdout.toString().trim() }
}

const jsonOf = (bytes: Buffer) => JSON.parse(bytes.toString()) as Record<string, unknown>

t.test('makes an object of a stored plan, each step twice', async t => {
  const { s3, run, url, left, out } = await planned(t)
  const steps = ['audio', '0', '1']
  const [first, again] = [
    await Promise.all(steps.map(step => run(`step ${url} ${step}`))),
    await Promise.all(['2', '0', '1'].map(step => run(`step ${url} ${step}`))),
  ]
  for (const [n, { code, stdout, stderr }] of first.entries()) {
    t.equal(code, 0, stderr)
    const piece = ['audio', 'chunk-00000', 'chunk-00001'][n]!
    t.match(jsonOf(stdout), { piece, renditions: [{ media: { bucket: 'work' } }] })
    t.same(again[n]!.stdout, stdout, 'the same result, though by another number')
  }
  t.equal(s3.keys('work').length, 7, 'a plan, and two objects for each piece')
  const joined = await run(`step ${url} join`)
  t.match(jsonOf(joined.stdout), { bucket: 'web', key: 'out.mp4' }, joined.stderr)
  t.equal((await packetTimes(await out(), 'v')).length, 96)
  s3.clearCalls()
  t.same(jsonOf((await run(`step ${url} join`)).stdout), jsonOf(joined.stdout))
  t.notOk(
    s3.calls.some(({ operation }) => operation === 'CompleteMultipartUpload'),
    'it is there already',
  )
  t.same(jsonOf((await run(`step ${url} remove`)).stdout), { removed: 7 })
  t.same(left(), [])
  t.match(await run(`step ${url} remove`), { code: 0, stdout: /^\{"removed":0\}\n$/ })
  t.match(await run(`step ${url} 0`), { code: 3, stderr: /its work was removed/ })
})

t.test('reads a plan from a file and from standard input, and reports progress', async t => {
  const { run, url, s3 } = await planned(t)
  const plan = (await run(`plan ${url}`)).stdout
  const folder = t.testdir({ 'plan.json': plan })
  const piped = await run('step - 1 --json', plan)
  t.equal(piped.code, 0, piped.stderr)
  t.match(jsonOf(piped.stdout), { piece: 'chunk-00001' })
  const filed = await runHere(wordsOf('step plan.json 1'), { s3, cwd: folder })
  t.same(filed.stdout, piped.stdout)
  for (const word of ['0', 'audio']) await run(`step - ${word}`, plan)
  const joined = await run('step - join --json', plan)
  const events = joined.stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { event: string })
    // ffmpeg 5.1 warns of its queue.
    .filter(({ event }) => event !== 'log')
  t.match(events.at(-1), { event: 'progress', phase: 'join' })
})

t.test('shows the warnings of ffmpeg', async t => {
  const output = { ...SPLIT_JOB.outputs[0], args: ['-x264-params', 'bogus=1'] } as JobObject
  const { run, url } = await planned(t, jobBytes({ outputs: [output] }))
  t.match(await run(`step ${url} 0`), { code: 0, stderr: /^ffmpeg warning: libx264: .*bogus/m })
  t.match(await run(`step ${url} 1 --quiet`), { code: 0, stderr: /^$/ })
})

t.test('tells by the exit code what to do about a step', async t => {
  const { run, url, s3 } = await planned(t)
  const plan = jsonOf((await run(`plan ${url}`)).stdout) as unknown as SplitPlan
  const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))
  t.match(await run(`step ${url} join`), { code: 3, stderr: /There is no result of 3 of 3 pieces/ })
  for (const word of ['3', '-1', 'audios', 'Join'])
    t.match(await run(`step ${url} -- ${word}`), { code: 2, stderr: /its steps are 0 to 2/ }, word)
  for (const line of ['step', `step ${url}`, `step ${url} 0 1`])
    t.match(await run(line), { code: 2, stderr: /Name a plan and one of its steps/ }, line)
  for (const [value, code, message] of [
    [{ ...plan, chunks: plan.chunks.slice(1) }, 2, /AVIO_ERR_PLAN_INVALID/],
    [{ version: 1, inputs: [] }, 2, /is not a plan/],
    [null, 2, /is not a plan/],
    [{ version: 1, unsplit: { code: 'short', message: 'Too short.' } }, 8, /AVIO_ERR_PLAN_UNSPLIT/],
  ] as const)
    t.match(await run('step - 0', bytesOf(value)), { code, stderr: message })
  t.match(await run(`step ${url} 0 --ffmpeg /none/ffmpeg`), { code: 4 })
  t.match(await run(`step ${url} 0 --memory-budget 1MiB`), { code: 2, stderr: /of at least 24MiB/ })
  await s3.put('web', 'out.mp4', 'a newer object')
  for (const word of ['0', '1', 'audio']) await run(`step ${url} ${word}`)
  t.match(await run(`step ${url} join`), { code: 7, stderr: /AVIO_ERR_PLAN_TARGET_CHANGED/ })
})

t.test('sets the memory budget of its process', async t => {
  const { run, url } = await planned(t)
  t.teardown(() => setMemoryBudget(Infinity))
  t.match(await run(`step ${url} audio --memory-budget 64MiB`), { code: 0 })
  t.equal(memoryUse().budget, 64 * MiB)
})

t.test('leaves nothing of a step that Ctrl-C ends', async t => {
  const { s3, url, left } = await planned(t)
  const before = left()
  const { reached } = s3.fault({ operation: 'GetObject', bucket: 'masters', times: Infinity, stall: true })
  const { child, exit } = startCli(wordsOf(`step ${url} 1`), { s3 })
  await reached
  child.kill('SIGINT')
  t.match(await exit, { code: 130, stdout: /^$/, stderr: /Interrupted/ })
  t.same(left(), before)
})
