import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Survivors, descendants } from './survivors.js'

const FOREVER = fileURLToPath(new URL('../fixtures/forever.mjs', import.meta.url))

/** A process that is there until it is killed, with `mark` in its environment. */
async function start(mark: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [FOREVER], { env: { AVIO_MARK: mark }, stdio: 'ignore' })
  await once(child, 'spawn')
  return child
}

t.test('sees processes below this one, and those with a mark, until they are killed', async t => {
  const mark = `survivors-${process.pid}`
  const child = await start(mark)
  t.ok(descendants(process.pid).includes(child.pid!))
  const known = new Survivors('AVIO_MARK=none', [child.pid!])
  // What `spawn` started is of this environment until it has become the program.
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

t.test(
  'takes a process that has been sent a SIGKILL for gone, and one that is stopped for alive',
  async t => {
    const child = await start('stopped')
    const survivors = new Survivors('AVIO_MARK=none', [child.pid!])
    child.kill('SIGSTOP')
    t.ok(survivors.look())
    child.kill('SIGKILL')
    // Pending or dead: it does nothing any more, whether it has had a processor since or not.
    t.notOk(survivors.look())
    await once(child, 'exit')
  },
)
