import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type ChildCommand, FfmpegChild } from '../../../lib/ffmpeg/child/ffmpeg-child.js'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { endProcess, exists, fixture, isGone, resources, resourcesSince } from '../../support/child.js'
import { transportStream } from '../../support/media.js'
import { programArgs } from '../../support/program.js'

const PIPES = ['in', 'out', 'out', 'out'] as const

function start(name: string, options: Partial<ChildCommand> = {}): Promise<FfmpegChild> {
  const env = { PATH: process.env['PATH'] ?? '' }
  return FfmpegChild.start({
    path: fixture(name),
    args: [],
    env,
    pipes: PIPES,
    killTimeout: 5000,
    ...options,
  })
}

/** Waits until the child reports that it runs. */
async function ready(child: FfmpegChild): Promise<void> {
  await once(child.readable(2), 'data')
}

t.test('sets up each pipe, the arguments and the environment, and reports how the program ended', async t => {
  const env = { PATH: process.env['PATH'] ?? '', COLOUR: 'blue' }
  const child = await start('prints-environment', { args: ['-a', 'b c'], env })
  t.teardown(() => child.kill())
  child.writable(0).end()
  const printed = JSON.parse(await text(child.readable(1))) as { env: object; args: string[] }
  t.same(printed.args, ['-a', 'b c'])
  t.match(printed.env, env)
  t.notMatch(printed.env, { HOME: String }, 'no other variables')
  t.same(await child.exited, { code: 0, signal: null })
})

t.test('supports any number of pipes', async t => {
  const child = await start('says', {
    env: { PATH: process.env['PATH'] ?? '', PROGRESS: 'progress=end\n' },
    pipes: [...PIPES, 'in', 'out'],
  })
  t.teardown(() => child.kill())
  child.writable(0).end('hello')
  t.equal(await text(child.readable(1)), 'hello')
  t.equal(await text(child.readable(3)), 'progress=end\n')
  t.equal(await child.drained(5), true)
})

t.test("exposes the program's own process id, so that a signal reaches it", async t => {
  const child = await start('forever')
  await ready(child)
  process.kill(child.pid, 'SIGUSR2')
  t.same(await child.exited, { code: null, signal: 'SIGUSR2' })
  await child.kill()
  t.equal(exists(child.pid), false)
})

t.test('fails with a cause if the program cannot start', async t => {
  const cases: [string, Partial<ChildCommand>][] = [
    ['ENOENT', { path: '/nonexistent/ffmpeg' }],
    ['EACCES', { path: fileURLToPath(import.meta.url) }],
    ['E2BIG', { args: ['x'.repeat(4 * 1024 * 1024)] }],
    ['ERR_INVALID_ARG_VALUE', { args: ['nul\0'] }],
  ]
  for (const [code, options] of cases) {
    const path = options.path ?? fixture('copies')
    await t.rejects(
      start('copies', options),
      { code: 'AVIO_ERR_FFMPEG_SPAWN', ffmpegPath: path, cause: { code }, message: /could not be started/ },
      code,
    )
  }
})

t.test('kills a program that is blocked on its input, on its output, or busy', async t => {
  for (const name of ['copies', 'floods-stdout', 'forever']) {
    const before = resources()
    const child = await start(name)
    if (name !== 'copies') await ready(child)
    const killed = child.kill()
    t.equal(child.kill(), killed, 'a second call returns the same promise')
    await killed
    t.equal(exists(child.pid), false, `${name} is reaped`)
    t.same(await resourcesSince(before), {}, `${name} leaves no pipe and no timer`)
    await child.kill()
  }
})

t.test('ends an ffmpeg that waits for input and ignores SIGTERM', async t => {
  const { path } = await locateFfmpeg()
  const child = await start('', {
    path,
    args: ['-loglevel', 'debug', '-i', 'pipe:0', '-f', 'mpegts', 'pipe:1'],
  })
  let log = ''
  child.readable(2).on('data', (chunk: Buffer) => (log += chunk.toString()))
  child.writable(0).write((await transportStream()).subarray(0, 1000))
  while (!log.includes("Opening 'pipe:0' for reading")) await once(child.readable(2), 'data')
  await setTimeout(200)
  await child.kill()
  t.match(await child.exited, { signal: null })
})

t.test('ends an ffmpeg that waits for room in its output', async t => {
  const { path } = await locateFfmpeg()
  const raw = ['-f', 's16le', '-ar', '48000', '-ac', '2']
  const child = await start('', {
    path,
    args: ['-loglevel', 'quiet', ...raw, '-i', 'pipe:0', ...raw, 'pipe:1'],
  })
  child.writable(0).write(Buffer.alloc(2 ** 24))
  await once(child.readable(1), 'readable')
  await child.kill()
  t.match(await child.exited, { signal: null })
})

t.test('sends SIGKILL after killTimeout to a program that ignores SIGTERM', async t => {
  const child = await start('ignores-sigterm', { killTimeout: 50 })
  await ready(child)
  await child.kill()
  t.same(await child.exited, { code: null, signal: 'SIGKILL' })
  t.equal(exists(child.pid), false)
})

t.test('does not wait in kill for another process that holds the pipes', async t => {
  const child = await start('leaves-a-grandchild')
  const [line] = (await once(child.readable(2), 'data')) as [Buffer]
  const grandchild = Number(/\d+/.exec(line.toString())?.[0])
  t.teardown(() => endProcess(grandchild))
  await child.kill()
  t.equal(exists(child.pid), false)
  t.equal(exists(grandchild), true, 'the grandchild still runs')
})

t.test('reports in drained whether a pipe was read to its end', async t => {
  const child = await start('copies')
  t.teardown(() => child.kill())
  const drained = child.drained(1)
  child.writable(0).end('x'.repeat(100_000))
  t.equal((await text(child.readable(1))).length, 100_000)
  t.equal(await drained, true)
  t.equal(await child.drained(1), true, 'also when called later')

  const closed = await start('forever')
  await ready(closed)
  const cut = closed.drained(1)
  await closed.kill()
  t.equal(await cut, true, 'the pipe of a killed child ends as well')

  const held = await start('leaves-a-grandchild')
  const [line] = (await once(held.readable(2), 'data')) as [Buffer]
  t.teardown(() => endProcess(Number(/\d+/.exec(line.toString())?.[0])))
  held.writable(0).end('all')
  const chunks: Buffer[] = []
  held.readable(1).on('data', (chunk: Buffer) => chunks.push(chunk))
  t.equal(await held.drained(1), false, 'a pipe that another process holds open does not end')
  t.equal(Buffer.concat(chunks).toString(), 'all')
  await held.kill()
})

t.test('waits in drained for a slow reader as long as necessary', async t => {
  const child = await start('copies')
  t.teardown(() => child.kill())
  const output = child.readable(1)
  let length = 0
  const takeOne = (chunk: Buffer) => {
    length += chunk.length
    output.pause()
  }
  output.on('data', takeOne)
  child.writable(0).end('x'.repeat(200_000))
  await child.exited
  let isDrained = false
  const drained = child.drained(1).finally(() => (isDrained = true))
  // The stage checks twice a second for pipes held open by others: wait for three checks.
  await setTimeout(1700)
  t.equal(isDrained, false)
  t.ok(length < 200_000)
  output.off('data', takeOne).on('data', (chunk: Buffer) => (length += chunk.length))
  output.resume()
  t.equal(await drained, true)
  t.equal(length, 200_000)
})

t.test('dies with a parent that is killed, if Linux has setpriv', async t => {
  if (process.platform !== 'linux') {
    t.pass('not on this system')
    return
  }
  const maker = programArgs(new URL('../../fixtures/orphan-maker.ts', import.meta.url))
  const parent = spawn(process.execPath, [...maker, fixture('ignores-sigterm')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  t.teardown(() => endProcess(pid))
  t.equal(exists(pid), true)
  parent.kill('SIGKILL')
  await once(parent, 'close')
  while (!isGone(pid)) await setImmediate()
  t.pass('gone')
})
