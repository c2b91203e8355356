import { once } from 'node:events'
import { PassThrough, Readable, Transform, type TransformCallback, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import t from 'tap'
import { BLOCK_SIZE } from '../../../lib/io/memory/block-pool.js'
import { giveBack } from '../../../lib/io/memory/loans.js'
import { Lending } from '../../../lib/io/pipeline/lending.js'
import { LentMemory } from '../../../lib/io/pipeline/lent-memory.js'
import { LINK, type Link } from '../../../lib/io/pipeline/link.js'
import { Upstream } from '../../../lib/io/pipeline/upstream.js'

const CHUNKS = 60

/** Chunk n consists of bytes n + 1. */
class Source extends Readable {
  readonly memory = new LentMemory(this)
  readonly [LINK]: Link = { lendTo: this.memory.lendTo }
  #next = 0

  constructor() {
    super({ highWaterMark: 4 * BLOCK_SIZE })
  }

  override _read(): void {
    if (this.#next === CHUNKS) {
      this.push(null)
      return
    }
    const chunk = this.memory.take().fill(++this.#next)
    this.memory.pass(chunk)
    this.push(chunk)
  }
}

/** Copies, and gives back. */
class Sink extends Writable {
  readonly upstream = new Upstream(this, 'Sink', { givesBack: () => true })
  /** The first byte of each chunk. */
  readonly seen: number[] = []
  /** Lets one chunk at a time through if it is set. */
  gate: (() => Promise<unknown>) | undefined

  constructor() {
    super({ highWaterMark: 1 })
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    void Promise.resolve(this.gate?.()).then(() => {
      // Node joins chunks that an iterator gets.
      for (let at = 0; at < chunk.length; at += BLOCK_SIZE) {
        const block = chunk.subarray(at, at + BLOCK_SIZE)
        this.seen.push(block.every(byte => byte === block[0]) ? block[0]! : -1)
      }
      giveBack(chunk)
      setImmediate(callback)
    })
  }
}

/** Passes each chunk on as it is, like the validator. */
class Through extends Transform {
  readonly lending = new Lending(this, () => this.upstream.keepLent())
  readonly upstream = new Upstream(this, 'Through', { givesBack: () => this.lending.isOn })
  readonly [LINK]: Link = { lendTo: this.lending.lendTo }

  constructor() {
    super({ highWaterMark: 4 * BLOCK_SIZE })
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    callback(null, chunk)
  }
}

const all = Array.from({ length: CHUNKS }, (_, n) => n + 1)

/** Keeps chunks, as a user may, and what was in them. */
class Keeper {
  readonly #kept: { readonly chunk: Buffer; readonly was: Buffer }[] = []
  readonly see = (chunk: Buffer): void => {
    this.#kept.push({ chunk, was: Buffer.from(chunk) })
  }
  get count(): number {
    return this.#kept.length
  }
  /** Numbers of the chunks that have other bytes now. */
  get spoilt(): number[] {
    return [...this.#kept.keys()].filter(n => !this.#kept[n]!.chunk.equals(this.#kept[n]!.was))
  }
}

t.test('fills a few blocks over and over for a sink that gives them back', async t => {
  for (const stages of [[], [new Through()], [new Through(), new Through()]]) {
    const [source, sink] = [new Source(), new Sink()]
    await pipeline([source, ...stages, sink])
    t.same(sink.seen, all)
    t.ok(source.memory.made < CHUNKS / 2, `${source.memory.made} blocks, ${stages.length} stages between`)
  }
})

/** Waits until the sink has taken some chunks. */
const underWay = async (sink: Sink) => {
  while (sink.seen.length < 10) await new Promise(resolve => setImmediate(resolve))
}

/** A stage of the user's that keeps each chunk and passes it on. */
const keeps = (see: (chunk: Buffer) => void) =>
  new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      see(chunk)
      callback(null, chunk)
    },
  })

type Keeping = (source: Source, sink: Sink, keeper: Keeper) => Promise<unknown>

const keepings: Record<string, Keeping> = {
  'a listener from before the pipe': (source, sink, { see }) => {
    source.on('data', see)
    return pipeline(source, sink)
  },
  'a listener added in the middle': async (source, sink, { see }) => {
    const done = pipeline(source, sink)
    await underWay(sink)
    source.on('data', see)
    await done
  },
  'a listener for one chunk': async (source, sink, { see }) => {
    const done = pipeline(source, sink)
    for (let n = 0; n < 5; n++) {
      const [chunk] = (await once(source, 'data')) as [Buffer]
      see(chunk)
    }
    await done
  },
  'a listener added while chunks wait in the source': async (source, sink, { see }) => {
    let open: () => void = () => undefined
    sink.gate = () => new Promise<void>(resolve => (open = resolve))
    const done = pipeline(source, sink)
    while (source.readableLength === 0) await new Promise(resolve => setImmediate(resolve))
    source.on('data', see)
    sink.gate = undefined
    open()
    await done
  },
  'a second pipe': async (source, sink, { see }) => {
    source.pipe(new PassThrough()).on('data', see)
    await pipeline(source, sink)
  },
  'a second pipe added in the middle': async (source, sink, { see }) => {
    const done = pipeline(source, sink)
    await underWay(sink)
    source.pipe(new PassThrough()).on('data', see)
    await done
  },
  'a Transform of the user’s in between': (source, sink, { see }) => {
    return pipeline(source, keeps(see), sink)
  },
  'a generator in between': (source, sink, { see }) =>
    pipeline(
      source,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          see(chunk)
          yield chunk
        }
      },
      sink,
    ),
  'a sink of the user’s, piped into after ours': async (source, sink, { see }) => {
    source.pipe(sink)
    await underWay(sink)
    source.unpipe(sink)
    const user = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        see(chunk)
        setImmediate(callback)
      },
    })
    await pipeline(source, user)
    sink.end()
    await finished(sink)
  },
  'a Transform of the user’s, piped into after ours': async (source, sink, { see }) => {
    source.pipe(sink)
    await underWay(sink)
    source.unpipe(sink)
    await pipeline(source, keeps(see), new Sink())
    sink.end()
    await finished(sink)
  },
  'an iterator, after the pipe': async (source, sink, { see }) => {
    source.pipe(sink)
    await underWay(sink)
    source.unpipe(sink)
    for await (const chunk of source) see(chunk as Buffer)
    sink.end()
    await finished(sink)
  },
  'read(), after the pipe': async (source, sink, { see }) => {
    let open: () => void = () => undefined
    sink.gate = () => new Promise<void>(resolve => (open = resolve))
    source.pipe(sink)
    while (source.readableLength === 0) await new Promise(resolve => setImmediate(resolve))
    source.unpipe(sink)
    see(source.read(BLOCK_SIZE) as Buffer)
    sink.gate = undefined
    open()
    source.pipe(sink)
    await finished(sink)
  },
  'a listener on a stage between': async (source, sink, { see }) => {
    const through = new Through()
    through.on('data', see)
    await pipeline(source, through, sink)
  },
  'a listener added to a stage between in the middle': async (source, sink, { see }) => {
    const through = new Through()
    const done = pipeline(source, through, sink)
    await underWay(sink)
    through.on('data', see)
    await done
  },
  'a second pipe from a stage between, added in the middle': async (source, sink, { see }) => {
    const through = new Through()
    const done = pipeline(source, through, sink)
    await underWay(sink)
    through.pipe(new PassThrough()).on('data', see)
    await done
  },
  'a stage of the user’s behind one of ours': (source, sink, { see }) => {
    const user = new PassThrough()
    user.on('data', see)
    return pipeline(source, new Through(), user, sink)
  },
}

for (const [who, keeping] of Object.entries(keepings)) {
  t.test(`never uses a chunk again that may be kept: ${who}`, async t => {
    const [source, sink, keeper] = [new Source(), new Sink(), new Keeper()]
    await keeping(source, sink, keeper)
    t.ok(keeper.count > 0, `${keeper.count} chunks are kept`)
    t.same(keeper.spoilt, [])
    t.notOk(sink.seen.includes(-1), 'and the sink saw each chunk whole')
  })
}

t.test('lends again after somebody has listened', async t => {
  const [source, sink] = [new Source(), new Sink()]
  const done = pipeline(source, sink)
  await once(source, 'data')
  await done
  t.ok(source.memory.made < CHUNKS / 2, `${source.memory.made} blocks`)
})

t.test('lends nothing without a pipe', async t => {
  const source = new Source()
  const keeper = new Keeper()
  // Whoever gives back what it got by itself gets no block in return.
  for await (const chunk of source) {
    keeper.see(chunk as Buffer)
    giveBack(chunk as Buffer)
  }
  t.same(keeper.spoilt, [])
  t.equal(keeper.count, CHUNKS)
})
