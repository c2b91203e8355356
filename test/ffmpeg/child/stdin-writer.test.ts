import { once } from 'node:events'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import t from 'tap'
import { StdinWriter } from '../../../lib/ffmpeg/child/stdin-writer.js'
import { FfmpegChild } from '../../../lib/ffmpeg/child/ffmpeg-child.js'
import { fixture } from '../../support/child.js'

/** Records the chunk lengths of each write; with `hold`, finishes a write only on `release()`. */
class Pipe extends Writable {
  readonly batches: number[][] = []
  release: (() => void) | undefined
  readonly #hold: boolean

  constructor(hold = false) {
    super({ highWaterMark: 1 })
    this.#hold = hold
    this.on('error', () => undefined)
  }

  #record(lengths: number[], callback: () => void): void {
    this.batches.push(lengths)
    if (this.#hold) this.release = callback
    else callback()
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.#record([chunk.length], callback)
  }

  override _writev(items: { chunk: Buffer }[], callback: () => void): void {
    this.#record(
      items.map(({ chunk }) => chunk.length),
      callback,
    )
  }
}

/** Writes chunks of these lengths; resolves when the writer calls back. */
function write(input: StdinWriter, ...lengths: number[]): Promise<void> {
  const chunks = lengths.map(length => Buffer.alloc(length))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  return promisify((callback: () => void) => input.write(chunks, total, callback))()
}

const end = (input: StdinWriter) => promisify((callback: () => void) => input.end(callback))()

t.test('writes a batch in one system call, and counts it once accepted', async t => {
  const pipe = new Pipe(true)
  const input = new StdinWriter(pipe)
  const written = write(input, 65536, 65536, 65536)
  await Promise.resolve()
  t.same(pipe.batches, [[65536, 65536, 65536]])
  t.equal(input.bytes, 0)
  pipe.release?.()
  await written
  t.equal(input.bytes, 3 * 65536)
})

t.test('joins small chunks', async t => {
  const pipe = new Pipe()
  const input = new StdinWriter(pipe)
  await write(input, ...Array.from({ length: 1000 }, () => 7))
  t.same(pipe.batches, [[7000]])
  t.equal(input.bytes, 7000)
})

t.test('calls back for the end once everything is written', async t => {
  const pipe = new Pipe()
  const input = new StdinWriter(pipe)
  await write(input, 10)
  await end(input)
  t.equal(pipe.writableFinished, true)
  t.equal(input.isClosed, false)
})

t.test('calls back for pending and later writes after the pipe closes', async t => {
  for (const error of [undefined, new Error('EPIPE')]) {
    const pipe = new Pipe(true)
    const input = new StdinWriter(pipe)
    const written = write(input, 10)
    pipe.destroy(error)
    await written
    t.equal(input.isClosed, true)
    t.equal(input.bytes, 0)
    await write(input, 10)
    await end(input)
    t.equal(input.bytes, 0)
  }
})

t.test('notices a pipe that closes between two writes', async t => {
  const pipe = new Pipe()
  const input = new StdinWriter(pipe)
  await write(input, 10)
  pipe.destroy()
  await once(pipe, 'close')
  t.equal(input.isClosed, true)
})

t.test('accepts a child that closes its input', async t => {
  const env = { PATH: process.env['PATH'] ?? '', BYTES: '100000' }
  const pipes = ['in', 'out', 'out'] as const
  const child = await FfmpegChild.start({
    path: fixture('reads-some'),
    args: [],
    env,
    pipes,
    killTimeout: 5000,
  })
  t.teardown(() => child.kill())
  const input = new StdinWriter(child.writable(0))
  while (!input.isClosed) await write(input, 65536, 65536)
  await end(input)
  t.same(await child.exited, { code: 0, signal: null })
})
