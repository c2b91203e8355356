import { getEventListeners } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type ToolCommand, runTool } from '../../../lib/ffmpeg/child/run-tool.js'
import { endProcess, fixture, isGone, resources, resourcesSince } from '../../support/child.js'
import { canLimitDescriptors, withDescriptors } from '../../support/descriptors.js'

const env = { PATH: process.env['PATH']! }

const tool = (name: string, more: Partial<ToolCommand> = {}): ToolCommand => ({
  ...{ path: fixture(name), args: [], env },
  ...more,
})

/** A shell script as a tool. `$DIR` is its folder; `pids()` waits for ids in `$DIR/pids`, ended by a line `.`. */
async function script(
  t: Test,
  lines: string,
): Promise<{ command: ToolCommand; pids: () => Promise<number[]> }> {
  const folder = t.testdir()
  const path = join(folder, 'tool')
  await writeFile(path, `#!/bin/sh\nDIR=${folder}\n${lines}\n`)
  await chmod(path, 0o755)
  const pids = async () => {
    let text = ''
    while (!text.endsWith('.\n')) text = await readFile(join(folder, 'pids'), 'utf8').catch(() => '')
    return text.split('\n').map(Number).filter(Boolean)
  }
  t.teardown(async () => {
    const text = await readFile(join(folder, 'pids'), 'utf8').catch(() => '')
    for (const pid of text.split('\n').map(Number).filter(Boolean)) endProcess(pid)
  })
  return { command: { path, args: [], env }, pids }
}

async function gone(pids: readonly number[]): Promise<void> {
  while (!pids.every(isGone)) await setImmediate()
}

t.test('writes each input, passes the output on, and reports how the tool ended', async t => {
  const printed = { out: '', err: '' }
  const listener = {
    onStdout: (chunk: Buffer) => void (printed.out += chunk.toString()),
    onStderr: (chunk: Buffer) => Boolean((printed.err += chunk.toString())),
  }
  const args = ['-c', 'cat; cat <&4; echo words >&2; exit 7']
  const inputs = new Map([
    [0, Buffer.from('one ')],
    [4, Buffer.from('two')],
  ])
  t.same(await runTool({ path: '/bin/sh', args, env, inputs }, listener), { code: 7, signal: null })
  t.same(printed, { out: 'one two', err: 'words\n' })
})

t.test('judges a tool by its exit even if it stops reading', async t => {
  const inputs = new Map([[0, Buffer.alloc(8_000_000)]])
  t.same(await runTool({ path: '/bin/sh', args: ['-c', 'exec <&-; exit 0'], env, inputs }, {}), {
    code: 0,
    signal: null,
  })
})

t.test('leaves no listener on its signal when the tool has ended', async t => {
  const { signal } = new AbortController()
  await runTool({ path: '/bin/sh', args: ['-c', 'exit 0'], env, signal }, {})
  t.same(getEventListeners(signal, 'abort'), [])
})

t.test('ends the tool on abort, on excessive output, and when a listener throws', async t => {
  const before = resources()
  const reason = new Error('given up')
  const abort = new AbortController()
  const onStderr = () => {
    abort.abort(reason)
    return true
  }
  const waiting = runTool(tool('forever', { signal: abort.signal }), { onStderr })
  await t.rejects(waiting, reason)
  t.equal(getEventListeners(abort.signal, 'abort').length, 0)
  await t.rejects(runTool(tool('forever', { signal: AbortSignal.abort(reason) }), {}), reason)

  const starting = new AbortController()
  const begun = runTool(tool('forever', { signal: starting.signal }), {})
  starting.abort(reason)
  await t.rejects(begun, reason, 'also while the tool starts')

  const yes = { path: '/usr/bin/yes', args: [], env }
  await t.rejects(runTool({ ...yes, maxOutput: 100_000 }, {}), {
    code: 'AVIO_ERR_INPUT_INVALID',
    message: /more than 100000 bytes/,
  })
  const listener = {
    onStdout: () => {
      throw reason
    },
  }
  await t.rejects(runTool(yes, listener), reason)
  t.same(await resourcesSince(before), {})
})

t.test('starts nothing if its signal is already aborted', async t => {
  const { command } = await script(t, 'touch $DIR/started; exec sleep 600')
  const reason = new Error('given up')
  await t.rejects(runTool({ ...command, signal: AbortSignal.abort(reason) }, {}), reason)
  // It does not even look for the program.
  const absent = { path: '/nowhere/tool', args: [], env, signal: AbortSignal.abort(reason) }
  await t.rejects(runTool(absent, {}), reason)
  t.equal(existsSync(join(command.path, '..', 'started')), false)
})

t.test('rejects with the first reason', async t => {
  const [first, second] = [new Error('first'), new Error('second')]
  const abort = new AbortController()
  const onStdout = () => {
    void setImmediate().then(() => abort.abort(second))
    throw first
  }
  // SIGTERM has no effect, so that the abort comes before the end.
  const { command } = await script(t, "trap '' TERM; echo one; while :; do sleep 0.1; done")
  await t.rejects(runTool({ ...command, killTimeout: 300, signal: abort.signal }, { onStdout }), first)
  t.equal(abort.signal.aborted, true)
})

t.test('passes on output that arrives after the exit', async t => {
  // The process that exits is not the one that writes: its output comes only once the tool has been reaped.
  const { command } = await script(
    t,
    '(while kill -0 $$ 2> /dev/null; do sleep 0.05; done; echo late; echo late >&2) & exit 0',
  )
  const printed: string[] = []
  const listener = {
    onStdout: (chunk: Buffer) => void printed.push(`out ${chunk.toString()}`),
    onStderr: (chunk: Buffer) => printed.push(`err ${chunk.toString()}`) > 0,
  }
  t.same(await runTool(command, listener), { code: 0, signal: null })
  t.same(printed.sort(), ['err late\n', 'out late\n'])
})

t.test('ends a tool without an error once its listener has enough', async t => {
  const before = resources()
  for (const killTimeout of [0, 1000]) {
    const exit = await runTool(tool('forever', { killTimeout }), { onStderr: () => false })
    t.equal(exit.signal, killTimeout === 0 ? 'SIGKILL' : 'SIGTERM')
  }
  t.same(await resourcesSince(before), {})
})

t.test("does not wait for a process that keeps the tool's pipes open", async t => {
  const { command } = await script(
    t,
    'setsid sleep 600 & echo $! >> $DIR/pids; echo . >> $DIR/pids; echo hello',
  )
  let printed = ''
  const listener = { onStdout: (chunk: Buffer) => void (printed += chunk.toString()) }
  t.same(await runTool(command, listener), { code: 0, signal: null })
  t.equal(printed, 'hello\n')

  const abort = new AbortController()
  const held = await script(t, 'setsid sleep 600 & echo $! >> $DIR/pids; echo . >> $DIR/pids; exec sleep 600')
  const waiting = runTool({ ...held.command, signal: abort.signal }, {})
  await held.pids()
  abort.abort(new Error('given up'))
  await t.rejects(waiting, { message: 'given up' })
})

t.test('ends a wrapper without exec together with its child processes', async t => {
  if (process.platform !== 'linux') return
  const wrappers = {
    'a wrapper that waits': 'sleep 600 & echo $! >> $DIR/pids; echo . >> $DIR/pids; wait',
    'a wrapper that runs a program in the foreground':
      'sh -c "echo \\$\\$ >> $DIR/pids; echo . >> $DIR/pids; sleep 600"; true',
    'a program that ignores SIGTERM':
      'sh -c "trap : TERM; echo \\$\\$ >> $DIR/pids; echo . >> $DIR/pids; while :; do sleep 600; done" & wait',
  }
  for (const [name, lines] of Object.entries(wrappers)) {
    for (const killTimeout of [0, 200]) {
      await t.test(`${name}, with a killTimeout of ${killTimeout}`, async t => {
        const { command, pids } = await script(t, lines)
        const abort = new AbortController()
        const waiting = runTool({ ...command, killTimeout, signal: abort.signal }, {})
        const started = await pids()
        abort.abort(new Error('given up'))
        await t.rejects(waiting, { message: 'given up' })
        await gone(started)
      })
    }
  }
})

t.test('ends the remaining children of a failed wrapper, and spares those of a successful one', async t => {
  if (process.platform !== 'linux') return
  for (const code of [0, 9]) {
    const lines = `sleep 600 & echo $! >> $DIR/pids; echo . >> $DIR/pids; exit ${code}`
    const { command, pids } = await script(t, lines)
    t.equal((await runTool({ ...command, killTimeout: 50 }, {})).code, code)
    if (code === 0) t.equal((await pids()).some(isGone), false)
    else await gone(await pids())
  }
})

t.test('reports the remedy if file descriptors run out, and recovers', async t => {
  if (!canLimitDescriptors) return
  const before = resources()
  for (const left of [1, 4, 6]) {
    await withDescriptors(left, async () => {
      await t.rejects(runTool(tool('copies'), {}), {
        code: 'AVIO_ERR_DESCRIPTORS',
        message: /no file descriptors left.*"ulimit -n"/,
        cause: { code: 'EMFILE' },
      })
    })
  }
  t.same(await runTool(tool('copies', { inputs: new Map([[0, Buffer.from('x')]]) }), {}), {
    code: 0,
    signal: null,
  })
  t.same(await resourcesSince(before), {})
})

t.test('reports the signal that ended a tool', async t => {
  const exit = await runTool({ path: '/bin/sh', args: ['-c', 'kill -9 $$'], env }, {})
  t.same(exit, { code: null, signal: 'SIGKILL' })
})
