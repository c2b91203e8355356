import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Starts set-up with a command that runs `code`. */
function start(code: string, env: NodeJS.ProcessEnv = {}) {
  const args = [join(root, '.ci', 'setup.mjs'), '--', process.execPath, '-e', code, 'two words']
  return spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
}

async function ended(child: ReturnType<typeof start>) {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { stdout, stderr, code }
}

/** A program that says nothing and ends well. */
async function program(file: string): Promise<void> {
  await writeFile(file, '#!/bin/sh\n')
  await chmod(file, 0o755)
}

/** An environment whose PATH has Node and nothing else, and whose cache knows an ffmpeg. */
async function withoutFfmpeg(t: Test) {
  const folder = t.testdir({ bin: {}, cache: { 'avio-streams': {} } })
  await symlink(process.execPath, join(folder, 'bin', 'node'))
  const ffmpeg = join(folder, 'cache', 'kept-ffmpeg')
  await program(ffmpeg)
  await writeFile(join(folder, 'cache', 'avio-streams', 'ffmpeg.json'), JSON.stringify({ ffmpeg }))
  const env = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache'), FFMPEG_PATH: '' }
  return { env, ffmpeg, folder }
}

t.test('runs the command with its arguments, and ends with its exit code', async t => {
  const { stdout, code } = await ended(start('console.log(process.argv[1]); process.exit(7)'))
  t.equal(stdout, 'two words\n')
  t.equal(code, 7)
})

t.test('tells the command of the ffmpeg that an earlier run has fetched', async t => {
  const { env, ffmpeg } = await withoutFfmpeg(t)
  const { stdout, code } = await ended(start('console.log(process.env.FFMPEG_PATH)', env))
  t.equal(code, 0)
  t.equal(stdout, `${ffmpeg}\n`)
})

t.test('leaves the command an ffmpeg that is on PATH, and the one that the user named', async t => {
  const { env, folder } = await withoutFfmpeg(t)
  await program(join(folder, 'bin', 'ffmpeg'))
  const print = 'console.log(process.env.FFMPEG_PATH)'
  t.equal((await ended(start(print, env))).stdout, '\n')
  await mkdir(join(folder, 'own'))
  const own = join(folder, 'own', 'ffmpeg')
  await program(own)
  t.equal((await ended(start(print, { ...env, FFMPEG_PATH: own }))).stdout, `${own}\n`)
})

t.test('does not run the command with an ffmpeg that was named and does not run', async t => {
  const { env } = await withoutFfmpeg(t)
  const { stdout, stderr, code } = await ended(
    start('console.log("started")', { ...env, FFMPEG_PATH: '/nowhere/ffmpeg' }),
  )
  t.equal(stdout, '')
  t.match(stderr, 'FFMPEG_PATH is /nowhere/ffmpeg, which does not run.')
  t.equal(code, 1)
})

t.test('hands a signal on to the command, and ends as it does', async t => {
  const child = start(
    'process.on("SIGTERM", () => process.exit(9)); setInterval(() => 0, 1000); console.log("up")',
  )
  const end = once(child, 'exit') as Promise<[number | null]>
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  t.equal((await end)[0], 9)
})
