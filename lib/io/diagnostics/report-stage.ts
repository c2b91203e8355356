import type { Readable, Writable } from 'node:stream'
import { STAGES } from './channels.js'
import { errorCodeOf } from './error-code.js'
import type { StageMessage } from './messages.js'
import { Stopwatch } from './stopwatch.js'

/** The number of the last stage that was reported. */
let lastId = 0

/**
 * Reports a stream on `avio-streams:stage`, from here to its end; call it once, in the constructor. Without a
 * subscriber it does nothing at all. Otherwise it counts the bytes that the stream's own `push` and `_write` see, so
 * that a report changes neither the flow nor the listeners that decide on it.
 *
 * @param stage - the class, for the message
 * @param name - what it reads or writes, without secrets
 */
export function reportStage(stream: Readable | Writable, stage: string, name?: string): void {
  if (STAGES.hasSubscribers) new StageReport(stream, stage, name).begin()
}

/** The parts of a stream that move bytes. */
interface Moves {
  push?: Readable['push']
  _write?: Writable['_write']
  _writev?: NonNullable<Writable['_writev']> | null
}

class StageReport {
  readonly #stream: Readable | Writable
  readonly #stage: string
  readonly #name: string | undefined
  readonly #id = ++lastId
  readonly #watch = new Stopwatch()
  #bytesIn = 0
  #bytesOut = 0

  constructor(stream: Readable | Writable, stage: string, name: string | undefined) {
    this.#stream = stream
    this.#stage = stage
    this.#name = name
  }

  begin(): void {
    this.#count(this.#stream)
    this.#stream.once('close', () => this.#publish(this.#ending()))
    this.#publish('open')
  }

  #count(stream: Moves): void {
    const { push, _write: write, _writev: writev } = stream
    if (push) {
      stream.push = (chunk: Buffer | null, encoding) => {
        if (chunk) this.#out(chunk.length)
        return push.call(this.#stream as Readable, chunk, encoding)
      }
    }
    if (write) {
      stream._write = (chunk: Buffer, encoding, callback) => {
        this.#in(chunk.length)
        write.call(this.#stream as Writable, chunk, encoding, callback)
      }
    }
    if (writev) {
      stream._writev = (chunks: { chunk: Buffer; encoding: BufferEncoding }[], callback) => {
        this.#in(chunks.reduce((bytes, { chunk }) => bytes + chunk.length, 0))
        writev.call(this.#stream as Writable, chunks, callback)
      }
    }
  }

  #in(bytes: number): void {
    const isFirst = this.#bytesIn === 0 && bytes > 0
    this.#bytesIn += bytes
    if (isFirst) this.#publish('first-byte', 'in')
  }

  #out(bytes: number): void {
    const isFirst = this.#bytesOut === 0 && bytes > 0
    this.#bytesOut += bytes
    if (isFirst) this.#publish('first-byte', 'out')
  }

  #ending(): StageMessage['event'] {
    const { errored } = this.#stream
    if (errored) return 'error'
    const { readableEnded = true, writableFinished = true } = this.#stream as Partial<Readable & Writable>
    return readableEnded && writableFinished ? 'end' : 'abort'
  }

  #publish(event: StageMessage['event'], direction?: StageMessage['direction']): void {
    STAGES.publish({
      event,
      id: this.#id,
      stage: this.#stage,
      name: this.#name,
      direction,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      errorCode: event === 'error' ? errorCodeOf(this.#stream.errored) : undefined,
      ...this.#watch.timing,
    })
  }
}
