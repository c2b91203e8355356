import { Readable, Transform, type Writable } from 'node:stream'
import type { RandomAccess } from '../../lib/index.js'
import type { OwnFault } from './fault.js'
import type { Conditions } from './pipelines.js'

/** The error that the caller's code throws. */
export const OWN_ERROR = new Error("the caller's own error")

type Own = Partial<Pick<Conditions, 'replaceSource' | 'ownStage'>> & {
  /** Adds a listener to the streams of the pipeline. */
  readonly listen?: (streams: readonly (Readable | Writable)[]) => void
}

/** Bytes delivered before the fault. */
const SOME = 20_000

function bytesOf(source: RandomAccess): AsyncIterable<Buffer> {
  return source.read(0, SOME)
}

/** A faulty source: a `RandomAccess`, or a stream. */
function spoiled(source: RandomAccess, before: boolean, fail: () => unknown): RandomAccess {
  return {
    name: source.name,
    size: signal => source.size(signal),
    async *read(start, end, signal) {
      if (before || start > 0 || end > SOME) await fail()
      yield* source.read(start, end, signal)
    },
  }
}

/** Unlike a generator, it can be destroyed while it waits. */
function neverEnding(source: RandomAccess): Readable {
  const stream = new Readable({ read: () => undefined })
  const fill = async () => {
    for await (const chunk of bytesOf(source)) if (!stream.destroyed) stream.push(chunk)
  }
  fill().catch((error: unknown) => stream.destroy(error as Error))
  return stream
}

function closes(this: Transform): void {
  this.destroy()
}

function throws(): never {
  throw OWN_ERROR
}

/**
 * A fault of the caller's own code.
 *
 * @param abort - aborts the signal
 */
export function ownFault(fault: OwnFault, abort: () => void): Own {
  const soon = () => void setTimeout(abort, 300)
  const never = () => new Promise<void>(() => undefined)
  const from = (make: (source: RandomAccess) => AsyncIterable<Buffer>): Own => ({
    replaceSource: source => Readable.from(make(source), { objectMode: false }),
  })
  const stage = (make: () => Transform): Own => ({ ownStage: make })
  switch (fault) {
    case 'source-ends-early':
      return from(source => bytesOf(source))
    case 'source-fails':
      return both(
        async function* (source) {
          yield* bytesOf(source)
          throws()
        },
        source => spoiled(source, false, throws),
      )
    case 'source-throws':
      return both(
        async function* () {
          await Promise.resolve()
          yield* [] as Buffer[]
          throws()
        },
        source => spoiled(source, true, throws),
      )
    case 'source-closes':
      return {
        replaceSource: source => {
          const stream = Readable.from(bytesOf(source), { objectMode: false })
          stream.once('data', () => undefined).once('end', () => undefined)
          stream.push = new Proxy(stream.push.bind(stream), {
            apply: (push, _, [chunk]: [unknown]) =>
              chunk === null ? (stream.destroy(), false) : push(chunk),
          })
          return stream
        },
      }
    case 'source-never-ends':
      soon()
      return { replaceSource: neverEnding }
    case 'source-is-garbage':
      return both(
        async function* () {
          await Promise.resolve()
          yield Buffer.alloc(SOME, 'garbage ')
        },
        ({ name }) => ({
          name,
          size: () => Promise.resolve(SOME),
          async *read(start, end) {
            await Promise.resolve()
            yield Buffer.alloc(end - start, 'garbage ')
          },
        }),
      )
    case 'source-heeds-no-signal':
      soon()
      return { replaceSource: source => spoiled(source, false, never) }
    case 'source-short-read':
      return {
        replaceSource: source => ({
          name: source.name,
          size: signal => source.size(signal),
          async *read(start, end, signal) {
            yield* source.read(start, Math.max(start + 1, end - 10), signal)
          },
        }),
      }
    case 'stage-fails':
      return stage(() => new Transform({ transform: (_chunk, _encoding, done) => done(OWN_ERROR) }))
    case 'stage-closes':
      return stage(() => new Transform({ transform: closes }))
    case 'stage-stalls':
      soon()
      return stage(() => new Transform({ transform: () => undefined }))
    case 'listener-throws':
      return { listen: streams => streams.forEach(stream => stream.on('progress', throws)) }
  }
}

/** A stream or a `RandomAccess`, as the pipeline needs it. */
function both(
  stream: (source: RandomAccess) => AsyncIterable<Buffer>,
  atRest: (source: RandomAccess) => RandomAccess,
): Own {
  return {
    replaceSource: (source, isAtRest) =>
      isAtRest ? atRest(source) : Readable.from(stream(source), { objectMode: false }),
  }
}
