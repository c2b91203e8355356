import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { signalGroup, survivorsOf } from '../../../lib/ffmpeg/child/process-group.js'
import { endProcess, isGone } from '../../support/child.js'

/** Starts a shell that leads a group and leaves a program behind; resolves after the shell exits. */
async function orphan(t: Test): Promise<{ leader: number; member: number }> {
  const shell = spawn('/bin/sh', ['-c', 'sleep 600 >&- & echo $!'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  const [line] = (await once(shell.stdout, 'data')) as [Buffer]
  const member = Number(line.toString())
  t.teardown(() => endProcess(member))
  await once(shell, 'close')
  return { leader: shell.pid!, member }
}

t.test('finds processes that outlived the leader, and ends them by the group id', async t => {
  if (process.platform !== 'linux') return
  const { leader, member } = await orphan(t)
  const endedAt = process.uptime()
  t.same(await survivorsOf(leader, endedAt), [member])
  t.equal(signalGroup(leader, 'SIGKILL'), true)
  while (!isGone(member)) await new Promise(setImmediate)
  t.same(await survivorsOf(leader, endedAt), [])
})

t.test("ignores a group of the same id that began after the leader's end", async t => {
  if (process.platform !== 'linux') return
  const { leader } = await orphan(t)
  t.same(await survivorsOf(leader, process.uptime() - 3600), [])
})
