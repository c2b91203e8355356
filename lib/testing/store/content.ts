/** Immutable bytes of an object or of a part, wherever they are stored. */
export interface Content {
  /** Length in bytes. */
  readonly size: number
  /** The bytes from `start` (inclusive) to `end` (exclusive), in order, in buffers of any size. */
  read(start: number, end: number): Iterable<Buffer> | AsyncIterable<Buffer>
  /** Keeps the bytes readable, even if they are released meanwhile, until the returned function is called. */
  hold(): () => void
  /** Releases the bytes: they are deleted once nobody holds them any more. */
  release(): void
}

/** Receives the bytes of one content. */
export interface ContentWriter {
  /** Writes the next bytes, which then belong to the writer; if it returns a promise, wait for it. */
  write(bytes: Buffer): Promise<void> | undefined
  /** Ends the content. */
  finish(): Promise<Content> | Content
  /** Abandons the content and leaves nothing behind. */
  discard(): Promise<void> | undefined
}

/** A store for contents. */
export interface ContentStore {
  /** Starts a new content. */
  create(): ContentWriter
}

/** Contents in sequence, like a multipart object's parts. */
export class JoinedContent implements Content {
  readonly size: number
  readonly parts: readonly Content[]

  constructor(parts: readonly Content[]) {
    this.parts = parts
    this.size = parts.reduce((sum, part) => sum + part.size, 0)
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0
    for (const part of this.parts) {
      const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, part.size)]
      if (from < to) yield* part.read(from, to)
      offset += part.size
    }
  }

  hold(): () => void {
    const letGo = this.parts.map(part => part.hold())
    return () => {
      for (const each of letGo) each()
    }
  }

  release(): void {
    for (const part of this.parts) part.release()
  }
}

/**
 * Generates an object's bytes on demand: those from `start` (inclusive) to `end` (exclusive). It must return the same
 * bytes for the same range every time, and exactly `end − start` of them.
 */
export type Generate = (start: number, end: number) => Buffer | Promise<Buffer>

const SLICE_BYTES = 256 * 1024

/** Content generated on read, so that it may be larger than memory and disk. */
export class SyntheticContent implements Content {
  readonly size: number
  readonly #generate: Generate

  constructor(size: number, generate: Generate) {
    this.size = size
    this.#generate = generate
  }

  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    for (let position = start; position < end; position += SLICE_BYTES) {
      const to = Math.min(end, position + SLICE_BYTES)
      const bytes = await this.#generate(position, to)
      if (bytes.length !== to - position) {
        throw new RangeError(`The generator gave ${bytes.length} bytes for ${position} to ${to}`)
      }
      yield bytes
    }
  }

  hold(): () => void {
    return () => undefined
  }

  release(): void {
    // There is nothing to release.
  }
}

/** All bytes of a content in one buffer. */
export async function bytesOf(content: Content): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of content.read(0, content.size)) chunks.push(chunk)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}
