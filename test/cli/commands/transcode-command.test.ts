import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isGone } from '../../support/child.js'
import { MiB } from '../../../lib/options.js'
import { runCli, runHere, startCli, storeWithClip } from '../../support/cli.js'
import { BIG_COPY, heldUpload } from '../../support/held-upload.js'
import { wordsOf } from '../../support/shell-words.js'

t.test('transcodes from object to object, and says what was stored', async t => {
  const { s3 } = await storeWithClip(t)
  const words = wordsOf(
    '--content-type video/x --metadata a=b --tag c=d -i s3://masters/a.mp4 -t 1 -c:v libx264 -preset ultrafast -c:a copy s3://web/b.mp4',
  )
  const { code, stdout, stderr } = await runCli(words, { s3 })
  t.equal(code, 0, stderr)
  t.equal(stdout.length, 0)
  t.match(stderr, /^s3:\/\/web\/b\.mp4 {2}\d+\.\d kB$/m)
  const stored = await s3.get('web', 'b.mp4')
  t.equal(stored!.indexOf('moof'), -1, 'an ordinary MP4, as ffmpeg writes a file')
  t.match(s3.head('web', 'b.mp4'), { contentType: 'video/x', metadata: { a: 'b' } })
  t.equal(s3.uploads('web').length, 0)
})

t.test('refuses a target that exists before it reads anything, unless -y is given', async t => {
  const { s3, clip } = await storeWithClip(t)
  await s3.put('web', 'b.mp4', clip)
  s3.clearCalls()
  const words = wordsOf('-i s3://masters/a.mp4 -c copy s3://web/b.mp4')
  const refused = await runCli(words, { s3 })
  t.equal(refused.code, 7, refused.stderr)
  t.match(
    refused.stderr,
    /s3:\/\/web\/b\.mp4 exists, .* \(AVIO_ERR_PRECONDITION_FAILED\)\nAdd -y to replace it\.\n/,
  )
  t.same(
    s3.calls.map(({ operation }) => operation),
    ['HeadObject'],
  )
  const replaced = await runCli(['-y', ...words], { s3 })
  t.equal(replaced.code, 0, replaced.stderr)
})

t.test('refuses a target that appears meanwhile', async t => {
  const { s3, clip } = await storeWithClip(t)
  s3.fault({ operation: 'HeadObject', nth: 1, status: 403 })
  await s3.put('web', 'b.mp4', clip)
  const { code, stderr } = await runCli(wordsOf('-i s3://masters/a.mp4 -c copy s3://web/b.mp4'), { s3 })
  t.equal(code, 7, stderr)
  t.same(await s3.get('web', 'b.mp4'), clip)
})

t.test('reports an input file that does not exist as missing, not as forbidden', async t => {
  const { code, stderr } = await runCli(wordsOf('-i nowhere.mov -c copy -f mpegts -'))
  t.equal(code, 3, stderr)
  t.match(stderr, /Cannot read \/.*nowhere\.mov: ENOENT.* Check the path.*\(AVIO_ERR_SOURCE_NOT_FOUND\)/)
})

t.test('reads standard input, and writes standard output and files', async t => {
  const { clip } = await storeWithClip(t)
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-cli-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const piped = await runCli(wordsOf('--quiet -i - -c copy -f mpegts -'), { input: clip })
  t.equal(piped.code, 0, piped.stderr)
  t.equal(piped.stdout[0], 0x47)
  t.equal(piped.stderr, '')
  const filed = await runCli(wordsOf('-i - -c copy out.mkv'), { input: clip, cwd: folder })
  t.equal(filed.code, 0, filed.stderr)
  t.equal((await readFile(join(folder, 'out.mkv'))).readUInt32BE(0), 0x1a45dfa3)
  const again = await runCli(wordsOf('-i - -c copy out.mkv'), { input: clip, cwd: folder })
  t.equal(again.code, 7, again.stderr)
})

t.test('exits by what failed: the input, ffmpeg, the store', async t => {
  const { s3 } = await storeWithClip(t)
  for (const [line, exit, message] of [
    ['-i s3://masters/none.mp4 s3://web/b.mkv', 3, /AVIO_ERR_NO_SUCH_KEY/],
    ['-i s3://nowhere/a.mp4 s3://web/b.mkv', 3, /AVIO_ERR_NO_SUCH_BUCKET/],
    ['-i s3://masters/a.mp4 -c:v nix264 s3://web/b.mkv', 4, /AVIO_ERR_UNKNOWN_ENCODER/],
    ['-i s3://masters/a.mp4 -c copy s3://nowhere/b.mkv', 5, /AVIO_ERR_NO_SUCH_BUCKET/],
    ['-i s3://masters/a.mp4 s3://web/b', 2, /names no format/],
  ] as const) {
    const { code, stderr } = await runCli(wordsOf(line), { s3 })
    t.equal(code, exit, stderr)
    t.match(stderr, message)
  }
  t.same(s3.keys('web'), [])
})

t.test('prints the job, which "run" takes, without the query of a URL', async t => {
  const printed = await runCli(wordsOf('--print-job -i https://x/a.mov?sig=SECRET -an s3://web/b.mkv'))
  t.equal(printed.code, 0)
  t.same(JSON.parse(printed.stdout.toString()), {
    version: 1,
    inputs: [{ url: 'https://x/a.mov' }],
    outputs: [{ type: 'object', url: 's3://web/b.mkv', format: 'matroska', args: ['-an'], ifNoneMatch: '*' }],
  })
  t.notMatch(printed.stderr, /SECRET/)
})

t.test('encodes in pieces with --work, and replaces a target only with -y', async t => {
  const { s3 } = await storeWithClip(t)
  const pieces = '--work s3://web/work --chunk 2 --concurrency 2 --split'
  const film = '-i s3://masters/a.mp4 -r 25 -c:v libx264 -preset ultrafast -c:a aac s3://web/b.mp4'
  const printed = await runHere(wordsOf(`--print-job ${pieces} required ${film}`))
  t.match(JSON.parse(printed.stdout.toString()), {
    outputs: [{ url: 's3://web/b.mp4', layout: 'file', ifNoneMatch: '*' }],
    split: { work: 's3://web/work/', chunkSeconds: 2, mode: 'required' },
  })
  const made = await runHere(wordsOf(`${pieces} required ${film}`), { s3 })
  t.equal(made.code, 0, made.stderr)
  t.match(s3.head('web', 'b.mp4'), { metadata: { 'avio-plan': /^[0-9a-f]{64}$/ } })
  t.same(s3.keys('web'), ['b.mp4'], 'the pieces are removed')
  const again = await runHere(wordsOf(`${pieces} required ${film}`), { s3 })
  t.equal(again.code, 0, 'the object of the same plan is its result')
  t.equal(again.stderr.replace(/^(?!s3:).*\n/gm, ''), made.stderr.replace(/^(?!s3:).*\n/gm, ''))
  const other = await runHere(wordsOf(`${pieces} required ${film.replace('aac', 'copy')}`), { s3 })
  t.match(other, { code: 7, stderr: /s3:\/\/web\/b\.mp4 exists, .*\nAdd -y to replace it\.\n$/s })
  const replaced = await runHere(wordsOf(`${pieces} prefer -y ${film.replace('aac', 'copy')}`), { s3 })
  t.match(replaced, { code: 0 }, replaced.stderr)
  const whole = await runHere(wordsOf(`${pieces} prefer -y ${film.replace('.mp4 ', '.mp4 -t 1 ')}`), { s3 })
  t.match(whole, { code: 0, stderr: /Runs whole, not in pieces\./ })
  t.match(await runHere(wordsOf(`--chunk 2 ${film}`)), { code: 2, stderr: /add --work/ })
  t.match(await runHere(wordsOf(`--concurrency 0 ${film}`)), { code: 2, stderr: /--concurrency must be/ })
})

t.test('keeps to --memory-budget', async t => {
  const { s3, fill } = await heldUpload(t)
  const free = await fill(24 * MiB + 1, () => runHere(wordsOf(BIG_COPY), { s3 }))
  t.equal(free.result.code, 0, free.result.stderr)
  const words = wordsOf(`--memory-budget 24MiB ${BIG_COPY}`)
  const bound = await fill(9 * MiB, () => runHere(words, { s3 }))
  t.equal(bound.result.code, 0, bound.result.stderr)
  t.same([free.budget, bound.budget], [Infinity, 24 * MiB])
  t.ok(free.most > 24 * MiB && bound.most <= 24 * MiB, `${bound.most} bytes, and ${free.most} without it`)
  t.match(await runHere(wordsOf(`--memory-budget 24M ${BIG_COPY}`), { s3 }), {
    code: 2,
    stderr: /--memory-budget must be a size, such as 512MiB or 2GiB, of at least 24MiB; it is "24M"/,
  })
})

t.test('reports the figures of its stages with --json, and none with --quiet', async t => {
  const { s3 } = await storeWithClip(t)
  const line = '-y -i s3://masters/a.mp4 -c copy s3://web/b.mkv'
  const { code, stderr } = await runHere(['--json', ...wordsOf(line)], { s3 })
  t.equal(code, 0, stderr)
  const events = stderr
    .trim()
    .split('\n')
    .map(text => JSON.parse(text) as { event: string; stages?: { name: string }[] })
  const names = events.findLast(({ event }) => event === 'progress')?.stages?.map(({ name }) => name)
  t.match(names, ['source', 'ffmpeg', 'sink'])
  t.match(await runHere(['--quiet', ...wordsOf(line)], { s3 }), { code: 0, stderr: '' })
})

t.test('exits with 6 if nobody can tell whether the object is stored', async t => {
  const { s3 } = await storeWithClip(t)
  s3.fault({ operation: 'PutObject', reset: true, times: Infinity })
  // The first one is the look before the job.
  s3.fault({ operation: 'HeadObject', bucket: 'web', nth: 2, status: 403, times: Infinity })
  const { code, stderr } = await runHere(wordsOf('-i s3://masters/a.mp4 -c copy s3://web/b.mkv'), { s3 })
  t.equal(code, 6, stderr)
  t.match(stderr, /s3:\/\/web\/b\.mkv.*\(AVIO_ERR_OUTCOME_UNKNOWN\)/)
})

t.test('leaves nothing behind after Ctrl-C and SIGTERM', async t => {
  for (const [signal, exit] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const { s3, clip } = await storeWithClip(t)
    const line = `-i - -c copy -bsf:v noise=drop=0 -f mpegts s3://web/b.ts`
    const run = startCli(['--json', ...wordsOf(line)], { s3 })
    // Standard input stays open: the job can't end by itself.
    run.child.stdin.write(clip)
    await once(run.child.stderr, 'data')
    const ffmpeg = await childrenOf(run.child.pid!)
    run.child.kill(signal)
    const { code, stderr } = await run.exit
    t.equal(code, exit, stderr)
    t.match(stderr, new RegExp(`"message":"Interrupted \\(${signal}\\)\\. Nothing was stored\\."`))
    await s3.idle()
    t.same(s3.keys('web'), [])
    t.same(s3.uploads('web'), [])
    t.ok(ffmpeg.every(isGone), `ffmpeg is gone: ${ffmpeg.join()}`)
  }
})

/** The processes that a process has started, where the system tells. */
async function childrenOf(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return list.trim().split(/\s+/).filter(Boolean).map(Number)
}
