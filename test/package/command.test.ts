import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { storeEnvironment, storeWithClip } from '../support/cli.js'
import { installPacked, pack } from './packed-app.js'

/** The command as a user has it: from the packed tarball, by `npm exec`. */

const folder = await mkdtemp(join(tmpdir(), 'avio-streams-package-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const app = join(folder, 'app')
await installPacked(app, await pack(folder))

/** Runs npm in the app, without a network. */
function npm(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const cli = process.env['npm_execpath']
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []]
  return promisify(execFile)(command, [...first, ...args], {
    cwd: app,
    env: { ...process.env, npm_config_offline: 'true', ...env },
  })
}

// As `npm install` links the commands of a package.
await npm(['rebuild', '--ignore-scripts', 'avio-streams'])

t.test('runs by npm exec, from the help to an object', async t => {
  const { stdout } = await npm(['exec', '--', 'avio-streams', '--help'])
  t.match(stdout, /avio-streams runs ffmpeg between objects in S3/)
  const { s3 } = await storeWithClip(t)
  const words = ['-i', 's3://masters/a.mp4', '-c', 'copy', 's3://web/b.mp4']
  const { stderr } = await npm(['exec', '--', 'avio-streams', ...words], storeEnvironment(s3))
  t.match(stderr, /s3:\/\/web\/b\.mp4/)
  t.same(s3.keys('web'), ['b.mp4'])
})

t.test('passes the exit code on', async t => {
  await t.rejects(npm(['exec', '--', 'avio-streams', '-i', 's3://masters/a.mp4']), {
    code: 2,
    stderr: /There is no output/,
  })
})
