import t from 'tap'
import type { SplitPlan, UnsplitPlan } from '../../../lib/job/split/split-plan.js'
import { runHere } from '../../support/cli.js'
import { wordsOf } from '../../support/shell-words.js'
import { SPLIT_JOB, jobBytes } from '../../support/split-job.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

const { s3 } = await openSplit(t, await splitSource({ seconds: 4, more: AS_MP4 }))
const run = (line: string, input?: Uint8Array) => runHere(wordsOf(line), { s3, ...(input && { input }) })
const jsonOf = (bytes: Buffer) => JSON.parse(bytes.toString()) as SplitPlan | UnsplitPlan

t.test('prints the plan of a job, and what it says of a plan, wherever the plan is', async t => {
  const planned = await run('plan -', jobBytes())
  t.equal(planned.code, 0, planned.stderr)
  t.match(jsonOf(planned.stdout), { version: 1, chunks: [{}, {}], output: { bucket: 'web', key: 'out.mp4' } })
  t.same(s3.keys('work'), [], 'planning stores nothing')
  const stored = await run('plan - --store', jobBytes())
  const [url = ''] = stored.stdout.toString().split('\n')
  t.match(url, /^s3:\/\/work\/pieces\/[0-9a-f]{64}\/plan-[0-9a-f]{16}\.json$/)
  t.same(s3.keys('work'), [url.slice('s3://work/'.length)])
  t.same((await run('plan - --store', planned.stdout)).stdout, stored.stdout, 'of a plan')
  for (const [words, input] of [
    [`plan ${url}`, undefined],
    ['plan -', planned.stdout],
  ] as const) {
    t.same(jsonOf((await run(words, input)).stdout), jsonOf(planned.stdout), words)
    t.equal((await run(`${words} --steps`, input)).stdout.toString(), 'audio\n0\n1\n', words)
    t.equal((await run(`${words} --count`, input)).stdout.toString(), '3\n', words)
  }
})

t.test('says why a job must run whole, by an exit code of its own', async t => {
  const short = { ...SPLIT_JOB.split!, chunkSeconds: 600 }
  const told = await run('plan -', jobBytes({ split: short }))
  t.match(told, { code: 8, stderr: /^Can't be split: run it whole\. The video \(4 s\) is not longer/ })
  t.match(jsonOf(told.stdout), { version: 1, unsplit: { code: 'short' } })
  for (const form of ['--store', '--steps', '--count'])
    t.match(await run(`plan - ${form}`, jobBytes({ split: short })), { code: 8, stdout: /^$/ }, form)
  t.match(await run('plan -', told.stdout), { code: 8, stderr: /not longer/ }, 'of a plan')
  const required = await run('plan - --json', jobBytes({ split: { ...short, mode: 'required' } }))
  t.match(required, { code: 8, stdout: /^$/ })
  t.match(JSON.parse(required.stderr), { event: 'error', exitCode: 8, code: 'AVIO_ERR_PLAN_UNSPLIT' })
})

t.test('takes the split from options, and the number of workers', async t => {
  const { split, ...job } = SPLIT_JOB
  t.ok(split)
  const input = Buffer.from(JSON.stringify(job))
  t.match(await run('plan -', input), { code: 2, stderr: /has no "split": add --work/ })
  const line = 'plan - --work s3://work/others --chunk 2 --split'
  const plan = await run(`${line} prefer`, input)
  t.match(jsonOf(plan.stdout), { work: { bucket: 'work', prefix: 'others/' }, chunks: [{}, {}] })
  const one = await run(`${line} auto --concurrency 1`, input)
  t.match(one, { code: 8, stderr: /^Not worth splitting: run it whole\. With 1 at a time, 2 chunks/ })
  t.match(jsonOf(one.stdout), { unsplit: { code: 'no-gain' }, estimate: { terms: { workers: 1 } } })
  const many = await run(`${line} auto --concurrency 50`, input)
  t.match(many, { code: 8, stderr: /With 50 at a time/ }, 'four seconds are never worth it')
})

t.test('tells the estimate of a new plan, with its basis', async t => {
  const split = { ...SPLIT_JOB.split!, encodeSpeed: { chunk: 0.5, whole: 0.25 } }
  const told = await run('plan - --concurrency 3', jobBytes({ split }))
  const [results, basis, ...more] = told.stderr.trimEnd().split('\n')
  t.match(results, /^With 3 at a time, 2 chunks would take about \d\.?\d* s, a single run about 17 s\.$/)
  t.match(
    basis,
    /^A chunk takes 5\.?\d* s, the audio .* Speeds by "encodeSpeed": 0\.5 × for a chunk, 0\.25 × for/,
  )
  t.same(more, [])
  const json = await run('plan - --concurrency 3 --json', jobBytes({ split }))
  const { event, ...estimate } = JSON.parse(json.stderr) as { event: string }
  t.equal(event, 'estimate')
  t.match(jsonOf(json.stdout), { estimate }, 'the whole of it')
  t.match(estimate, { speed: 'stated', terms: { workers: 3, chunkSpeed: 0.5, wholeSpeed: 0.25 } })
  const assumed = await run('plan -', jobBytes())
  t.match(assumed.stderr, /Speeds assumed for libx264 ultrafast, 96x64, 23\.98 frames\/s \(set "encodeSpeed"/)
  t.match(await run('plan - --count', told.stdout), { stderr: /^$/ }, 'a finished plan has told it')
  t.match(await run('plan - --quiet', jobBytes()), { stderr: /^$/ })
})

t.test('opens only what the options allow, and trusts a stranger less', async t => {
  for (const option of ['--strangers', '--allow-bucket web', '--allow-prefix s3://masters/'])
    t.match(await run(`plan - ${option}`, jobBytes()), { code: 2, stderr: /AVIO_ERR_JOB_REFUSED/ }, option)
})

t.test('refuses what is no job and no plan', async t => {
  for (const [line, input, code, message] of [
    ['plan', '', 2, /Name one job or plan/],
    ['plan a b', '', 2, /Name one job or plan/],
    ['plan none.json', '', 2, /The job "none\.json" can't be read/],
    ['plan -', 'x', 2, /is not JSON/],
    ['plan -', 'null', 2, /AVIO_ERR_JOB_INVALID/],
    ['plan -', '{"version":1,"hash":"x"}', 2, /AVIO_ERR_PLAN_INVALID/],
    ['plan - --store --count', '', 2, /--store and --count exclude each other/],
    ['plan s3://work', '', 2, /is not the URL of a plan/],
    ['plan s3://work/none.json', '', 3, /AVIO_ERR_NO_SUCH_KEY/],
  ] as const)
    t.match(await run(line, Buffer.from(input)), { code, stdout: /^$/, stderr: message }, line)
})
