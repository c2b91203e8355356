import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { readInto } from '../../../lib/ffmpeg/child/read-into.js'
import { type ChildPipe, StdoutReader } from '../../../lib/ffmpeg/child/stdout-reader.js'
import { Loans, giveBack } from '../../../lib/io/memory/loans.js'

const plain = (readable: Readable): ChildPipe => ({ readable, readInto: () => undefined })

t.test('passes chunks on until the consumer is full, and resumes on request', async t => {
  const pipe = Readable.from(['one', 'two', 'three', 'four'].map(text => Buffer.from(text)))
  const taken: string[] = []
  const output = new StdoutReader(plain(pipe), chunk => {
    taken.push(chunk.toString())
    return taken.length % 2 === 1
  })
  await setImmediate()
  t.same(taken, ['one', 'two'])
  t.equal(output.bytes, 6)
  output.resume()
  await setImmediate()
  t.same(taken, ['one', 'two', 'three', 'four'])
  t.equal(output.bytes, 15)
  output.resume()
  await setImmediate()
  t.equal(pipe.readableEnded, true)
})

t.test('keeps reading after discard without passing anything on', async t => {
  const pipe = Readable.from([Buffer.from('one'), Buffer.from('two')])
  let taken = 0
  const output = new StdoutReader(plain(pipe), () => {
    taken++
    return false
  })
  await setImmediate()
  output.discard()
  await setImmediate()
  t.equal(taken, 1)
  t.equal(pipe.readableEnded, true)
})

const SIZE = 4_000_000
const ALL = Buffer.from(Uint8Array.from({ length: SIZE }, (_, n) => n % 251))
/** Byte n of the output is n modulo 251. */
const COUNTS = `
  const all = Buffer.from(Uint8Array.from({ length: ${SIZE} }, (_, n) => n % 251))
  process.stdout.write(all)`

/** Our end of a child that writes 4 MB. */
function counting(t: Test): { pipe: ChildPipe; socket: () => Socket; early: () => Promise<void> } {
  const child = spawn(process.execPath, ['-e', COUNTS])
  t.teardown(() => child.kill('SIGKILL'))
  const readable = child.stdout
  let own: Socket | undefined
  const take: ChildPipe['readInto'] = onread => (own = readInto(readable, onread))
  return {
    pipe: { readable, readInto: take },
    socket: () => own!,
    early: async () => {
      while (readable.readableLength === 0) await setImmediate()
    },
  }
}

/** Checks bytes in order, and gives them back. */
class Check {
  bytes = 0
  wrong: number | undefined
  readonly see = (chunk: Buffer): void => {
    const end = this.bytes + chunk.length
    if (!chunk.equals(ALL.subarray(this.bytes, end))) this.wrong ??= this.bytes
    this.bytes = end
    giveBack(chunk)
  }
}

t.test('reads a pipe of a child into lent memory, and fills it again', async t => {
  const { pipe, socket } = counting(t)
  const [memory, check] = [new Loans(), new Check()]
  const output = new StdoutReader(
    pipe,
    chunk => {
      check.see(chunk)
      return true
    },
    memory,
  )
  await once(socket(), 'end')
  t.same([check.bytes, check.wrong, output.bytes], [SIZE, undefined, SIZE])
  t.ok(memory.made <= 2, `${memory.made} blocks`)
})

t.test('does not overwrite what the consumer has not given back, however it pauses', async t => {
  const { pipe, socket } = counting(t)
  const [memory, check] = [new Loans(), new Check()]
  const waiting: Buffer[] = []
  const output = new StdoutReader(
    pipe,
    chunk => {
      waiting.push(chunk)
      return false
    },
    memory,
  )
  const own = socket()
  while (!own.readableEnded) {
    await setImmediate()
    if (waiting.length > 2) check.see(waiting.shift()!)
    output.resume()
  }
  waiting.forEach(check.see)
  t.same([check.bytes, check.wrong], [SIZE, undefined])
})

t.test('passes on first what Node has read by itself', async t => {
  const { pipe, socket, early } = counting(t)
  await early()
  const check = new Check()
  new StdoutReader(
    pipe,
    chunk => {
      check.see(chunk)
      return true
    },
    new Loans(),
  )
  await once(socket(), 'end')
  t.same([check.bytes, check.wrong], [SIZE, undefined])
})

t.test('discards what it reads into lent memory', async t => {
  const { pipe, socket } = counting(t)
  let taken = 0
  const output = new StdoutReader(
    pipe,
    () => {
      taken++
      return false
    },
    new Loans(),
  )
  const ended = once(socket(), 'end')
  while (taken === 0) await setImmediate()
  output.discard()
  await ended
  t.equal(taken, 1)
})

t.test('reads as Node does where Node lets nobody else', async t => {
  const { pipe } = counting(t)
  const check = new Check()
  new StdoutReader(
    plain(pipe.readable),
    chunk => {
      check.see(chunk)
      return true
    },
    new Loans(),
  )
  await once(pipe.readable, 'end')
  t.same([check.bytes, check.wrong], [SIZE, undefined])
})
