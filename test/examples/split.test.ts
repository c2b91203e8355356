import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { main } from '../../examples/split.js'
import { locateFfmpeg } from '../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { noBrowser, openPage } from '../support/browser.js'
import { isGone } from '../support/child.js'
import { Playback } from '../support/playback.js'
import { ROOT } from '../support/program.js'

/** As its script in package.json runs it. */
const EXAMPLE = ['--import', 'tsx', join('examples', 'split.ts')]

t.test('prints the plan, the attempts and the checks, and ends by itself without a terminal', async t => {
  // Stands in for ffmpeg, and notes each process.
  const { path } = await locateFfmpeg()
  const folder = t.testdir()
  const [ffmpegPath, pids] = [join(folder, 'ffmpeg'), join(folder, 'pids')]
  writeFileSync(ffmpegPath, `#!/bin/sh\necho $$ >>'${pids}'\nexec '${path}' "$@"\n`)
  chmodSync(ffmpegPath, 0o755)
  const env = { ...process.env, FFMPEG_PATH: ffmpegPath }
  const { stdout } = await promisify(execFile)(process.execPath, EXAMPLE, { cwd: ROOT, env })

  const killed = /^worker 2 \(process (\d+)\) gets a SIGKILL in (chunk \d)/m.exec(stdout)
  const [, pid = '', piece = ''] = killed ?? []
  t.ok(isGone(Number(pid)), `process ${pid} is gone`)
  const after = stdout.slice(stdout.indexOf('SIGKILL'))
  t.match(after, `worker 1 takes ${piece}\n`)
  t.match(after, `worker 1 has encoded ${piece}\n`)
  t.notMatch(stdout, `worker 2 has encoded ${piece}\n`)
  t.match(stdout, /^frames, of those planned +400 of 400$/m)
  t.match(stdout, /^frames equal to one run +400 of 400$/m)
  t.match(stdout, /^audio frames equal to one run +(\d+) of \1$/m)
  t.match(stdout, /^left of the work +nothing$/m)

  const started = readFileSync(pids, 'utf8').trim().split('\n').map(Number)
  t.ok(started.length > 10, `${started.length} ffmpegs were started`)
  t.same(
    started.filter(pid => !isGone(pid)),
    [],
    'and none is left',
  )
})

t.test('kills one of two workers, leaves nothing but the object, and serves it by ranges', async t => {
  const { plan, attempts, result, checks, url, close } = await main([], { seconds: 10 })
  t.teardown(close)
  t.same(
    plan.chunks.map(({ start, end }) => end - start),
    [100, 100, 50],
  )
  const [killed, ...more] = attempts.filter(({ isKilled }) => isKilled)
  t.match(killed, { worker: 'worker 2' })
  t.same(more, [])
  t.same(
    attempts.filter(({ piece }) => piece === killed?.piece),
    [killed, { piece: killed?.piece, worker: 'worker 1', isKilled: false }],
    'the other one encodes the chunk again',
  )
  t.equal(attempts.length, 5, 'and no other piece twice')
  t.match(checks, { plannedFrames: 250, frames: 250, equalFrames: 250, left: [] })
  t.equal(checks.equalAudioFrames, checks.audioFrames)
  const stored = new URL(url).searchParams.get('src')!
  const part = await fetch(stored, { headers: { range: 'bytes=0-99' } })
  t.equal(part.status, 206)
  t.equal(part.headers.get('content-range'), `bytes 0-99/${result.bytes}`)
  t.equal((await part.arrayBuffer()).byteLength, 100)
  t.match(await (await fetch(new URL('/data.json', url))).json(), {
    chunks: [{ start: 0, end: 4 }, { end: 8 }, { end: 10 }],
  })
  t.equal((await fetch(new URL('/other', url))).status, 404)

  await t.test('plays on the page from the start of a chunk', { skip: noBrowser }, async t => {
    const page = await openPage(t, url)
    const video = new Playback(page)
    t.ok(Math.abs((await video.duration()) - 10) < 0.1)
    await page.getByRole('button', { name: 'Chunk 2' }).click()
    const [first = 0] = await video.pictures(3)
    t.ok(first >= 4 - 0.04, `${first} s`)
    t.match(await video.state(), { width: 640, height: 360, error: null })
    t.match(await page.getByRole('navigation').textContent(), /worker 2, killedworker 1/)
    await video.seek(8)
    await video.ended()
  })
})

t.test('prints the usage for an argument', async t => {
  await t.rejects(main(['a.mov']), { message: /^Usage/ })
})
