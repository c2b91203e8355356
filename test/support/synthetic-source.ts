import type { RandomAccess } from '../../lib/io/random-access.js'

/** The byte that a synthetic source has at `position`. */
export function byteAt(position: number): number {
  return (position ^ (position >>> 8) ^ (position >>> 16)) & 0xff
}

/** The bytes that a synthetic source has from `start` to `end`. */
export function bytesOf(start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start)
  for (let n = 0; n < bytes.length; n++) bytes[n] = byteAt(start + n)
  return bytes
}

/** How a {@link SyntheticSource} behaves. */
export interface SyntheticSourceOptions {
  /** Largest chunk, in bytes. Default 64 KiB. */
  readonly chunkSize?: number
  /** Called before each chunk; the read fails with the thrown error. */
  readonly before?: (position: number, start: number, signal: AbortSignal | undefined) => unknown
}

/** A source of any size with computed bytes and a log of its calls. */
export class SyntheticSource implements RandomAccess {
  /** `size`, `0-100` for a read, and `cut 0-100 at 64` for a read abandoned before its end. */
  readonly log: string[] = []
  underWay = 0
  mostUnderWay = 0
  readonly #size: number
  readonly #chunkSize: number
  readonly #before: NonNullable<SyntheticSourceOptions['before']>

  constructor(
    size: number,
    { chunkSize = 64 * 1024, before = () => undefined }: SyntheticSourceOptions = {},
  ) {
    this.#size = size
    this.#chunkSize = chunkSize
    this.#before = before
  }

  /** The reads that have begun. */
  get reads(): string[] {
    return this.log.filter(line => /^\d/.test(line))
  }

  async size(): Promise<number> {
    this.log.push('size')
    return this.#size
  }

  async *read(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    if (start < 0 || end > this.#size || start >= end) throw new Error(`requested ${start}-${end}`)
    this.log.push(`${start}-${end}`)
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
    let position = start
    try {
      while (position < end) {
        await aborted(Promise.resolve(this.#before(position, start, signal)), signal)
        const next = Math.min(position + this.#chunkSize, end)
        const chunk = bytesOf(position, next)
        position = next
        yield chunk
      }
    } finally {
      this.underWay--
      if (position < end) this.log.push(`cut ${start}-${end} at ${position}`)
    }
  }
}

async function aborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let abort!: () => void
  const cut = new Promise<never>((_resolve, reject) => {
    abort = () => reject(Object.assign(new Error('cut'), { name: 'AbortError' }))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, cut])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
