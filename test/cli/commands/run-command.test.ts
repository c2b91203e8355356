import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { MiB } from '../../../lib/options.js'
import { runCli, runHere, storeWithClip } from '../../support/cli.js'
import { BIG_JOB, heldUpload } from '../../support/held-upload.js'
import { wordsOf } from '../../support/shell-words.js'
import { SPLIT_JOB } from '../../support/split-job.js'

const JOB = {
  version: 1,
  inputs: [{ url: 's3://masters/a.mp4' }],
  outputs: [{ type: 'object', url: 's3://web/b.mkv', format: 'matroska', video: 'copy', audio: 'copy' }],
}

t.test('runs a job from a file and from standard input', async t => {
  const { s3 } = await storeWithClip(t)
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-cli-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'job.json'), JSON.stringify(JOB))
  for (const word of ['job.json', '-']) {
    const { code, stderr } = await runCli(['run', '--json', word], {
      s3,
      cwd: folder,
      input: Buffer.from(JSON.stringify(JOB)),
    })
    t.equal(code, 0, stderr)
    const events = stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { event: string })
    t.match(events.at(-1), { event: 'result', outputs: [{ type: 'object', url: 's3://web/b.mkv' }] })
    t.same(s3.keys('web'), ['b.mkv'])
    s3.delete('web', 'b.mkv')
  }
})

t.test('opens only S3, unless the options say more', async t => {
  const { s3 } = await storeWithClip(t)
  for (const url of ['/etc/hostname', 'https://127.0.0.1:1/a.mp4']) {
    const job = JSON.stringify({ ...JOB, inputs: [{ url }] })
    const { code, stderr } = await runCli(['run', '-'], { s3, input: Buffer.from(job) })
    t.equal(code, 2, stderr)
    t.match(stderr, /AVIO_ERR_JOB_REFUSED/)
  }
  const { code, stderr } = await runCli(['run', '-', '--allow-bucket', 'others'], {
    s3,
    input: Buffer.from(JSON.stringify(JOB)),
  })
  t.equal(code, 2, stderr)
  t.same(s3.calls, [])
})

t.test('says why a job with "split" runs whole', async t => {
  const { s3 } = await storeWithClip(t)
  const job = JSON.stringify({ ...JOB, split: { work: 's3://web/work/' } })
  const { code, stderr } = await runCli(['run', '-'], { s3, input: Buffer.from(job) })
  t.equal(code, 0, stderr)
  t.match(stderr, /Runs whole, not in pieces\. outputs\[0\]\.format: only mp4 can be split/)
  t.same(s3.keys('web'), ['b.mkv'])
})

t.test('takes the split of a job from options', async t => {
  const { s3 } = await storeWithClip(t)
  const video = { codec: 'h264', frameRate: '25', preset: 'ultrafast' }
  const outputs = [{ ...SPLIT_JOB.outputs[0], url: 's3://web/b.mp4', video }]
  const input = Buffer.from(JSON.stringify({ ...JOB, outputs }))
  const line = 'run - --work s3://web/work --chunk 2 --split required --concurrency 2 --json'
  const { code, stderr } = await runHere(wordsOf(line), { s3, input })
  t.equal(code, 0, stderr)
  t.match(s3.head('web', 'b.mp4'), { metadata: { 'avio-plan': /^[0-9a-f]{64}$/ } })
  t.match(stderr, /"phase":"join"/)
  t.match(await runHere(wordsOf('run - --chunk 2'), { s3, input }), { code: 2, stderr: /add --work/ })
})

t.test('keeps to --memory-budget', async t => {
  const { s3, fill } = await heldUpload(t)
  const input = Buffer.from(JSON.stringify(BIG_JOB))
  const free = await fill(24 * MiB + 1, () => runHere(['run', '-'], { s3, input }))
  const bound = await fill(9 * MiB, () => runHere(wordsOf('run --memory-budget 24MiB -'), { s3, input }))
  for (const { result } of [free, bound]) t.equal(result.code, 0, result.stderr)
  t.same([free.budget, bound.budget], [Infinity, 24 * MiB])
  t.ok(free.most > 24 * MiB && bound.most <= 24 * MiB, `${bound.most} bytes, and ${free.most} without it`)
})

t.test('refuses arguments in a job from a stranger', async t => {
  const job = { ...JOB, outputs: [{ ...JOB.outputs[0], args: ['-t', '1'] }] }
  const { code, stderr } = await runCli(['run', '--strangers', '-'], {
    input: Buffer.from(JSON.stringify(job)),
  })
  t.equal(code, 2, stderr)
  t.match(stderr, /AVIO_ERR_JOB_REFUSED/)
})

t.test('refuses what is no job, and shows nothing of it', async t => {
  for (const [words, input, message] of [
    [['run'], '', /Name one job/],
    [['run', 'none.json'], '', /can't be read/],
    [['run', '-'], '{"url":"https://x/?sig=SECRET"', /is not JSON/],
    [['run', '-'], '{"version":2}', /AVIO_ERR_JOB_INVALID/],
    [['run', '-', '--strange'], '{}', /Did you mean --strangers/],
  ] as [string[], string, RegExp][]) {
    const { code, stderr } = await runCli(words, { input: Buffer.from(input) })
    t.equal(code, 2, stderr)
    t.match(stderr, message)
    t.notMatch(stderr, /SECRET/)
  }
})
