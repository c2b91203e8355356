import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import { StdinWriter } from '../../../lib/ffmpeg/child/stdin-writer.js'
import type { FfmpegEarlyExit } from '../../../lib/ffmpeg/run/ffmpeg-events.js'
import type { FfmpegSeek } from '../../../lib/ffmpeg/route/seek-reason.js'
import { PipedInput, type PipedInputSettings } from '../../../lib/ffmpeg/run/piped-input.js'
import { BlockPool } from '../../../lib/io/memory/block-pool.js'
import { Loans } from '../../../lib/io/memory/loans.js'
import { LINK } from '../../../lib/io/pipeline/link.js'
import { LoggedAccess } from '../../support/random-accesses.js'
import { fastStartMp4, indexLastMp4, transportStream } from '../../support/media.js'
import { LinkedSource } from '../../support/sources.js'

const SETTINGS: PipedInputSettings = {
  ...{ format: undefined, args: [], formatWhitelist: [], seek: 'auto' },
  ...{ discardLimit: 100, sniffSize: 65_536 },
}

/** An input on a stream, with a record of its events; `connect()` starts ffmpeg. */
function make(settings: Partial<PipedInputSettings> = {}, outputArgs: readonly string[] = []) {
  const events: (string | FfmpegSeek | FfmpegEarlyExit)[] = []
  let started!: () => void
  const start = new Promise<void>(resolve => (started = resolve))
  const stage: Writable = new Writable({
    write: (chunk: Buffer, _encoding, callback) => input.take([chunk], callback),
    final: callback => input.end(callback),
  })
  const outputs = [{ format: 'mpegts', args: outputArgs }]
  const input = new PipedInput(stage, 'Stage', { ...SETTINGS, ...settings }, outputs, {
    onDecided: () => {
      events.push('decided')
      return start
    },
    onSeek: event => events.push(event),
    onEarlyExit: event => events.push(event),
    onComplete: () => events.push('complete'),
  })
  const child = new PassThrough({ highWaterMark: 2 ** 24 })
  const connect = () => {
    input.connect(new StdinWriter(child))
    started()
  }
  return { stage, input, events, child, connect }
}

t.test('holds the head until ffmpeg starts, and sends it before the rest', async t => {
  const { stage, input, events, child, connect } = make()
  const media = await transportStream()
  stage.write(media.subarray(0, 1000))
  stage.write(media.subarray(1000))
  stage.end()
  t.match(input.decided, { source: undefined, head: media.subarray(0, 1000) })
  t.same(events, ['decided'])
  t.equal(child.readableLength, 0)
  connect()
  t.same(Buffer.concat(await child.toArray()), media)
  t.equal(input.isComplete, false, 'the end counts once ffmpeg succeeds')
  input.over()
  t.equal(input.isComplete, true)
  t.same(events, ['decided', 'complete'])
})

t.test('tells the source how much ffmpeg is going to read, if it surely does', async t => {
  for (const [name, media, args, outputArgs, expected] of [
    ['all of it', await transportStream(), [], ['-c', 'copy'], [5_000_000]],
    ['a part of the input', await transportStream(), ['-t', '1'], [], []],
    ['a part of the output', await transportStream(), [], ['-frames:v', '1'], []],
    ['an index at the end', await indexLastMp4(), [], [], []],
  ] as const) {
    const { stage, input } = make({ args }, outputArgs)
    const told: number[] = []
    const source = Object.assign(new PassThrough(), {
      [LINK]: { randomAccess: new LoggedAccess(media), expect: (bytes: number) => told.push(bytes) },
    })
    source.pipe(stage)
    source.write(media)
    await new Promise(setImmediate)
    t.not(input.decided, undefined)
    t.same(told, expected, name)
  }
})

t.test('reads an index at the end by seeking with random access, and stops the source', async t => {
  const { stage, input, events } = make()
  const media = await indexLastMp4()
  const access = new LoggedAccess(media)
  const source = new LinkedSource(media, { randomAccess: access, chunkSize: 1000 })
  source.pipe(stage)
  await new Promise(resolve => source.once('end', resolve))
  t.equal(input.decided!.source, access)
  t.equal(input.access, access)
  t.equal(input.isMediaFirst, true)
  t.equal(input.canReadAgain, true)
  t.match(events, [{ reason: 'index-last', stopped: true }, 'decided'])
  input.over()
  await new Promise(setImmediate)
  t.equal(input.isComplete, true)
})

t.test('rejects an index at the end, and a seek, without random access', async t => {
  const { stage, events } = make()
  const failed = new Promise(resolve => stage.once('error', resolve))
  stage.write((await indexLastMp4()).subarray(0, 1000))
  t.match(await failed, { code: 'AVIO_ERR_INPUT_NEEDS_SEEK' })
  t.same(events, [])
  for (const settings of [{ seek: 'always' as const }, { args: ['-sseof', '-1'] }]) {
    const seeking = make(settings)
    const refused = new Promise(resolve => seeking.stage.once('error', resolve))
    seeking.stage.write((await fastStartMp4()).subarray(0, 1000))
    t.match(await refused, { code: 'AVIO_ERR_INPUT_NEEDS_SEEK' })
  }
})

t.test('stops the source after an early exit, or discards its rest up to a limit', async t => {
  const { stage, input, events, child, connect } = make()
  const media = await transportStream()
  stage.write(media)
  connect()
  await new Promise(resolve => child.once('readable', resolve))
  input.over()
  t.match(events, ['decided', { stopped: false, bytesIn: media.length }])
  const failed = new Promise(resolve => stage.once('error', resolve))
  stage.write(Buffer.alloc(100))
  stage.write(Buffer.alloc(1))
  t.match(await failed, { code: 'AVIO_ERR_DISCARD_LIMIT' })
})

t.test('rejects an empty input, and a failed start', async t => {
  const empty = make()
  const first = new Promise(resolve => empty.stage.once('error', resolve))
  empty.stage.end()
  t.match(await first, { code: 'AVIO_ERR_INPUT_INVALID' })
  const boom = new Error('boom')
  const stage: Writable = new Writable({
    write: (chunk: Buffer, _encoding, callback) => input.take([chunk], callback),
  })
  const ignore = () => undefined
  const input = new PipedInput(stage, 'Stage', SETTINGS, [], {
    ...{ onSeek: ignore, onEarlyExit: ignore, onComplete: ignore },
    onDecided: () => Promise.reject(boom),
  })
  const second = new Promise(resolve => stage.once('error', resolve))
  stage.write(await transportStream())
  t.equal(await second, boom)
  input.release()
  t.equal(stage.listenerCount('pipe'), 1, 'a later pipe() into it is refused')
})

t.test('allows reading again with random access, and holds nothing back from then on', async t => {
  const media = await transportStream()
  const once = make()
  once.stage.write(media)
  t.equal(once.input.canReadAgain, false)

  const { stage, input, events, child, connect } = make()
  const access = new LoggedAccess(media)
  const source = new PassThrough()
  const stop = () => source.end()
  Object.defineProperty(source, LINK, { value: { randomAccess: access, stop } })
  source.pipe(stage)
  source.write(media)
  await new Promise(setImmediate)
  connect()
  await new Promise(resolve => child.once('readable', resolve))
  t.equal(input.canReadAgain, true)
  t.equal(input.decided!.source, undefined)
  input.readAgain()
  t.equal(input.decided!.source, access)
  t.match(events.at(-1), { reason: 'late-track', stopped: true })
  t.equal(input.canReadAgain, true)
  const count = events.length
  input.readAgain()
  t.equal(events.length, count, 'it reads by seeking already')
})

t.test('does not wait for a write that ffmpeg never accepts when reading again', async t => {
  const media = await transportStream()
  const { stage, input, events, connect, child } = make()
  const source = new PassThrough()
  Object.defineProperty(source, LINK, { value: { randomAccess: new LoggedAccess(media) } })
  source.pipe(stage)
  source.write(media)
  await new Promise(setImmediate)
  t.same(events, ['decided'])
  // ffmpeg accepts nothing.
  child.write = () => false
  connect()
  await new Promise(setImmediate)
  input.readAgain()
  const taken = new Promise(resolve => stage.write(Buffer.alloc(1), resolve))
  child.destroy()
  t.equal(await taken, null, 'no error')
})

/** Lends blocks of a stream, and tells whether the last one is back. */
class Lender {
  readonly #loans: Loans
  readonly #media: Buffer
  #at = 0
  #last: Buffer | undefined

  constructor(media: Buffer, size = 1000) {
    this.#media = media
    this.#loans = new Loans(new BlockPool(size))
  }

  next(): Buffer {
    const block = (this.#last = this.#loans.take())
    this.#at += this.#media.copy(block, 0, this.#at)
    return block
  }

  get isBack(): boolean {
    return this.#loans.take().buffer === this.#last!.buffer
  }
}

const written = (stage: Writable, chunk: Buffer) =>
  new Promise<void>((resolve, reject) => stage.write(chunk, error => (error ? reject(error) : resolve())))

t.test('gives a chunk back once ffmpeg has it, or nobody wants it, and never the head', async t => {
  const media = await transportStream()
  const { stage, input, connect } = make({ discardLimit: 10_000 })
  const lender = new Lender(media)
  const head = written(stage, lender.next())
  connect()
  await head
  t.notOk(lender.isBack)
  t.same(input.decided!.head, media.subarray(0, 1000))
  await written(stage, lender.next())
  t.ok(lender.isBack)
  input.over()
  await written(stage, lender.next())
  t.ok(lender.isBack, 'a discarded chunk')
})

t.test('never gives back the head of an input that ends before it is known how to read it', async t => {
  const { stage, input, events, connect } = make()
  const lender = new Lender(await fastStartMp4(), 20)
  await written(stage, lender.next())
  t.same(events, [], 'the first bytes of a box show nothing')
  const ended = new Promise(resolve => stage.once('finish', resolve))
  stage.end()
  connect()
  await new Promise(setImmediate)
  input.over()
  await ended
  t.equal(input.decided!.head.length, 20)
  t.notOk(lender.isBack)
})

t.test('never gives back a chunk that ffmpeg’s pipe may not have taken', async t => {
  const { stage, input, child, connect } = make()
  const lender = new Lender(await transportStream())
  const head = written(stage, lender.next())
  connect()
  await head
  child.destroy()
  const rest = written(stage, lender.next())
  await new Promise(setImmediate)
  input.over()
  await rest
  t.notOk(lender.isBack)
})
