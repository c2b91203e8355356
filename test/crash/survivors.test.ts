import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Survivors, descendants } from './survivors.js'

const FOREVER = fileURLToPath(new URL('../fixtures/forever.mjs', import.meta.url))

/** A process that lives until it is killed, with `mark` in its environment. */
async function start(mark: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [FOREVER], { env: { AVIO_MARK: mark }, stdio: 'ignore' })
  await once(child, 'spawn')
  return child
}

t.test('finds descendants, and processes with a mark, until they are killed', async t => {
  const mark = `survivors-${process.pid}`
  const child = await start(mark)
  t.ok(descendants(process.pid).includes(child.pid!))
  const known = new Survivors('AVIO_MARK=none', [child.pid!])
  // Until exec, the spawned process has this process's environment.
  const found = new Survivors(`AVIO_MARK=${mark}`, [])
  while (!found.look()) await new Promise(resolve => setImmediate(resolve))
  t.same(found.pids, [child.pid])
  t.ok(known.look())
  t.ok(found.age > 0)
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  t.notOk(known.look())
  t.notOk(found.look())
  t.same(found.pids, [])
})

t.test('counts a process with a pending SIGKILL as gone, and a stopped process as alive', async t => {
  const child = await start('stopped')
  const survivors = new Survivors('AVIO_MARK=none', [child.pid!])
  child.kill('SIGSTOP')
  t.ok(survivors.look())
  child.kill('SIGKILL')
  // Pending or dead: it does nothing more, even if it has not had a processor since.
  t.notOk(survivors.look())
  await once(child, 'exit')
})
