import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { readInto } from '../../../lib/ffmpeg/child/read-into.js'
import { resources, resourcesSince } from '../../support/child.js'

/** Prints its arguments, one after the other, and waits for a line of input after each but the last. */
const PRINTS = `
  const [first, ...rest] = process.argv.slice(1)
  process.stdout.write(first)
  process.stdin.on('data', () => {
    if (rest.length > 0) process.stdout.write(rest.shift())
    if (rest.length === 0) process.stdin.destroy()
  })`

function child(t: Test, ...printed: string[]) {
  const process_ = spawn(process.execPath, ['-e', PRINTS, ...printed])
  t.teardown(() => process_.kill('SIGKILL'))
  return process_
}

t.test('has the undocumented handle of a pipe to read from', async t => {
  const { stdout } = child(t, 'one', 'two')
  // Without it everything works, at a higher cost: then this test says which Node lacks it.
  t.type((stdout as unknown as { _handle: unknown })._handle, 'object')
})

t.test('reads a pipe into the given memory, and ends with the child', async t => {
  const before = resources()
  const process_ = child(t, 'one', 'two')
  const closed = once(process_, 'close')
  const memory = Buffer.alloc(100)
  let at = 0
  const socket = readInto(process_.stdout, {
    buffer: () => memory.subarray(at),
    callback: length => {
      at += length
      // After the last line the child is gone.
      if (memory.toString('latin1', 0, at) === 'one') process_.stdin.write('\n')
      return true
    },
  })
  t.type(socket, Socket)
  await once(socket!, 'end')
  t.equal(memory.toString('latin1', 0, at), 'onetwo')
  t.same(await closed, [0, null])
  t.equal(process_.stdout.destroyed, true)
  t.same(await resourcesSince(before), {})
})

t.test('stops when the callback says so, and goes on into the memory of that moment', async t => {
  const process_ = child(t, 'one', 'two')
  const reads: string[] = []
  const buffers: Buffer[] = []
  const socket = readInto(process_.stdout, {
    buffer: () => {
      const buffer = Buffer.alloc(10)
      buffers.push(buffer)
      return buffer
    },
    callback: (length, buffer) => {
      reads.push(Buffer.from(buffer).toString('latin1', 0, length))
      return false
    },
  })!
  while (reads.length === 0) await new Promise(resolve => setImmediate(resolve))
  process_.stdin.write('\n')
  socket.resume()
  while (reads.length === 1) await new Promise(resolve => setImmediate(resolve))
  socket.resume()
  await once(socket, 'end')
  t.same(reads, ['one', 'two'])
  t.equal(new Set(buffers.map(({ buffer }) => buffer)).size, buffers.length, 'no buffer twice')
})

t.test('can be destroyed, which closes the child’s pipe', async t => {
  const process_ = child(t, 'one', 'two')
  const closed = once(process_, 'close')
  const socket = readInto(process_.stdout, {
    buffer: Buffer.alloc(10),
    callback: () => true,
  })!
  socket.destroy()
  await once(socket, 'close')
  process_.kill('SIGKILL')
  t.same(await closed, [null, 'SIGKILL'])
})

t.test('says that it can’t without a handle', async t => {
  const onread = { buffer: Buffer.alloc(10), callback: () => true }
  t.equal(readInto(new Socket(), onread), undefined)
  const process_ = child(t, 'one')
  const stdout = process_.stdout
  const closed = once(stdout, 'close')
  stdout.destroy()
  await closed
  t.equal(readInto(stdout, onread), undefined)
})
